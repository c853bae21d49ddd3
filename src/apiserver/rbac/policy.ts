import type { Asked, Decision } from '../authorization.ts';
import type { User } from '../context.ts';
import { RuleIndex } from './rule-index.ts';
import type { BindingShape, PolicyRule, RoleRef, RoleShape, Subject } from '../../api/access-rules.ts';

interface Binding {
  /** '' for the whole cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly roleRef: RoleRef;
  readonly subjects: readonly { readonly key: string; readonly text: string }[];
}

/** `ns/name` of a Role, `/name` of a ClusterRole. */
function roleKey({ kind, name }: RoleRef, namespace: string): string {
  return kind === 'ClusterRole' ? `/${name}` : `${namespace}/${name}`;
}

/**
 * Who may do what, as roles and bindings say, kept as they change. A check looks at the tables of the caller's name and groups, made
 * when they are first asked for; a change throws away those of the subjects that it is about.
 */
export class RbacPolicy {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #bindings = new Map<string, Binding>();
  /** By subject, then namespace. */
  readonly #bySubject = new Map<string, Map<string, Set<Binding>>>();
  readonly #byRole = new Map<string, Set<Binding>>();
  readonly #indexes = new Map<string, Map<string, RuleIndex>>();

  /** A Role or ClusterRole; without rules when it is gone. */
  setRole(namespace: string, name: string, role: Readonly<RoleShape> | undefined): void {
    const key = `${namespace}/${name}`;
    if (role === undefined) this.#roles.delete(key);
    else this.#roles.set(key, role.rules ?? []);
    for (const binding of this.#byRole.get(key) ?? []) this.#forget(binding);
  }

  /** A RoleBinding or ClusterRoleBinding, or that it is gone. */
  setBinding(namespace: string, name: string, object: Readonly<BindingShape> | undefined): void {
    const key = `${namespace}/${name}`;
    const before = this.#bindings.get(key);
    if (before !== undefined) this.#unlink(key, before);
    if (object === undefined) return;
    const { roleRef, subjects = [] } = object;
    const binding = { namespace, name, roleRef, subjects: subjects.flatMap((subject) => subjectOf(subject, namespace)) };
    this.#bindings.set(key, binding);
    madeSet(this.#byRole, roleKey(roleRef, namespace)).add(binding);
    for (const subject of binding.subjects) {
      let byNamespace = this.#bySubject.get(subject.key);
      if (byNamespace === undefined) this.#bySubject.set(subject.key, (byNamespace = new Map()));
      madeSet(byNamespace, namespace).add(binding);
    }
    this.#forget(binding);
  }

  /** May the user do this? The reason is upstream's. */
  authorize(user: User, asked: Asked): Decision {
    const missing: string[] = [];
    for (const namespace of scopesOf(asked.isResource ? asked.namespace : '')) {
      for (const subject of subjectsOf(user)) {
        const index = this.#index(subject, namespace);
        const source = index?.find(asked);
        if (source !== undefined) return { allowed: true, reason: `RBAC: allowed by ${source}` };
        if (index !== undefined && index.missing.length > 0) missing.push(...index.missing);
      }
    }
    const texts = [...new Set(missing)];
    const reason = texts.length === 0 ? '' : `RBAC: ${texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`}`;
    return { allowed: false, reason };
  }

  /** Every rule that the user has in the namespace; '' for those of the whole cluster alone. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    const rules: PolicyRule[] = [];
    const seen = new Set<Binding>();
    for (const scope of scopesOf(namespace)) {
      for (const subject of subjectsOf(user)) {
        for (const binding of this.#bySubject.get(subject)?.get(scope) ?? []) {
          if (seen.has(binding)) continue;
          seen.add(binding);
          rules.push(...(this.rulesOf(binding.roleRef, scope) ?? []));
        }
      }
    }
    return rules;
  }

  /** Undefined when there is no such role. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(ref, namespace));
  }

  #unlink(key: string, binding: Binding): void {
    this.#bindings.delete(key);
    this.#byRole.get(roleKey(binding.roleRef, binding.namespace))?.delete(binding);
    for (const subject of binding.subjects) this.#bySubject.get(subject.key)?.get(binding.namespace)?.delete(binding);
    this.#forget(binding);
  }

  #forget(binding: Binding): void {
    for (const { key } of binding.subjects) this.#indexes.get(key)?.delete(binding.namespace);
  }

  #index(subject: string, namespace: string): RuleIndex | undefined {
    const bindings = this.#bySubject.get(subject)?.get(namespace);
    if (bindings === undefined || bindings.size === 0) return undefined;
    let indexes = this.#indexes.get(subject);
    if (indexes === undefined) this.#indexes.set(subject, (indexes = new Map()));
    let index = indexes.get(namespace);
    if (index === undefined) indexes.set(namespace, (index = this.#indexOf(bindings, subject)));
    return index;
  }

  #indexOf(bindings: ReadonlySet<Binding>, subject: string): RuleIndex {
    const index = new RuleIndex();
    for (const binding of bindings) {
      const { roleRef, namespace, name, subjects } = binding;
      const rules = this.rulesOf(roleRef, namespace);
      if (rules === undefined) {
        index.missing.push(`${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`);
        continue;
      }
      const what =
        namespace === '' ? `ClusterRoleBinding ${JSON.stringify(name)}` : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
      const to = subjects.find(({ key }) => key === subject)?.text ?? '';
      for (const rule of rules) index.add(rule, `${what} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${to}`);
    }
    return index;
  }
}

const scopesOf = (namespace: string): readonly string[] => (namespace === '' ? [''] : ['', namespace]);

function* subjectsOf(user: User): Generator<string> {
  yield `u:${user.name}`;
  for (const group of user.groups) yield `g:${group}`;
}

function subjectOf(subject: Subject, namespace: string): Binding['subjects'] {
  const { kind, name } = subject;
  const text = `${kind} ${JSON.stringify(name)}`;
  if (kind === 'User') return [{ key: `u:${name}`, text }];
  if (kind === 'Group') return [{ key: `g:${name}`, text }];
  if (kind !== 'ServiceAccount') return [];
  const place = subject.namespace ?? namespace;
  if (place === '') return [];
  return [{ key: `u:system:serviceaccount:${place}:${name}`, text: `${kind} ${JSON.stringify(`${name}/${place}`)}` }];
}

function madeSet<K>(map: Map<K, Set<Binding>>, key: K): Set<Binding> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}
