import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { ControllerRevision, DaemonSet, Node, Pod } from '../api/kinds.generated.ts';
import { controllerOf } from '../api/owner.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { Expectations } from '../reconcile/expectations.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';
import { hashOf, mergeEqual, truncate } from './daemonset/revisions.ts';
import { daemonSetStatus } from './daemonset/status.ts';
import { allowsSurge, manage, rollingUpdate, type DaemonPass } from './daemonset/sync.ts';
import { WatchedSet } from './daemonset/watched-set.ts';
import { adoptersOf, createClaimer, type Claimer, type Claiming } from './owners/claiming.ts';
import { isEmptySelector } from './owners/orphans.ts';
import { observePods } from './pods/observe.ts';
import { expectationMs } from './pods/pod-control.ts';
import { History, revisionsOf } from './revisions/history.ts';
import { podRevisionLabel } from './revisions/revision.ts';

interface Loop {
  readonly context: Context;
  readonly expectations: Expectations;
  readonly claimed: Claimer<DaemonSet, Pod>;
  readonly history: History<DaemonSet>;
  readonly own: OwnWrites<DaemonSet>;
  /** By uid. */
  readonly sets: Map<string, WatchedSet>;
}

const claiming: Claiming<DaemonSet, Pod> = { ownerKind: DaemonSet, kind: Pod, selectorOf: ({ spec }) => spec.selector };
const revising = revisionsOf(DaemonSet);

/**
 * Keeps a pod on each node that a DaemonSet selects, and replaces them node by node when the template changes. As kube-controller-manager's
 * daemonset controller; here a change costs what has changed and not all nodes.
 */
export const daemonset: Controller = {
  name: 'daemonset',
  identity: 'daemon-set-controller',
  component: 'daemonset-controller',
  reconciles: DaemonSet,
  owns: [Pod, ControllerRevision],
  watches: [
    { kind: Pod, keysFor: (pod, context) => adoptersOf(claiming, pod as Pod, context) },
    { kind: ControllerRevision, keysFor: (revision, context) => adoptersOf(revising, revision as ControllerRevision, context) },
    { kind: Node, keysFor: () => [] },
  ],
  concurrency: 2,
  start(context) {
    const expectations = new Expectations(context.clock);
    observePods(context.informer(Pod), { kind: DaemonSet.kind, informer: context.informer(DaemonSet) }, expectations);
    const sets = new Map<string, WatchedSet>();
    followPods(context, sets);
    followNodes(context, sets);
    const loop: Loop = {
      context,
      expectations,
      sets,
      claimed: createClaimer(context, claiming),
      history: new History(context, DaemonSet, podRevisionLabel),
      own: new OwnWrites(context.informer(DaemonSet), context.clock),
    };
    return (key) => reconcile(loop, key);
  },
};

function followPods(context: Context, sets: ReadonlyMap<string, WatchedSet>): void {
  context.informer(Pod).onChange((pod, previous) => {
    const [now, before] = [pod, previous].map((each) => (each === undefined ? undefined : sets.get(controllerOf(each)?.uid ?? '')));
    if (previous !== undefined && before !== now) before?.drop(previous);
    if (pod !== undefined) now?.place(pod);
  });
}

/** Only what says whether a pod belongs on a node counts: not its heartbeats. */
function followNodes(context: Context, sets: ReadonlyMap<string, WatchedSet>): void {
  context.informer(Node).onChange((node, previous) => {
    const same = node !== undefined && previous !== undefined && jsonEqual(facts(node), facts(previous));
    const name = (node ?? previous)?.metadata.name;
    if (same || name === undefined) return;
    for (const set of sets.values()) set.nodeChanged(name);
    for (const set of context.informer(DaemonSet).list()) context.enqueue(keyOf(set));
  });
}
function facts({ metadata, spec }: Readonly<Node>): unknown {
  return [metadata.labels, spec?.taints];
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, expectations, history } = loop;
  const set = context.informer(DaemonSet).get(key);
  if (set === undefined) return forget(loop, key);
  if (isEmptySelector(set.spec.selector)) {
    return context.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
  }
  if (set.metadata.deletionTimestamp !== undefined) return;
  const known = await history.claimed(set);
  if (known === undefined || loop.own.isBehind(keyText(key), [set])) return behind;
  const revisions = await mergeEqual(loop, set, await history.present(set, known));
  const watched = await claimChanged(loop, set);
  const hash = hashOf(revisions.update);
  // Before the nodes are judged: what comes into the cache between the two would be made twice.
  const settled = expectations.satisfied(keyText(key));
  if (!settled) context.enqueue(key, expectationMs, { upkeep: true });
  const { minReadySeconds = 0 } = set.spec;
  watched.judge(set, { hash, surge: allowsSurge(set), minReadySeconds, now: context.clock.now() });
  const failure = settled ? await act({ context, expectations, set, watched, hash }) : undefined;
  const status = daemonSetStatus(set, watched.rota, { collisions: revisions.collisions, observed: settled });
  if (!jsonEqual(set.status, status)) {
    loop.own.updated(set, await context.cluster.update(DaemonSet, { ...set, status }, { subresource: 'status' }));
  }
  if (settled) await truncate(history, set, { old: revisions.old, pods: () => watched.allPods() });
  if (failure !== undefined) throw failure;
  const waitMs = watched.rota.msUntilDue(context.clock.now());
  return waitMs === Infinity ? undefined : { requeueAfterMs: waitMs };
}

async function act(pass: DaemonPass): Promise<Error | undefined> {
  const { expectations, set } = pass;
  const failure = await manage(pass);
  if (failure !== undefined || set.spec.updateStrategy?.type === 'OnDelete' || !expectations.satisfied(keyText(keyOf(set)))) return failure;
  return rollingUpdate(pass);
}

/** Adopts and releases; of its own only pods where something has changed are looked at. */
async function claimChanged(loop: Loop, set: Readonly<DaemonSet>): Promise<WatchedSet> {
  const uid = set.metadata.uid ?? '';
  const watched = loop.sets.get(uid) ?? new WatchedSet(loop.context, uid);
  loop.sets.set(uid, watched);
  const own = watched.changedPods();
  const claimed = new Set((await loop.claimed(set, own)).map((pod) => pod.metadata.uid));
  for (const pod of own) if (!claimed.has(pod.metadata.uid)) watched.drop(pod);
  return watched;
}

function forget({ context, expectations, sets }: Loop, key: ObjectKey): void {
  expectations.forget(keyText(key));
  const alive = new Set(
    context
      .informer(DaemonSet)
      .list()
      .map((set) => set.metadata.uid ?? ''),
  );
  for (const uid of sets.keys()) if (!alive.has(uid)) sets.delete(uid);
}
