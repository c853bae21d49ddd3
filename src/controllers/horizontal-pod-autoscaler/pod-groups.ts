import type { Container, Pod } from '../../api/kinds.generated.ts';
import { milliValue } from '../../api/quantity.ts';
import { parseTime } from '../../base/clock.ts';
import { isPodReady, readyCondition } from '../pods/pod-state.ts';
import type { PodUsage, Usages } from './usage.ts';

/** So long after its start the cpu of a pod counts only while it is ready, and only where it was measured after it became ready. */
const startMs = 5 * 60_000;
/** A pod that became unready so soon after its start has never been ready. */
const firstReadyMs = 30_000;

/** The pods of a target, by what their metrics are worth. */
export interface PodGroups {
  /** Ready, and measured. */
  readonly ready: number;
  readonly unready: readonly string[];
  /** Not measured. */
  readonly missing: readonly string[];
  /** Failed, or on their way out. */
  readonly ignored: readonly string[];
}

/** Sorts pods as upstream's groupPods (kubernetes v1.35). `resource` is empty for a metric that is none of a resource. */
export function groupPods(pods: readonly Readonly<Pod>[], usages: Usages, about: { resource: string; now: number }): PodGroups {
  const groups = { ready: 0, unready: [] as string[], missing: [] as string[], ignored: [] as string[] };
  for (const pod of pods) {
    const { name } = pod.metadata;
    const usage = usages.get(name);
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') groups.ignored.push(name);
    else if (pod.status?.phase === 'Pending') groups.unready.push(name);
    else if (usage === undefined) groups.missing.push(name);
    else if (about.resource === 'cpu' && isStarting(pod, usage, about.now)) groups.unready.push(name);
    else groups.ready++;
  }
  return groups;
}

function isStarting(pod: Readonly<Pod>, usage: PodUsage, now: number): boolean {
  const ready = readyCondition(pod);
  const started = parseTime(pod.status?.startTime);
  if (ready === undefined || started === undefined) return true;
  const changed = parseTime(ready.lastTransitionTime) ?? 0;
  if (started + startMs > now) return ready.status === 'False' || usage.atMs < changed + usage.windowMs;
  return ready.status === 'False' && started + firstReadyMs > changed;
}

export function readyCount(pods: readonly Readonly<Pod>[]): number {
  return pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
}

/** What each pod, or one container of it, requests, in thousandths. @throws Error for a container that requests none */
export function requestsOf(
  pods: readonly Readonly<Pod>[],
  of: { readonly resource: string; readonly container: string | undefined },
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, of)]));
}

function requestOf(pod: Readonly<Pod>, { resource, container }: { resource: string; container: string | undefined }): number {
  const whole = pod.spec.resources?.requests?.[resource];
  if (whole !== undefined && container === undefined) return milliValue(whole);
  const sidecars = (pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always');
  let sum = 0;
  for (const each of [...pod.spec.containers, ...sidecars] as readonly Container[]) {
    if (container !== undefined && each.name !== container) continue;
    const request = each.resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${each.name} of Pod ${pod.metadata.name}`);
    sum += milliValue(request);
  }
  return sum;
}
