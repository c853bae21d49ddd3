import { keyOf, keyText } from '../../api/object.ts';
import type { DaemonSet, Pod } from '../../api/kinds.generated.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { Expectations } from '../../reconcile/expectations.ts';
import { createPods, deletePods } from '../pods/pod-control.ts';
import { daemonPod, targetNode } from './daemon-pod.ts';
import type { WatchedSet } from './watched-set.ts';

/** At most so many pods are made, and so many deleted, in one pass, as upstream's BurstReplicas of daemon sets. */
const burst = 250;

/** One pass over one set, whose nodes have been judged. */
export interface DaemonPass {
  readonly context: Context;
  readonly expectations: Expectations;
  readonly set: Readonly<DaemonSet>;
  readonly watched: WatchedSet;
  readonly hash: string;
}

/** Makes what is missing on nodes and deletes what is too many or has ended. Answers the first failure. */
export async function manage(pass: DaemonPass): Promise<Error | undefined> {
  const { rota } = pass.watched;
  const ended = [...tellEnded(pass, 'failed'), ...tellEnded(pass, 'succeeded')];
  return apply(pass, { create: rota.nodes('create', burst), remove: [...rota.pods('remove', burst), ...ended] });
}

/** Says of pods that have ended that they are deleted. Only as many as can be. */
function tellEnded({ context, set, watched }: DaemonPass, how: 'failed' | 'succeeded'): readonly Readonly<Pod>[] {
  const pods = watched.rota.pods(how, burst);
  for (const pod of pods) {
    const node = targetNode(pod) ?? '';
    const what = `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}, will try to`;
    if (how === 'succeeded') context.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${what} delete it`);
    else {
      context.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${what} kill it`);
      watched.noteFailure(node, context.clock.now());
    }
  }
  return pods;
}

/** Moves on with a rolling update, as far as maxUnavailable or maxSurge allows. Answers the first failure. */
export function rollingUpdate(pass: DaemonPass): Promise<Error | undefined> {
  const { rota } = pass.watched;
  const limits = limitsOf(pass.set, rota.count('desired'));
  if (limits.maxSurge === 0) {
    const left = Math.max(0, limits.maxUnavailable - rota.count('unavailable'));
    return apply(pass, { create: [], remove: [...rota.pods('replace', burst), ...rota.pods('candidate', left)] });
  }
  const left = Math.max(0, limits.maxSurge - rota.count('surging'));
  // Where the set has moved on to other nodes, old pods go when as many as are wanted are available elsewhere.
  const spare = Math.max(0, rota.count('up') - rota.count('desired'));
  return apply(pass, {
    create: [...rota.nodes('surgeNow', burst), ...rota.nodes('surge', left)],
    remove: [...rota.pods('outdated', burst), ...rota.pods('sunset', spare)],
  });
}

/** Percentages are of the nodes that should run a pod, and round up. When both come to 0, maxUnavailable becomes 1. */
export function limitsOf(set: Readonly<DaemonSet>, desired: number): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = amountOf(maxSurge ?? 0, desired);
  const unavailable = amountOf(maxUnavailable, desired);
  return { maxSurge: surge, maxUnavailable: desired > 0 && surge === 0 && unavailable === 0 ? 1 : unavailable };
}
function amountOf(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * of) / 100);
}

/** Does the set let a new pod come beside an old one? */
export function allowsSurge({ spec }: Readonly<DaemonSet>): boolean {
  const { type, rollingUpdate: rolling } = spec.updateStrategy ?? {};
  return type === 'RollingUpdate' && amountOf(rolling?.maxSurge ?? 0, 100) > 0;
}

async function apply(
  pass: DaemonPass,
  { create, remove }: { create: readonly string[]; remove: readonly Readonly<Pod>[] },
): Promise<Error | undefined> {
  const { context, expectations, set, hash } = pass;
  const batch = { context, expectations, key: keyText(keyOf(set)), owner: set };
  const nodes = create.slice(0, burst);
  let failure: Error | undefined;
  if (nodes.length > 0) ({ failure } = await createPods(batch, nodes.length, (index) => daemonPod(set, hash, nodes[index] ?? '')));
  if (remove.length === 0) return failure;
  const deleted = await deletePods(batch, remove.slice(0, burst));
  return failure ?? deleted.failure;
}
