import { keyText, type ObjectKey } from '../api/object.ts';
import { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../api/kinds.generated.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';
import { adoptersOf, createClaimer, type Claimer, type Claiming } from './owners/claiming.ts';
import { isEmptySelector } from './owners/orphans.ts';
import { msUntilNextAvailable } from './pods/pod-state.ts';
import { History, revisionsOf, type Revisions } from './revisions/history.ts';
import { podRevision } from './statefulset/identity.ts';
import { ordinalOf } from './statefulset/ordinals.ts';
import type { PodControl } from './statefulset/pod-control.ts';
import { syncStatefulSet } from './statefulset/sync.ts';

interface Loop extends PodControl {
  readonly claimed: Claimer<StatefulSet, Pod>;
  readonly history: History<StatefulSet>;
  readonly own: OwnWrites<StatefulSet>;
}

const claiming: Claiming<StatefulSet, Pod> = {
  ownerKind: StatefulSet,
  kind: Pod,
  selectorOf: ({ spec }) => spec.selector,
  fits: (pod, set) => ordinalOf(set, pod) !== undefined,
};
const revising = revisionsOf(StatefulSet);

/**
 * Keeps pods with names, hosts and claims of their own, in the order of their ordinals, and replaces them from the highest down when the
 * template changes. As kube-controller-manager's statefulset controller, whose revisions, labels and events it writes.
 */
export const statefulset: Controller = {
  name: 'statefulset',
  reconciles: StatefulSet,
  owns: [Pod, ControllerRevision],
  watches: [
    { kind: Pod, keysFor: (pod, context) => adoptersOf(claiming, pod as Pod, context) },
    { kind: ControllerRevision, keysFor: (revision, context) => adoptersOf(revising, revision as ControllerRevision, context) },
    { kind: PersistentVolumeClaim, keysFor: () => [] },
  ],
  concurrency: 5,
  start(context) {
    const waiting = new Map<string, ObjectKey>();
    wakeWhenGone(context, waiting);
    const loop: Loop = {
      context,
      waiting,
      pods: new OwnWrites(context.informer(Pod), context.clock),
      claimed: createClaimer(context, claiming),
      history: new History(context, StatefulSet),
      own: new OwnWrites(context.informer(StatefulSet), context.clock),
    };
    return (key) => reconcile(loop, key);
  },
};

/** Queues the sets that wait for a claim to go. */
function wakeWhenGone(context: Context, waiting: Map<string, ObjectKey>): void {
  context.informer(PersistentVolumeClaim).onChange((claim, previous) => {
    if (claim !== undefined || previous === undefined) return;
    const key = keyText({ namespace: previous.metadata.namespace ?? '', name: previous.metadata.name });
    const set = waiting.get(key);
    if (set !== undefined) context.enqueue(set);
    waiting.delete(key);
  });
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, history } = loop;
  const set = context.informer(StatefulSet).get(key);
  if (set === undefined || isEmptySelector(set.spec.selector)) return;
  const known = await history.claimed(set);
  const pods = await loop.claimed(set);
  const text = keyText(key);
  if (known === undefined || loop.pods.isBehind(text, pods) || loop.own.isBehind(text, [set])) return behind;
  const revisions = await history.present(set, known);
  const { status, failure } = await syncStatefulSet(loop, set, { pods, revisions });
  if (!jsonEqual(set.status, status)) {
    loop.own.updated(set, await context.cluster.update(StatefulSet, { ...set, status }, { subresource: 'status' }));
  }
  await truncate(loop, set, { revisions, inUse: new Set([status.currentRevision ?? '', ...pods.map(podRevision)]) });
  if (failure !== undefined) throw failure;
  const waitMs = msUntilNextAvailable(pods, set.spec.minReadySeconds ?? 0, context.clock.now());
  return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
}

/** Deletes the oldest revisions that nothing uses, beyond the limit. */
async function truncate(
  loop: Loop,
  set: Readonly<StatefulSet>,
  { revisions, inUse }: { revisions: Revisions; inUse: ReadonlySet<string> },
): Promise<void> {
  const unused = revisions.old.filter((each) => !inUse.has(each.metadata.name));
  const { revisionHistoryLimit = 10 } = set.spec;
  // A negative limit keeps all.
  if (revisionHistoryLimit >= 0) await loop.history.remove(set, unused.slice(0, Math.max(0, unused.length - revisionHistoryLimit)));
}
