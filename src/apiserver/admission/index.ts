import type { KubeObject } from '../../api/object.ts';
import type { Call } from '../context.ts';
import { avoidNodes } from './avoid-nodes.ts';
import { certificateSubject } from './certificate-subject.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';
import { customResourceLifecycle } from './custom-resource-lifecycle.ts';
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { endpointAddresses } from './endpoint-addresses.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podSecurity } from './pod-security.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { roleEscalation } from './role-escalation.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { serviceAddresses } from './service-addresses.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

/** One write on its way to the store. */
export interface Attempt {
  readonly call: Call;
  readonly operation: 'create' | 'update' | 'delete';
  readonly subresource: string;
  /** May be changed by `mutate`. Of a deletion, the object that is to go. */
  readonly object: KubeObject;
  readonly old: Readonly<KubeObject> | undefined;
  readonly dryRun: boolean;
  /** What to take back when the object is not stored after all. */
  readonly undo: (() => void)[];
  /** What to do when the object is stored, at this revision. */
  readonly stored: ((revision: number) => void)[];
}
/** Has a say in each write before it is stored. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Changes the object, or refuses. @throws StatusError */
  mutate?(attempt: Attempt): void | Promise<void>;
  /** Gives the object what only the server can give, after its kind's own rules have prepared it. @throws StatusError */
  allocate?(attempt: Attempt): void;
  /** Looks at the final object, or refuses. @throws StatusError */
  validate?(attempt: Attempt): void | Promise<void>;
}

/** In the order in which they are asked, which is upstream's (kubernetes v1.35, kubeapiserver/options AllOrderedPlugins), ours between them. */
const ordered: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  customResourceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  avoidNodes,
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  ownerReferencesPermissionEnforcement,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  serviceAddresses,
  endpointAddresses,
  certificateSubject,
  roleEscalation,
  resourceQuota,
];
/** As upstream, these have a say only where they are asked for. */
const offByDefault: ReadonlySet<string> = new Set(['ExtendedResourceToleration', 'OwnerReferencesPermissionEnforcement']);

/** Plugins by name, beyond the default and less than it. */
export interface AdmissionChoice {
  readonly enable?: readonly string[];
  readonly disable?: readonly string[];
}

/** Those that have a say, in order. @throws Error for a name that is none */
export function choosePlugins({ enable = [], disable = [] }: AdmissionChoice = {}): readonly AdmissionPlugin[] {
  const known = new Set(ordered.map(({ name }) => name));
  const unknown = [...enable, ...disable].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`unknown admission plugin: ${unknown.join(', ')}; known are ${[...known].join(', ')}`);
  return ordered.filter(({ name }) => !disable.includes(name) && (enable.includes(name) || !offByDefault.has(name)));
}

export async function mutate(plugins: readonly AdmissionPlugin[], attempt: Attempt): Promise<void> {
  for (const plugin of plugins) {
    const waiting = plugin.mutate?.(attempt);
    if (waiting !== undefined) await waiting;
  }
}

export function allocate(plugins: readonly AdmissionPlugin[], attempt: Attempt): void {
  for (const plugin of plugins) plugin.allocate?.(attempt);
}

export async function judge(plugins: readonly AdmissionPlugin[], attempt: Attempt): Promise<void> {
  for (const plugin of plugins) {
    const waiting = plugin.validate?.(attempt);
    if (waiting !== undefined) await waiting;
  }
}
