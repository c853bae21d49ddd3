import type { KubeObject } from '../api/object.ts';
import { followResource, Mirror, type Sources } from './mirror.ts';

/** Objects that decide about other objects, as far as admission asks. */
export interface LimitRangeShape extends KubeObject {
  readonly spec?: { readonly limits?: readonly LimitRangeItem[] };
}
export interface LimitRangeItem {
  readonly type: string;
  readonly min?: Readonly<Record<string, string>>;
  readonly max?: Readonly<Record<string, string>>;
  readonly default?: Readonly<Record<string, string>>;
  readonly defaultRequest?: Readonly<Record<string, string>>;
  readonly maxLimitRequestRatio?: Readonly<Record<string, string>>;
}
export interface PriorityClassShape extends KubeObject {
  readonly value: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
}
export interface StorageClassShape extends KubeObject {
  readonly allowVolumeExpansion?: boolean;
}

/** Kept by the watch hub, so that asking costs nothing; whoever writes one of these is answered when all later requests see it. */
export interface Policies {
  readonly limitRanges: Mirror<LimitRangeShape>;
  readonly priorityClasses: Mirror<PriorityClassShape>;
  readonly storageClasses: Mirror<StorageClassShape>;
  readonly ingressClasses: Mirror<KubeObject>;
}

/** Empty until they are followed. */
export function createPolicies(): Policies {
  return { limitRanges: new Mirror(), priorityClasses: new Mirror(), storageClasses: new Mirror(), ingressClasses: new Mirror() };
}

/** Resolves when they show what is stored; from then on they follow it. */
export async function followPolicies(server: Sources, policies: Policies): Promise<void> {
  await followResource(server, 'core/limitranges/', policies.limitRanges);
  await followResource(server, 'scheduling.k8s.io/priorityclasses/', policies.priorityClasses);
  await followResource(server, 'storage.k8s.io/storageclasses/', policies.storageClasses);
  await followResource(server, 'networking.k8s.io/ingressclasses/', policies.ingressClasses);
}

const followed: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/customresourcedefinitions',
  '/limitranges',
  '/resourcequotas',
  'scheduling.k8s.io/priorityclasses',
  'storage.k8s.io/storageclasses',
  'networking.k8s.io/ingressclasses',
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

/** Does the server itself act on what stands in objects of this kind? */
export function isFollowed(kind: { readonly group: string; readonly plural: string }): boolean {
  return followed.has(`${kind.group}/${kind.plural}`);
}
