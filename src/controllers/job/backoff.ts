import type { Pod } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { readyCondition } from '../pods/pod-state.ts';

/** As upstream: 10 s after the first failure, doubling to 10 minutes. */
const firstMs = 10_000;
const maxMs = 600_000;

/** The failures of a Job since a pod of it last succeeded. */
export interface FailureRecord {
  readonly failures: number;
  /** When the last of them ended. */
  readonly lastFailure: number;
}
export const noFailures: FailureRecord = { failures: 0, lastFailure: 0 };

/** The record after some pods have ended. */
export function recordEnded(record: FailureRecord, succeeded: readonly Pod[], failed: readonly Pod[], now: number): FailureRecord {
  const failures = failed.map((pod) => endedAt(pod, now));
  const lastFailure = failures.reduce((latest, at) => Math.max(latest, at), 0);
  if (succeeded.length === 0) {
    if (failed.length === 0) return record;
    return { failures: record.failures + failed.length, lastFailure: Math.max(lastFailure, record.lastFailure) };
  }
  const lastSuccess = succeeded.reduce((latest, pod) => Math.max(latest, endedAt(pod, now)), 0);
  const since = failures.filter((at) => at > lastSuccess).length;
  return since === 0 ? noFailures : { failures: since, lastFailure };
}

/** Milliseconds until the next pod may be made. */
export function msUntilNextPod(record: FailureRecord, now: number): number {
  if (record.failures === 0) return 0;
  const delay = Math.min(maxMs, firstMs * 2 ** Math.min(record.failures - 1, 30));
  return Math.max(0, record.lastFailure + delay - now);
}

/** When a pod ended: its last container, else when it stopped being ready, else when it was asked to go. */
export function endedAt(pod: Pod, now: number): number {
  const containers = (pod.status?.containerStatuses ?? []).map((status) => parseTime(status.state?.terminated?.finishedAt));
  if (containers.length > 0 && containers.every((at) => at !== undefined)) return Math.max(...containers);
  const ready = readyCondition(pod);
  const notReady = ready?.status === 'False' ? parseTime(ready.lastTransitionTime) : undefined;
  const deleted = parseTime(pod.metadata.deletionTimestamp);
  const asked = deleted === undefined ? undefined : deleted - (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return notReady ?? asked ?? parseTime(pod.metadata.creationTimestamp) ?? now;
}
