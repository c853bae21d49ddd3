import type { ObjectKey } from '../api/object.ts';
import { Job } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import { parseTime } from '../base/clock.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { finishOf } from './job/conditions.ts';

/** Deletes Jobs, and with them their pods, ttlSecondsAfterFinished after they have finished. */
export const ttlAfterFinished: Controller = {
  name: 'ttl-after-finished',
  reconciles: Job,
  start: (context) => (key) => reconcile(context, key),
};

async function reconcile(context: Context, key: ObjectKey): Promise<Result> {
  const cached = context.informer(Job).get(key);
  const waitMs = cached === undefined ? Infinity : msUntilExpiry(cached, context.clock.now());
  if (waitMs === Infinity) return;
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  try {
    // The cache may not show yet that somebody prolonged its life.
    const live = await context.cluster.get(Job, key);
    if (msUntilExpiry(live, context.clock.now()) > 0) return;
    await context.cluster.delete(Job, key, { propagation: 'Foreground', uid: live.metadata.uid ?? '' });
  } catch (error) {
    // NotFound: somebody was quicker.
    if (!isNotFound(error)) throw error;
  }
}

/** Infinity for a Job that is under way, has no limit, or is being deleted already. */
function msUntilExpiry(job: Readonly<Job>, now: number): number {
  const seconds = job.spec.ttlSecondsAfterFinished;
  const finished = parseTime(finishOf(job)?.lastTransitionTime);
  if (seconds === undefined || finished === undefined || job.metadata.deletionTimestamp !== undefined) return Infinity;
  return Math.max(0, finished + seconds * 1000 - now);
}
