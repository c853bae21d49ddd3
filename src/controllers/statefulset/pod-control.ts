import { keyOf, keyText, type ObjectKey } from '../../api/object.ts';
import { PersistentVolumeClaim, Pod, type StatefulSet } from '../../api/kinds.generated.ts';
import { isControlledBy } from '../../api/owner.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { OwnWrites } from '../cache/own-writes.ts';
import { isTerminating } from '../pods/pod-control.ts';
import { claimsOf, isStale, mountsClaims, ownersOf } from './claims.ts';
import { hasIdentity, setIdentity } from './identity.ts';

/** What the pods of StatefulSets are made, changed and deleted with. */
export interface PodControl {
  readonly context: Context;
  readonly pods: OwnWrites<Pod>;
  /** Who waits for a claim to go, by the claim's key. */
  readonly waiting: Map<string, ObjectKey>;
}
interface Member {
  readonly set: Readonly<StatefulSet>;
  readonly ordinal: number;
  readonly pod: Readonly<Pod>;
}

/** Makes the claims of a pod, then the pod. Answers it, or undefined where it has to wait for a claim of the pod before it. */
export async function createMember(control: PodControl, { set, ordinal, pod }: Member): Promise<Readonly<Pod> | undefined> {
  const { context } = control;
  if (isWaiting(control, { set, ordinal, pod })) return undefined;
  try {
    await createClaims(control, { set, ordinal, pod });
    const made = await createPod(context, set, pod);
    control.pods.made(keyText(keyOf(set)), made);
    return made;
  } catch (error) {
    if (!isAlreadyExists(error) && !isTerminating(error)) tellPod(context, 'create', { set, pod, error });
    throw error;
  }
}

async function createPod(context: Context, set: Readonly<StatefulSet>, pod: Readonly<Pod>): Promise<Readonly<Pod>> {
  try {
    const made = await context.cluster.create(Pod, pod);
    tellPod(context, 'create', { set, pod });
    return made;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const taken = await context.cluster.get(Pod, keyOf(pod));
    // Made by ourselves, and not in the cache yet; a stranger's stays in the way.
    if (!isControlledBy(taken, set)) throw error;
    return taken;
  }
}

/** A claim that goes with an earlier pod of the name has to be gone first, or its data would be lost under the new one. */
function isWaiting(control: PodControl, { set, ordinal, pod }: Member): boolean {
  const cached = claimsOf(set, ordinal).map((claim) => control.context.informer(PersistentVolumeClaim).get(keyOf(claim)));
  const stale = cached.find((claim) => claim !== undefined && isStale(claim, pod.metadata.name));
  if (stale === undefined) return false;
  control.waiting.set(keyText(keyOf(stale)), keyOf(set));
  return true;
}

/** Makes the claims that a pod lacks. @throws Error while one of them is being deleted */
export async function createClaims(control: PodControl, { set, ordinal, pod }: Member): Promise<void> {
  const { context } = control;
  for (const claim of claimsOf(set, ordinal)) {
    const cached = context.informer(PersistentVolumeClaim).get(keyOf(claim));
    if (cached === undefined) await createClaim(context, { set, ordinal, pod }, claim);
    else if (cached.metadata.deletionTimestamp !== undefined) {
      control.waiting.set(keyText(keyOf(claim)), keyOf(set));
      throw new Error(`pvc ${claim.metadata.name} is being deleted`);
    }
  }
}

async function createClaim(context: Context, { set, ordinal, pod }: Member, claim: PersistentVolumeClaim): Promise<void> {
  const ownerReferences = ownersOf(set, claim, { ordinal });
  const owned = ownerReferences.length === 0 ? claim : { ...claim, metadata: { ...claim.metadata, ownerReferences: [...ownerReferences] } };
  const { name } = claim.metadata;
  try {
    await context.cluster.create(PersistentVolumeClaim, owned);
    const message = `create Claim ${name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} success`;
    context.event(set, 'Normal', 'SuccessfulCreate', message);
  } catch (error) {
    // Kept from an earlier pod, or made by ourselves, and not in the cache yet.
    if (isAlreadyExists(error)) return;
    if (!isTerminating(error)) {
      const message = `create Claim ${name} for Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${errorText(error)}`;
      context.event(set, 'Warning', 'FailedCreate', message);
    }
    throw new Error(`failed to create PVC ${name}: ${errorText(error)}`, { cause: error });
  }
}

/** Deletes a pod. One that is gone counts as deleted. */
export async function deleteMember(control: PodControl, set: Readonly<StatefulSet>, pod: Readonly<Pod>): Promise<void> {
  const { context } = control;
  try {
    await context.cluster.delete(Pod, keyOf(pod), { uid: pod.metadata.uid ?? '' });
  } catch (error) {
    // It is gone, and another may have its name.
    if (isNotFound(error) || isConflict(error)) return;
    tellPod(context, 'delete', { set, pod, error });
    throw error;
  }
  control.pods.deleted(keyText(keyOf(set)), pod);
  tellPod(context, 'delete', { set, pod });
}

/** Gives a pod back the labels of its ordinal, and its claims the owners that the set wants for them. */
export async function repairMember(control: PodControl, { set, ordinal, pod }: Member): Promise<void> {
  const { context } = control;
  if (!mountsClaims(set, pod, ordinal)) {
    // The volumes of a pod never change: what it lacks it gets when it is made anew.
    await createClaims(control, { set, ordinal, pod });
  }
  await setClaimOwners(context, { set, ordinal, pod });
  if (hasIdentity(set, pod, ordinal)) return;
  const next = clone(pod);
  setIdentity(set, next, ordinal);
  try {
    control.pods.updated(pod, await context.cluster.update(Pod, next));
  } catch (error) {
    tellPod(context, 'update', { set, pod, error });
    throw error;
  }
  tellPod(context, 'update', { set, pod });
}

/** Gives the claims of a pod the owners that the set wants for them. A claim that is missing is made with them. */
export async function setClaimOwners(context: Context, { set, ordinal, pod }: Member): Promise<void> {
  for (const { metadata } of claimsOf(set, ordinal)) {
    const claim = context.informer(PersistentVolumeClaim).get({ namespace: metadata.namespace ?? '', name: metadata.name });
    if (claim === undefined) continue;
    const ownerReferences = ownersOf(set, claim, { ordinal, pod });
    if (jsonEqual(ownerReferences, claim.metadata.ownerReferences ?? [])) continue;
    await context.cluster.update(PersistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, ownerReferences: [...ownerReferences] },
    });
  }
}

function tellPod(
  context: Context,
  verb: 'create' | 'update' | 'delete',
  { set, pod, error }: { set: Readonly<StatefulSet>; pod: Readonly<Pod>; error?: unknown },
): void {
  const what = `${verb[0]?.toUpperCase()}${verb.slice(1)}`;
  const subject = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  if (error === undefined) context.event(set, 'Normal', `Successful${what}`, `${subject} successful`);
  else context.event(set, 'Warning', `Failed${what}`, `${subject} failed error: ${errorText(error)}`);
}
