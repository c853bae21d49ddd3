import { keyOf, type Kind, type KubeObject, type ObjectKey } from '../../api/object.ts';
import { controllerOf } from '../../api/owner.ts';
import type { LabelSelector, Labels } from '../../api/selector.ts';
import type { Context } from '../../reconcile/controller.ts';
import { claimObjects } from '../../reconcile/owners.ts';
import { claims, trackOrphans } from './orphans.ts';

/** Which objects of a kind belong to which owner. */
export interface Claiming<O extends KubeObject, T extends KubeObject> {
  readonly ownerKind: Kind<O>;
  readonly kind: Kind<T>;
  /** Given to what is adopted. Default: none. */
  readonly finalizer?: string;
  /** Of labels; undefined or empty claims nothing. */
  selectorOf(owner: Readonly<O>): LabelSelector | undefined;
  /** What else must hold of an object of this owner, such as its name. Default: nothing. */
  fits?(object: Readonly<T>, owner: Readonly<O>): boolean;
  /** Is an object without owner worth adopting? Default: each that matches. */
  adoptable?(object: Readonly<T>): boolean;
}

/** Adopts and releases, and answers what belongs to the owner. `own`: looks only at these of its objects. Default: at all of them. */
export type Claimer<O extends KubeObject, T extends KubeObject> = (
  owner: Readonly<O>,
  own?: readonly Readonly<T>[],
) => Promise<readonly Readonly<T>[]>;

/**
 * Adoption and release by selector for one controller, as upstream's ControllerRefManager does it for all kinds. Costs what the owner has
 * and what orphans there are in its namespace. A controller makes it when it starts.
 */
export function createClaimer<O extends KubeObject, T extends KubeObject>(context: Context, claiming: Claiming<O, T>): Claimer<O, T> {
  const { ownerKind, kind, finalizer, adoptable = () => true } = claiming;
  const informer = context.informer(kind);
  const orphans = trackOrphans(informer);
  return (owner, own = informer.ownedBy(owner.metadata.uid ?? '')) => {
    const candidates = [...own, ...orphans(owner.metadata.namespace ?? '').filter(adoptable)];
    const chosen = chooser(claiming.selectorOf(owner));
    const matches = (object: Readonly<T>): boolean => chosen(object.metadata.labels) && (claiming.fits?.(object, owner) ?? true);
    return claimObjects(
      { cluster: context.cluster, ownerKind, owner, kind, ...(finalizer !== undefined && { finalizer }), matches },
      candidates,
    );
  };
}

/** Objects of one template share their labels in a cache, so that most are looked at once. */
function chooser(selector: LabelSelector | undefined): (labels: Labels | undefined) => boolean {
  const known = new Map<Labels | undefined, boolean>();
  return (labels) => {
    let chosen = known.get(labels);
    if (chosen === undefined) known.set(labels, (chosen = claims(selector, labels)));
    return chosen;
  };
}

/** The owners that would adopt an object, where it has none: to be queued when it changes. */
export function adoptersOf<O extends KubeObject, T extends KubeObject>(
  claiming: Claiming<O, T>,
  object: Readonly<T>,
  context: Context,
): readonly ObjectKey[] {
  if (controllerOf(object) !== undefined) return [];
  const owners = context.informer(claiming.ownerKind).list({ namespace: object.metadata.namespace ?? '' });
  return owners.filter((owner) => isOf(claiming, object, owner)).map(keyOf);
}

function isOf<O extends KubeObject, T extends KubeObject>(claiming: Claiming<O, T>, object: Readonly<T>, owner: Readonly<O>): boolean {
  return claims(claiming.selectorOf(owner), object.metadata.labels) && (claiming.fits?.(object, owner) ?? true);
}
