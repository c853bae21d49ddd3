import { keyOf, type Kind, type KubeObject, type OwnerReference } from '../api/object.ts';
import { controllerOf, controllerReference } from '../api/owner.ts';
import { isInvalid, isNotFound } from '../api/status.ts';
import type { Cluster, Writer } from '../client/cluster.ts';
import { ReconcileError } from './controller.ts';

export interface Claim<O extends KubeObject, T extends KubeObject> {
  readonly cluster: Cluster;
  readonly ownerKind: Kind<O>;
  readonly owner: Readonly<O>;
  readonly kind: Kind<T>;
  /** Given to what is adopted. */
  readonly finalizer?: string;
  /** Does the owner's selector match it? */
  matches(object: Readonly<T>): boolean;
}

/**
 * Of the candidates those that the owner controls, as upstream's ControllerRefManager: orphans that match are adopted, objects of
 * the owner that no longer match are released, and what belongs to somebody else is left alone. An owner that is being deleted
 * neither adopts nor releases. Before the first adoption the owner is read afresh, so that a stale cache adopts nothing for an
 * owner that is gone. Answers in the order of the candidates.
 */
export async function claimObjects<O extends KubeObject, T extends KubeObject>(
  claim: Claim<O, T>,
  candidates: readonly Readonly<T>[],
): Promise<readonly Readonly<T>[]> {
  const claimed: Readonly<T>[] = [];
  let checked: Promise<void> | undefined;
  for (const object of candidates) {
    switch (verdict(claim, object)) {
      case 'keep':
        claimed.push(object);
        break;
      case 'release':
        await release(claim, object);
        break;
      case 'adopt': {
        checked ??= checkOwner(claim);
        await checked;
        const adopted = await adopt(claim, object);
        if (adopted !== undefined) claimed.push(adopted);
        break;
      }
      case 'ignore':
        break;
    }
  }
  return claimed;
}

function verdict<O extends KubeObject, T extends KubeObject>(
  claim: Claim<O, T>,
  object: Readonly<T>,
): 'keep' | 'adopt' | 'release' | 'ignore' {
  const controller = controllerOf(object);
  const going = claim.owner.metadata.deletionTimestamp !== undefined;
  if (controller !== undefined) {
    if (controller.uid !== claim.owner.metadata.uid) return 'ignore';
    if (claim.matches(object)) return 'keep';
    return going ? 'ignore' : 'release';
  }
  if (going || object.metadata.deletionTimestamp !== undefined || !claim.matches(object)) return 'ignore';
  const namespace = claim.owner.metadata.namespace;
  if (namespace !== undefined && namespace !== object.metadata.namespace) return 'ignore';
  return 'adopt';
}

async function checkOwner<O extends KubeObject, T extends KubeObject>(claim: Claim<O, T>): Promise<void> {
  const { owner, ownerKind } = claim;
  const fresh = await claim.cluster.get(ownerKind, keyOf(owner));
  if (fresh.metadata.uid !== owner.metadata.uid) {
    throw new ReconcileError(
      'FailedAdopt',
      `original ${ownerKind.kind} ${owner.metadata.name} is gone: got uid ${fresh.metadata.uid}, wanted ${owner.metadata.uid}`,
    );
  }
  if (fresh.metadata.deletionTimestamp !== undefined) {
    throw new ReconcileError(
      'FailedAdopt',
      `${ownerKind.kind} ${owner.metadata.name} has just been deleted at ${fresh.metadata.deletionTimestamp}`,
    );
  }
}

/** Undefined when the object has gone meanwhile. */
async function adopt<O extends KubeObject, T extends KubeObject>(
  claim: Claim<O, T>,
  object: Readonly<T>,
): Promise<Readonly<T> | undefined> {
  const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(claim.ownerKind, claim.owner)];
  try {
    return await setOwners(claim.cluster, claim.kind, object, { owners, ...finalizersOf(claim, object) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function finalizersOf<T extends KubeObject>({ finalizer }: Claim<KubeObject, T>, object: Readonly<T>): { finalizers?: readonly string[] } {
  const { finalizers = [] } = object.metadata;
  return finalizer === undefined || finalizers.includes(finalizer) ? {} : { finalizers: [...finalizers, finalizer] };
}

async function release<O extends KubeObject, T extends KubeObject>(claim: Claim<O, T>, object: Readonly<T>): Promise<void> {
  const owners = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== claim.owner.metadata.uid);
  try {
    await setOwners(claim.cluster, claim.kind, object, { owners });
  } catch (error) {
    // NotFound: gone. Invalid: another object of that name (the uid differs). Either way there is nothing to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}

function setOwners<T extends KubeObject>(
  writer: Writer,
  kind: Kind<T>,
  object: Readonly<T>,
  { owners, finalizers }: { readonly owners: readonly OwnerReference[]; readonly finalizers?: readonly string[] },
): Promise<Readonly<T>> {
  const { uid, resourceVersion } = object.metadata;
  const ownerReferences = owners.length === 0 ? null : owners;
  return writer.patch(kind, keyOf(object), { metadata: { uid, resourceVersion, ownerReferences, ...(finalizers && { finalizers }) } });
}
