import type { KubeObject } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { StoreClosed, type Change, type Entry } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { keyParts } from '../entry-fields.ts';
import { internalCall, kindOf, serverOptions } from '../internal-call.ts';
import { followResource, type Follower } from '../mirror.ts';
import { modify } from '../rest/modify.ts';
import { aggregatedRules } from '../../api/aggregated-rules.ts';
import type { RbacPolicy } from './policy.ts';
import type { BindingShape, RoleShape } from '../../api/access-rules.ts';

const group = 'rbac.authorization.k8s.io/';

/** Keeps the policy as the stored roles and bindings say, and the rules of aggregated ClusterRoles as those that they gather. */
export async function followRbac(server: ServerContext, policy: RbacPolicy): Promise<void> {
  const setRole = (namespace: string, name: string, role: KubeObject | undefined): void =>
    policy.setRole(namespace, name, role as RoleShape | undefined);
  const setBinding = (namespace: string, name: string, binding: KubeObject | undefined): void =>
    policy.setBinding(namespace, name, binding as BindingShape | undefined);
  const clusterRoles = new ClusterRoles(server);
  await followResource(
    server,
    `${group}clusterroles/`,
    new Keys(
      (namespace, name, role) => {
        setRole(namespace, name, role);
        clusterRoles.set(name, role as RoleShape | undefined);
      },
      () => clusterRoles.gather(),
    ),
  );
  await followResource(server, `${group}roles/`, new Keys(setRole));
  await followResource(server, `${group}clusterrolebindings/`, new Keys(setBinding));
  await followResource(server, `${group}rolebindings/`, new Keys(setBinding));
}

type SetObject = (namespace: string, name: string, object: KubeObject | undefined) => void;

/** Tells of each object, and of those that are gone. */
class Keys implements Follower {
  readonly #set: SetObject;
  readonly #settled: () => void;
  readonly #known = new Set<string>();

  /** `settled` is called when all that is known for now has been told. */
  constructor(set: SetObject, settled: () => void = () => undefined) {
    this.#set = set;
    this.#settled = settled;
  }

  reset(entries: readonly Entry<KubeObject>[]): void {
    const present = new Set(entries.map(({ key }) => key));
    for (const key of this.#known) if (!present.has(key)) this.#gone(key);
    for (const entry of entries) this.#stored(entry);
    this.#settled();
  }

  take(change: Change<KubeObject>): void {
    if (change.type === 'put') this.#stored(change.entry);
    else this.#gone(change.entry.key);
    this.#settled();
  }

  #stored(entry: Entry<KubeObject>): void {
    const { namespace, name } = keyParts(entry.key);
    this.#known.add(entry.key);
    this.#set(namespace, name, entry.value());
  }

  #gone(key: string): void {
    const { namespace, name } = keyParts(key);
    this.#known.delete(key);
    this.#set(namespace, name, undefined);
  }
}

/** What upstream's controller of aggregated ClusterRoles does, at once. */
class ClusterRoles {
  readonly #server: ServerContext;
  readonly #roles = new Map<string, Readonly<RoleShape>>();
  #dirty = false;
  readonly #gathering = new Map<string, Readonly<RoleShape>>();

  constructor(server: ServerContext) {
    this.#server = server;
  }

  set(name: string, role: Readonly<RoleShape> | undefined): void {
    const before = this.#roles.get(name);
    if (role === undefined) this.#roles.delete(name);
    else this.#roles.set(name, role);
    if (role?.aggregationRule === undefined) this.#gathering.delete(name);
    else this.#gathering.set(name, role);
    // A role without labels is gathered by nobody.
    const labelled = role?.metadata.labels !== undefined || before?.metadata.labels !== undefined;
    this.#dirty ||= labelled || role?.aggregationRule !== undefined;
  }

  gather(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    for (const role of this.#gathering.values()) this.#gather(role);
  }

  #gather(role: Readonly<RoleShape>): void {
    const rules = aggregatedRules(role, [...this.#roles.values()]);
    if (jsonEqual(rules, role.rules ?? [])) return;
    this.#write(role.metadata.name).catch((error: unknown) => {
      if (this.#server.signal.aborted || error instanceof StoreClosed || isNotFound(error)) return;
      this.#server.log.error('an aggregated ClusterRole could not be written', { name: role.metadata.name, error: errorText(error) });
    });
  }

  async #write(name: string): Promise<void> {
    const kind = kindOf(this.#server, { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' });
    const key = { namespace: '', name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const role = clone(live) as unknown as RoleShape;
      if (role.aggregationRule !== undefined) role.rules = clone(aggregatedRules(role, [...this.#roles.values()]));
      return role;
    };
    await modify(internalCall(this.#server, kind, key), key, { options: serverOptions, subresource: '', attempts: 10, next });
  }
}
