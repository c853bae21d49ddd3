import type { Pod } from '../../api/kinds.generated.ts';
import { refText, type KubeObject, type ObjectRef } from '../../api/object.ts';
import { controllerOf } from '../../api/owner.ts';
import type { Rollout } from '../../api/forecast.ts';
import type { Twin } from '../alike.ts';
import type { ObjectTrack, PodTrack, Recording, Span } from '../recording.ts';
import type { Workload } from '../workloads.ts';

type Recorded = Pick<Recording, 'objects' | 'pods' | 'serving' | 'warnings'>;

/** Whether all that stand for others got through without anything that names a pod: then theirs is the story of the others too. */
export function wentWell(
  twins: readonly Twin[],
  told: { rollouts: readonly Rollout[]; workloads: readonly Workload[]; recording: Recorded },
): boolean {
  const first = new Set(twins.map(({ of }) => refText(of)));
  const smooth = ({ stuck, endMs }: Rollout): boolean => stuck === undefined && endMs !== undefined;
  const rolled = told.rollouts.filter(({ workload }) => first.has(refText(workload))).every(smooth);
  const quiet = told.workloads
    .filter(({ ref }) => first.has(refText(ref)))
    .every(({ ref, parts, pods }) => {
      const warned = [ref, ...parts.map((part) => part.ref), ...pods.map((pod) => pod.ref)].some((one) =>
        told.recording.warnings.has(refText(one)),
      );
      return !warned && pods.every(({ unschedulable }) => unschedulable.length === 0);
    });
  return rolled && quiet;
}

/** Writes into a recording what the twins would have left in it. */
export function mirror(recording: Recorded, twins: readonly Twin[]): void {
  const originals = originalsIn(recording);
  const standing = new Set([...recording.objects.values()].map(({ ref }) => refText(ref)));
  for (const twin of twins) {
    const original = originals.get(refText(twin.of));
    if (original !== undefined) mirrorOne(recording, twin, { ...original, standing });
  }
}

interface Original {
  readonly own: ObjectTrack;
  readonly parts: readonly ObjectTrack[];
  readonly pods: readonly PodTrack[];
}
function originalsIn({ objects, pods }: Recorded): Map<string, Original> {
  const out = new Map<string, { own: ObjectTrack; parts: ObjectTrack[]; pods: PodTrack[] }>();
  const byUid = new Map<string, { parts: ObjectTrack[]; pods: PodTrack[] }>();
  for (const [uid, own] of objects) {
    if (own.ref.kind !== 'Deployment') continue;
    const original = { own, parts: [], pods: [] };
    out.set(refText(own.ref), original);
    byUid.set(uid, original);
  }
  for (const [uid, track] of objects) {
    const original = byUid.get(controllerOf(track.last)?.uid ?? '');
    if (original === undefined) continue;
    original.parts.push(track);
    byUid.set(uid, original);
  }
  for (const pod of pods.values()) byUid.get(controllerOf(pod.last)?.uid ?? '')?.pods.push(pod);
  return out;
}

/** A Service that was left out, and that nobody has touched. */
function stillOf(ref: ObjectRef, object: KubeObject, { createdMs }: ObjectTrack): ObjectTrack {
  return { ref, createdMs, marked: object, last: object, goneMs: undefined, writtenMs: [createdMs] };
}

function mirrorOne(recording: Recorded, twin: Twin, { own, parts, pods, standing }: Original & { standing: ReadonlySet<string> }): void {
  const mark = (uid: string): string => `${uid} ${twin.ref.namespace}/${twin.ref.name}`;
  const renamed = (name: string): string => `${twin.ref.name}${name.slice(twin.of.name.length)}`;
  const refFor = (ref: ObjectRef): ObjectRef => ({ ...ref, namespace: twin.ref.namespace, name: renamed(ref.name) });
  const like = <T extends KubeObject>(object: T): T => mirrored(object, { name: renamed(object.metadata.name), mark });
  const uidOf = (object: KubeObject): string => mark(object.metadata.uid ?? '');
  recording.objects.set(uidOf(own.last), {
    ...own,
    ref: twin.ref,
    marked: named(twin.before, own, mark),
    last: named(twin.after, own, mark),
  });
  for (const part of parts) {
    const marked = part.marked === undefined ? undefined : like(part.marked);
    recording.objects.set(uidOf(part.last), { ...part, ref: refFor(part.ref), marked, last: like(part.last) });
  }
  for (const pod of pods) {
    const last: Readonly<Pod> = like(pod.last);
    const uid = mark(pod.uid);
    recording.pods.set(uid, { ...pod, uid, ref: refFor(pod.ref), last, ready: pod.ready.map((span) => ({ ...span })) });
  }
  for (const { of, ref, object } of twin.services) {
    if (!standing.has(refText(ref))) recording.objects.set(mark(refText(ref)), stillOf(ref, object, own));
    const spans = recording.serving.get(refText(of));
    if (spans !== undefined)
      recording.serving.set(
        refText(ref),
        spans.map((span): Span => ({ ...span })),
      );
  }
}

/** What the server would hold of the twin itself, under a uid of its own. */
function named(object: KubeObject, { last }: ObjectTrack, mark: (uid: string) => string): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: mark(last.metadata.uid ?? '') } };
}
function mirrored<T extends KubeObject>(object: T, { name, mark }: { name: string; mark: (uid: string) => string }): T {
  const { metadata } = object;
  const ownerReferences = (metadata.ownerReferences ?? []).map((owner) => ({ ...owner, uid: mark(owner.uid) }));
  return { ...object, metadata: { ...metadata, name, uid: mark(metadata.uid ?? ''), ownerReferences } };
}
