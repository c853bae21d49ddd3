import type { Rollout } from '../api/forecast.ts';
import { refText, type KubeObject } from '../api/object.ts';
import { jsonEqual, valueAt } from '../base/json.ts';
import type { PodTrack } from './recording.ts';
import { desiredOf, hashOf, newestHash, updatedWanted, type Workload } from './workloads.ts';

export interface RolloutContext {
  /** The first write. */
  readonly markedMs: number;
  because(workload: Workload, kind: Rollout['kind']): Rollout['because'];
  stuck(workload: Workload): Rollout['stuck'];
}

/** What becomes of the workloads whose pods move, or should and do not. In the order in which they begin. */
export function rolloutsOf(workloads: readonly Workload[], context: RolloutContext): Rollout[] {
  const rollouts = workloads.flatMap((workload) => rolloutOf(workload, context) ?? []);
  return rollouts.sort((a, b) => a.startMs - b.startMs || (refText(a.workload) < refText(b.workload) ? -1 : 1));
}

export function rolloutOf(workload: Workload, context: RolloutContext): Rollout | undefined {
  const { markedMs } = context;
  const moved = workload.pods.filter((pod) => moments(pod).some((ms) => ms >= markedMs));
  const written = workload.writtenMs.find((ms) => ms >= markedMs);
  const timeline = timelineOf(workload, markedMs);
  const desired = desiredOf(workload.after);
  const isDone = finished(workload, timeline);
  if (moved.length === 0 && (written === undefined || isDone)) return undefined;
  const kind = kindOf(workload);
  const first = Math.min(written ?? Infinity, ...moved.map((pod) => Math.min(...moments(pod).filter((ms) => ms >= markedMs))));
  const worst = worstOf(timeline);
  const stuck = isDone ? undefined : context.stuck(workload);
  return {
    workload: workload.ref,
    kind,
    because: context.because(workload, kind),
    ended: moved.filter((pod) => since(pod.deletingMs ?? pod.finishedMs, markedMs)).length,
    started: moved.filter((pod) => since(pod.runningMs, markedMs)).length,
    startMs: first - markedMs,
    ...(isDone ? { endMs: timeline.at(-1)?.atMs ?? 0 } : {}),
    desired,
    worst: kind === 'starts' ? { available: 0, atMs: 0 } : worst,
    mostPods: Math.max(standing(workload, markedMs), ...timeline.map(({ total }) => total)),
    ...(stuck === undefined ? {} : { stuck }),
    timeline,
  };
}

/** Pods at the last moment before. */
function standing({ pods }: Workload, markedMs: number): number {
  return pods.filter((pod) => pod.createdMs < markedMs && !moments(pod).some((ms) => ms > pod.createdMs && ms < markedMs)).length;
}
/** When something of a pod changed that counts. */
function moments(pod: PodTrack): number[] {
  return [pod.createdMs, pod.deletingMs, pod.finishedMs].filter((ms): ms is number => ms !== undefined);
}
function since(ms: number | undefined, markedMs: number): boolean {
  return ms !== undefined && ms >= markedMs;
}

function kindOf({ before, after }: Workload): Rollout['kind'] {
  if (after === undefined) return 'ends';
  if (before === undefined) return 'starts';
  const template = (object: KubeObject) => valueAt(object, ['spec', 'template']);
  if (!jsonEqual(template(before), template(after))) return 'restarts';
  return desiredOf(before) === desiredOf(after) ? 'restarts' : 'scales';
}

type Point = Rollout['timeline'][number];

/** Counts of pods from the mark on, each time that one changes. */
export function timelineOf(workload: Workload, markedMs: number): Point[] {
  const newest = newestHash(workload);
  const minReadyMs = minReadySeconds(workload.after ?? workload.before) * 1000;
  const steps: { at: number; field: 'total' | 'updated' | 'available'; by: number }[] = [];
  for (const pod of workload.pods) {
    const endMs = Math.min(pod.deletingMs ?? Infinity, pod.finishedMs ?? Infinity);
    for (const field of hashOf(pod) === newest ? (['total', 'updated'] as const) : (['total'] as const)) {
      steps.push({ at: pod.createdMs, field, by: 1 }, { at: endMs, field, by: -1 });
    }
    for (const { from, sinceMs, to = Infinity } of pod.ready) {
      const at = Math.max(from, sinceMs + minReadyMs);
      if (at < to) steps.push({ at, field: 'available', by: 1 }, { at: to, field: 'available', by: -1 });
    }
  }
  return pointsOf(
    steps.filter(({ at }) => at !== Infinity).sort((a, b) => a.at - b.at),
    markedMs,
  );
}

function pointsOf(steps: readonly { at: number; field: 'total' | 'updated' | 'available'; by: number }[], markedMs: number): Point[] {
  const now = { updated: 0, available: 0, total: 0 };
  const out: Point[] = [];
  const say = (atMs: number) => {
    const last = out.at(-1);
    const same = last?.updated === now.updated && last.available === now.available && last.total === now.total;
    if (last?.atMs === atMs) out[out.length - 1] = { atMs, ...now };
    else if (!same) out.push({ atMs, ...now });
  };
  let at = 0;
  for (; at < steps.length && (steps[at] as { at: number }).at < markedMs; at++) take(now, steps[at]);
  say(0);
  for (; at < steps.length; at++) {
    take(now, steps[at]);
    say((steps[at] as { at: number }).at - markedMs);
  }
  return out;
}
function take(now: Record<'updated' | 'available' | 'total', number>, step: { field: keyof typeof now; by: number } | undefined): void {
  if (step !== undefined) now[step.field] += step.by;
}

function worstOf(timeline: readonly Point[]): Rollout['worst'] {
  const [worst] = [...timeline].sort((a, b) => a.available - b.available || a.atMs - b.atMs);
  return { available: worst?.available ?? 0, atMs: worst?.atMs ?? 0 };
}

/** All that it wants is there, of the newest template, and available. */
function finished({ after }: Workload, timeline: readonly Point[]): boolean {
  const { total = 0, available = 0, updated = 0 } = timeline.at(-1) ?? {};
  if (after === undefined) return total === 0;
  const complete = valueAt(after, ['status', 'conditions']) as { type: string; status: string }[] | undefined;
  if (after.kind === 'Job') return complete?.some(({ type, status }) => type === 'Complete' && status === 'True') === true;
  const desired = desiredOf(after);
  return total === desired && available >= desired && updated >= updatedWanted(after);
}

function minReadySeconds(object: KubeObject | undefined): number {
  const seconds = object === undefined ? undefined : valueAt(object, ['spec', 'minReadySeconds']);
  return typeof seconds === 'number' ? seconds : 0;
}
