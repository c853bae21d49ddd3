import { controllerOf } from '../api/owner.ts';
import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { valueAt } from '../base/json.ts';
import type { ObjectTrack, PodTrack, Recording } from './recording.ts';

/** One workload: what makes pods and was made by nobody, or a pod that nobody made. */
export interface Workload {
  readonly ref: ObjectRef;
  /** When the recording was marked; undefined where it is new. */
  readonly before: KubeObject | undefined;
  /** At the end; undefined where it has gone. */
  readonly after: KubeObject | undefined;
  readonly pods: readonly PodTrack[];
  /** ReplicaSets of a Deployment. */
  readonly parts: readonly ObjectTrack[];
  readonly writtenMs: readonly number[];
  readonly goneMs: number | undefined;
}

const makers = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Job']);

/** By name. Jobs of a CronJob are no workloads: the clock starts them, not a merge. */
export function workloadsOf(recording: Pick<Recording, 'pods' | 'objects'>): Workload[] {
  const found = new Map<string, { ref: ObjectRef; own: ObjectTrack[]; pods: PodTrack[]; parts: ObjectTrack[] }>();
  const at = (ref: ObjectRef) => {
    const name = refText(ref);
    const workload = found.get(name) ?? { ref, own: [], pods: [], parts: [] };
    found.set(name, workload);
    return workload;
  };
  for (const track of recording.objects.values()) {
    if (!makers.has(track.ref.kind)) continue;
    const owner = controllerOf(track.last);
    if (owner === undefined) at(track.ref).own.push(track);
    else {
      const maker = recording.objects.get(owner.uid);
      if (maker !== undefined && makers.has(maker.ref.kind)) at(maker.ref).parts.push(track);
    }
  }
  for (const pod of recording.pods.values()) {
    const maker = makerOf(pod, recording);
    if (maker !== undefined) at(maker).pods.push(pod);
  }
  return [...found.values()].map(workloadFrom).sort((a, b) => (refText(a.ref) < refText(b.ref) ? -1 : 1));
}

function workloadFrom(found: { ref: ObjectRef; own: ObjectTrack[]; pods: PodTrack[]; parts: ObjectTrack[] }): Workload {
  const { ref, own, pods, parts } = found;
  const last = own.at(-1);
  const [lone] = pods;
  const isPod = own.length === 0 && ref.kind === 'Pod';
  return {
    ref,
    before: isPod ? lone?.marked : own.find(({ marked }) => marked !== undefined)?.marked,
    after:
      last === undefined
        ? isPod && lone?.goneMs === undefined
          ? lone?.last
          : undefined
        : last.goneMs === undefined
          ? last.last
          : undefined,
    pods,
    parts,
    writtenMs: own.flatMap(({ writtenMs }) => writtenMs),
    goneMs: last?.goneMs,
  };
}

function makerOf(pod: PodTrack, { objects }: Pick<Recording, 'objects'>): ObjectRef | undefined {
  const owner = controllerOf(pod.last);
  if (owner === undefined) return pod.ref;
  const direct = objects.get(owner.uid);
  if (direct === undefined) return undefined;
  const above = controllerOf(direct.last);
  if (above === undefined) return makers.has(direct.ref.kind) ? direct.ref : undefined;
  const top = objects.get(above.uid);
  return top !== undefined && makers.has(top.ref.kind) ? top.ref : undefined;
}

/** How many pods it wants. */
export function desiredOf(object: KubeObject | undefined): number {
  if (object === undefined) return 0;
  const number = (...path: string[]): number | undefined => valueAt(object, path) as number | undefined;
  switch (object.kind) {
    case 'DaemonSet':
      return number('status', 'desiredNumberScheduled') ?? 0;
    case 'Job':
      return number('spec', 'completions') ?? number('spec', 'parallelism') ?? 1;
    case 'Pod':
      return 1;
    default:
      return number('spec', 'replicas') ?? 1;
  }
}

/** How many pods of the newest template it is content with: some wait for a hand, or keep a part as it was. */
export function updatedWanted(object: KubeObject): number {
  const desired = desiredOf(object);
  if (valueAt(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return 0;
  const partition = valueAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']);
  return typeof partition === 'number' ? Math.max(0, desired - partition) : desired;
}

/** The hash of the template that pods should have, as their label says it; undefined where pods carry none. */
export function newestHash({ after, parts, pods }: Workload): string | undefined {
  if (after?.kind === 'Deployment') {
    const revision = (track: ObjectTrack) => Number(track.last.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    const [newest] = [...parts].filter(({ goneMs }) => goneMs === undefined).sort((a, b) => revision(b) - revision(a));
    return newest?.last.metadata.labels?.['pod-template-hash'];
  }
  const update = after === undefined ? undefined : valueAt(after, ['status', 'updateRevision']);
  if (typeof update === 'string') return update;
  const youngest = [...pods].sort((a, b) => b.createdMs - a.createdMs)[0];
  return youngest === undefined ? undefined : hashOf(youngest);
}

export function hashOf({ last }: PodTrack): string | undefined {
  const { labels = {} } = last.metadata;
  return labels['pod-template-hash'] ?? labels['controller-revision-hash'];
}
