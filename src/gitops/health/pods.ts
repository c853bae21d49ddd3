import { keyOf, keyText, type KubeObject } from '../../api/object.ts';
import { parseTime } from '../../base/clock.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { conditionOf, degraded, failedForGood, healthy, progressing, textAt, type Health, type HealthOptions } from './status.ts';

/** As kstatus: younger than this, a pod that fits nowhere is still being placed. */
const unschedulableAfterMs = 15_000;

/** A Pod: ready or done is healthy; crash loops, images that do not come and pods that fit nowhere are degraded, in the pod's own words. */
export function podHealth(pod: KubeObject, options: HealthOptions): Health {
  const phase = textAt(pod, ['status', 'phase']);
  if (phase === 'Succeeded') return healthy('completed');
  if (phase === 'Failed') return failedForGood(podTrouble(pod) ?? failure(pod));
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status === 'True') return healthy('ready');
  const trouble = podTrouble(pod);
  if (isStuck(pod, options.nowMs)) return degraded(trouble as string);
  if (phase === 'Running' && ready?.reason === 'PodCompleted') return healthy('completed');
  return progressing(trouble ?? (phase === 'Running' ? 'running, not ready' : phase === '' ? 'not started' : phase.toLowerCase()));
}
function isStuck(pod: KubeObject, nowMs: number | undefined): boolean {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return waitingTroubles(pod).length > 0;
  const since = parseTime(scheduled.lastTransitionTime);
  return nowMs !== undefined && since !== undefined && nowMs - since > unschedulableAfterMs;
}

/** What is wrong with a pod, in its own words; undefined when it only needs time. */
export function podTrouble(pod: KubeObject): string | undefined {
  const waiting = waitingTroubles(pod)[0];
  if (waiting !== undefined) return waiting;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason !== '' && scheduled.reason !== 'SchedulingGated')
    return `${scheduled.reason}: ${scheduled.message}`;
  if (textAt(pod, ['status', 'phase']) === 'Failed') return failure(pod);
  const restarted = containers(pod).find((status) => valueAt(status, ['ready']) === false && endedBadly(status));
  if (restarted !== undefined) return endText(restarted);
  const unready = containers(pod).filter(
    (status) => valueAt(status, ['ready']) === false && isRecord(valueAt(status, ['state', 'running'])),
  );
  if (unready.length > 0 && conditionOf(pod, 'Ready')?.status === 'False') {
    return `${unready.length === 1 ? 'container' : 'containers'} ${unready.map((status) => textAt(status, ['name'])).join(', ')} not ready`;
  }
  return undefined;
}

/** The worst trouble among the pods of a workload: ` (pod shop/web-x: ...)`, or ''. The pods that are being deleted do not count. */
export function podsText(pods: readonly KubeObject[] | undefined): string {
  const troubled = (pods ?? [])
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'Ready')?.status !== 'True')
    .map((pod) => ({ name: keyText(keyOf(pod)), trouble: podTrouble(pod), rank: rank(pod) }))
    .filter((found) => found.trouble !== undefined)
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  const worst = troubled[0];
  if (worst === undefined) return '';
  const more = troubled.length > 1 ? `, and ${troubled.length - 1} more ${troubled.length === 2 ? 'pod' : 'pods'} in trouble` : '';
  return ` (pod ${worst.name}: ${worst.trouble}${more})`;
}
function rank(pod: KubeObject): number {
  if (waitingTroubles(pod).length > 0) return 0;
  if (conditionOf(pod, 'PodScheduled')?.status === 'False') return 1;
  return textAt(pod, ['status', 'phase']) === 'Failed' ? 2 : 3;
}

function waitingTroubles(pod: KubeObject): string[] {
  return containers(pod).flatMap((status) => {
    const reason = textAt(status, ['state', 'waiting', 'reason']);
    if (reason === '' || !/^Err|Error$|BackOff$|^InvalidImageName$|^CreateContainer/.test(reason)) return [];
    const message = textAt(status, ['state', 'waiting', 'message']);
    const last = reason === 'CrashLoopBackOff' && endedBadly(status) ? `; ${lastEnd(status)}` : '';
    return [`container ${textAt(status, ['name'])}: ${reason}${message === '' ? '' : `: ${message}`}${last}`];
  });
}
function containers(pod: KubeObject): Record<string, unknown>[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((key) => {
    const found = valueAt(pod, ['status', key]);
    return Array.isArray(found) ? found.filter(isRecord) : [];
  });
}
function ended(status: Record<string, unknown>): unknown {
  return valueAt(status, ['state', 'terminated']) ?? valueAt(status, ['lastState', 'terminated']);
}
function endedBadly(status: Record<string, unknown>): boolean {
  const end = ended(status);
  return isRecord(end) && end['exitCode'] !== 0;
}
function endText(status: Record<string, unknown>): string {
  return `container ${textAt(status, ['name'])}: ${lastEnd(status)}`;
}
function lastEnd(status: Record<string, unknown>): string {
  const end = ended(status);
  const reason = textAt(end, ['reason']);
  return `it ended with exit code ${String(valueAt(end, ['exitCode']))}${reason === '' || reason === 'Error' ? '' : ` (${reason})`}`;
}
function failure(pod: KubeObject): string {
  const reason = textAt(pod, ['status', 'reason']);
  const message = textAt(pod, ['status', 'message']);
  if (reason !== '' || message !== '') return [reason, message].filter((part) => part !== '').join(': ');
  const bad = containers(pod).find((status) => endedBadly(status));
  return bad === undefined ? 'failed' : endText(bad);
}
