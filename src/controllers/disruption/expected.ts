import { keyOf, splitApiVersion, type Kind, type KubeObject, type OwnerReference } from '../../api/object.ts';
import {
  Deployment,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
  type Pod,
  type PodDisruptionBudget,
} from '../../api/kinds.generated.ts';
import { controllerOf } from '../../api/owner.ts';
import { isNotFound } from '../../api/status.ts';
import type { Context } from '../../reconcile/controller.ts';

export interface Expected {
  /** Pods that there should be. */
  readonly expected: number;
  /** Pods that must stay healthy. */
  readonly desired: number;
  /** Is there a pod without a controller, of which nobody can say how many there should be? */
  readonly unmanaged: boolean;
}

/**
 * How many pods there should be, by the scale of those who control them, and how many of these must be healthy. Percentages round up
 * (as kube-controller-manager's getExpectedPodCount): a whole number of minAvailable alone counts the pods that there are.
 * @throws Error for a controller that has no scale, or that nobody finds
 */
export async function expectedPods(
  context: Context,
  budget: Readonly<PodDisruptionBudget>,
  pods: readonly Readonly<Pod>[],
): Promise<Expected> {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const { expected, unmanaged } = await scaleOfAll(context, pods);
    return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected)), unmanaged };
  }
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable, unmanaged: false };
  if (minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: false };
  const { expected, unmanaged } = await scaleOfAll(context, pods);
  return { expected, desired: scaled(minAvailable, expected), unmanaged };
}

/** A number, or a percentage of the total, rounded up. @throws Error */
function scaled(amount: number | string, total: number): number {
  if (typeof amount === 'number') return amount;
  const percent = /^(\d+)%$/.exec(amount)?.[1];
  if (percent === undefined) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`);
  return Math.ceil((Number(percent) * total) / 100);
}

async function scaleOfAll(context: Context, pods: readonly Readonly<Pod>[]): Promise<{ expected: number; unmanaged: boolean }> {
  /** By the uid of whoever has the scale: the ReplicaSets of one Deployment count once. */
  const scales = new Map<string, number>();
  const asked = new Set<string>();
  let unmanaged = false;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) unmanaged = true;
    if (owner === undefined || asked.has(owner.uid)) continue;
    asked.add(owner.uid);
    const found = cachedScale(context, owner, pod) ?? (await servedScale(context, owner, pod));
    if (found === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.replicas);
  }
  return { expected: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}
type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number } };
const known: readonly Kind<Scaled>[] = [ReplicationController, StatefulSet];

function cachedScale(context: Context, owner: OwnerReference, pod: Readonly<Pod>): Scale | undefined {
  const set = cached(context, ReplicaSet, owner, pod);
  if (set !== undefined) {
    const above = controllerOf(set);
    if (above?.kind !== 'Deployment') return scaleOf(set);
    const deployment = cached(context, Deployment, above, set);
    return deployment === undefined ? undefined : scaleOf(deployment);
  }
  for (const kind of known) {
    const found = cached(context, kind, owner, pod);
    if (found !== undefined) return scaleOf(found);
  }
  return undefined;
}

function scaleOf(object: Readonly<Scaled>): Scale {
  return { uid: object.metadata.uid ?? '', replicas: object.spec?.replicas ?? 1 };
}

/** The owner as the cache knows it; not another one of its name. */
function cached<T extends KubeObject>(context: Context, kind: Kind<T>, owner: OwnerReference, of: KubeObject): Readonly<T> | undefined {
  const { group } = splitApiVersion(owner.apiVersion);
  if (owner.kind !== kind.kind || (group !== kind.group && !(kind.group === 'apps' && group === 'extensions'))) return undefined;
  const found = context.informer(kind).get({ namespace: of.metadata.namespace ?? '', name: owner.name });
  return found?.metadata.uid === owner.uid ? found : undefined;
}

/** The scale of any other kind, asked of the server. Undefined when the owner is gone. @throws Error for a kind without scale */
async function servedScale(context: Context, owner: OwnerReference, pod: Readonly<Pod>): Promise<Scale | undefined> {
  const { cluster } = context;
  const kind = await cluster.kindOf(owner);
  if (kind === undefined) throw new Error(`no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`);
  const key = { namespace: keyOf(pod).namespace, name: owner.name };
  try {
    const scale: Scaled = await cluster.get(kind, key, { subresource: 'scale' });
    return scale.metadata.uid === owner.uid ? { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // A refusal that names the object knows the path: then it is the object that is not there.
    if (error.details?.name === owner.name) return undefined;
    const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
    throw new Error(`${resource} does not implement the scale subresource`, { cause: error });
  }
}
