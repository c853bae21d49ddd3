import type { KubeObject } from '../../api/object.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { uuid } from '../../base/random.ts';
import { RevisionMismatch, type Entry } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { aggregateAll } from '../../api/aggregated-rules.ts';
import { bootstrapBindings } from './bootstrap-bindings.ts';
import { bootstrapRoles } from './bootstrap-roles.ts';
import type { RbacPolicy } from './policy.ts';
import { compacted, missingRules, type BindingShape, type RoleShape, type Subject } from '../../api/access-rules.ts';

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';
const plurals: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  Role: 'roles',
  ClusterRoleBinding: 'clusterrolebindings',
  RoleBinding: 'rolebindings',
};

/** Knows the default roles and bindings, as they are before anybody has changed them. */
export function loadDefaults(policy: RbacPolicy): void {
  for (const role of aggregateAll(bootstrapRoles())) policy.setRole(role.metadata.namespace ?? '', role.metadata.name, role);
  for (const binding of bootstrapBindings()) policy.setBinding(binding.metadata.namespace ?? '', binding.metadata.name, binding);
}

/**
 * Makes the default roles and bindings that are missing, and gives back to those that are there what they have lost, but for such as
 * are marked to be left alone (kubernetes v1.35, component-helpers rbac/reconciliation). What was added to them stays.
 */
export async function bootstrapRbac(server: ServerContext): Promise<void> {
  const roles = aggregateAll(bootstrapRoles()).map((role) => ensure(server, role, withMissingRules));
  const bindings = bootstrapBindings().map((binding) => ensure(server, binding, withMissingSubjects));
  await Promise.all([...roles, ...bindings]);
}

async function ensure<T extends KubeObject>(
  server: ServerContext,
  wanted: T,
  repaired: (found: T, wanted: T) => T | undefined,
): Promise<void> {
  const { store } = server;
  const { namespace = '', name } = wanted.metadata;
  const key = `rbac.authorization.k8s.io/${plurals[wanted.kind] ?? ''}/${namespace}/${name}`;
  const entry = await store.get(key);
  const next = entry === undefined ? made(server, wanted) : repairedEntry(server, entry as Entry<KubeObject>, wanted, repaired);
  if (next === undefined) return;
  try {
    await store.put(key, next, entry?.revision ?? 0);
  } catch (error) {
    // Somebody else writes it at this moment: it is there.
    if (!(error instanceof RevisionMismatch)) throw error;
  }
}

function made(server: ServerContext, wanted: KubeObject): KubeObject {
  const { labels, annotations, ...place } = wanted.metadata;
  const own = { uid: uuid(server.random), creationTimestamp: timestamp(server.clock) };
  return clone({ ...wanted, metadata: { ...place, ...own, labels, annotations } }) as KubeObject;
}

function repairedEntry<T extends KubeObject>(
  server: ServerContext,
  entry: Entry<KubeObject>,
  wanted: T,
  repaired: (found: T, wanted: T) => T | undefined,
): KubeObject | undefined {
  // The key names the kind.
  const found = entry.value() as T;
  if (found.metadata.annotations?.[autoupdate] === 'false') return undefined;
  const next = repaired(found, wanted);
  if (next === undefined) return made(server, wanted);
  const metadata = {
    ...next.metadata,
    labels: { ...wanted.metadata.labels, ...next.metadata.labels },
    annotations: { ...wanted.metadata.annotations, ...next.metadata.annotations },
  };
  const whole = { ...next, metadata };
  return jsonEqual(whole, found) ? undefined : (clone(whole) as KubeObject);
}

function withMissingRules(found: RoleShape, wanted: RoleShape): RoleShape {
  if (wanted.aggregationRule !== undefined) return { ...found, aggregationRule: found.aggregationRule ?? wanted.aggregationRule };
  const missing = missingRules(found.rules ?? [], wanted.rules ?? []);
  return missing.length === 0 ? found : { ...found, rules: [...(found.rules ?? []), ...compacted(missing)] };
}

/** Undefined when it is bound to another role: that never changes, so another binding takes its place. */
function withMissingSubjects(found: BindingShape, wanted: BindingShape): BindingShape | undefined {
  if (!jsonEqual(found.roleRef, wanted.roleRef)) return undefined;
  const has = (subject: Subject): boolean => (found.subjects ?? []).some((own) => jsonEqual(own, subject));
  const missing = (wanted.subjects ?? []).filter((subject) => !has(subject));
  return missing.length === 0 ? found : { ...found, subjects: [...(found.subjects ?? []), ...missing] };
}
