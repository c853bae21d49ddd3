import type { Job } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { finishOf } from '../job/conditions.ts';
import { deleteJob, type Pass } from './pass.ts';
import { timeOf } from './slot.ts';

/**
 * Deletes the oldest finished Jobs beyond the limits. A Job that is not in the status yet stays, whatever the limits say: it is
 * the only sign that its time has been used.
 */
export async function keepHistory(pass: Pass): Promise<void> {
  const { spec, status } = pass.cronJob;
  const last = parseTime(status?.lastScheduleTime) ?? 0;
  const noted = pass.jobs.filter((job) => (timeOf(job) ?? 0) <= last);
  const ended = (type: 'Complete' | 'Failed') => noted.filter((job) => finishOf(job)?.type === type);
  await keepNewest(pass, ended('Complete'), spec.successfulJobsHistoryLimit);
  await keepNewest(pass, ended('Failed'), spec.failedJobsHistoryLimit);
}

async function keepNewest(pass: Pass, jobs: readonly Readonly<Job>[], limit: number | undefined): Promise<void> {
  if (limit === undefined || jobs.length <= limit) return;
  const oldest = [...jobs].sort(byStart).slice(0, jobs.length - limit);
  // What is going already need not be told to go again.
  for (const job of oldest) if (job.metadata.deletionTimestamp === undefined) await deleteJob(pass, job);
}

/** By start time and then by name; those that have not begun come last. */
function byStart(a: Readonly<Job>, b: Readonly<Job>): number {
  const [from, to] = [parseTime(a.status?.startTime) ?? Infinity, parseTime(b.status?.startTime) ?? Infinity];
  if (from !== to) return from < to ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
