import { keyOf, keyText, type Kind, type KubeObject } from '../../api/object.ts';
import { Pod, type ReplicaSet, type ReplicationController } from '../../api/kinds.generated.ts';
import { controllerOf } from '../../api/owner.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { Expectations } from '../../reconcile/expectations.ts';
import { burst, createPods, deletePods } from '../pods/pod-control.ts';
import { podFromTemplate } from '../pods/pod-template.ts';
import { inDeletionOrder } from '../pods/ranking.ts';

/** Makes missing pods or deletes surplus ones, at most 500 at once. Answers the first failure. */
export async function adjustPods<T extends ReplicaSet | ReplicationController>(
  context: Context,
  expectations: Expectations,
  { kind, set, active }: { kind: Kind<T>; set: Readonly<T>; active: readonly Readonly<Pod>[] },
): Promise<Error | undefined> {
  const batch = { context, expectations, key: keyText(keyOf(set)), owner: set };
  const surplus = active.length - (set.spec.replicas ?? 1);
  if (surplus < 0) {
    const template = set.spec.template ?? {};
    return (await createPods(batch, Math.min(burst, -surplus), () => podFromTemplate(template, kind, set))).failure;
  }
  if (surplus === 0) return undefined;
  const victims =
    surplus < active.length ? inDeletionOrder(active, relatedPods(context, kind, { set, own: active }), context.clock.now()) : active;
  return (await deletePods(batch, victims.slice(0, Math.min(burst, surplus)))).failure;
}

/** The pods of all sets of the same owner: a node with several of them loses one first. */
function relatedPods(
  context: Context,
  kind: Kind,
  { set, own }: { set: KubeObject; own: readonly Readonly<Pod>[] },
): readonly Readonly<Pod>[] {
  const owner = controllerOf(set);
  if (owner === undefined) return own;
  const siblings = context.informer(kind).ownedBy(owner.uid);
  return siblings.flatMap((sibling) => context.informer(Pod).ownedBy(sibling.metadata.uid ?? ''));
}
