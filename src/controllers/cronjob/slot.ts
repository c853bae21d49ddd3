import { CronJob, type Job } from '../../api/kinds.generated.ts';
import { controllerReference } from '../../api/owner.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import { clone } from '../../base/json.ts';
import type { TimeZone } from '../../base/time-zone.ts';

/** For which time a Job was made, on the clocks of its CronJob's zone. */
export const timeAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The name of the Job for a time: whoever makes it takes this name, so that there is never a second one. */
export function slotName(cronJob: CronJob, timeMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(timeMs / 60_000)}`;
}

/** The Job for a time, as the template says. */
export function jobFor(cronJob: CronJob, timeMs: number, zone: TimeZone): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: slotName(cronJob, timeMs),
      namespace: cronJob.metadata.namespace ?? '',
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [timeAnnotation]: zoned(timeMs, zone.offsetAt(timeMs)) },
      ownerReferences: [controllerReference(CronJob, cronJob)],
    },
    spec: clone(spec ?? { template: {} }),
  };
}

/** The time that a Job was made for; undefined for one that does not say so. */
export function timeOf(job: Job): number | undefined {
  return parseTime(job.metadata.annotations?.[timeAnnotation]);
}

/** RFC 3339 with the offset of the zone. */
function zoned(ms: number, offsetMs: number): string {
  const local = timestamp({ now: () => ms + offsetMs }).slice(0, -1);
  if (offsetMs === 0) return `${local}Z`;
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${offsetMs < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
