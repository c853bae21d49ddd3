import type { KubeObject } from '../../api/object.ts';
import type { Call } from '../context.ts';
import { customResourceLifecycle } from './custom-resource-lifecycle.ts';
import { endpointAddresses } from './endpoint-addresses.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { serviceAccount } from './service-account.ts';
import { serviceAddresses } from './service-addresses.ts';

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

/** In the order in which they are asked. */
export const admissionPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  customResourceLifecycle,
  serviceAccount,
  serviceAddresses,
  endpointAddresses,
];

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
