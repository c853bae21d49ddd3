import type { BindingShape, PolicyRule, RoleShape, Subject } from '../../api/access-rules.ts';
import { aggregateAll } from '../../api/aggregated-rules.ts';
import { refOf, type KubeObject, type ObjectRef } from '../../api/object.ts';
import { isRecord, recordsAt, valueAt } from '../../base/json.ts';
import { labelSelectorOf } from './pods.ts';
import type { Side } from './world.ts';

const group = 'rbac.authorization.k8s.io';

/** What one binding gives to one subject. */
export interface Grant {
  readonly subject: Subject;
  /** Where: a namespace, or '' for the whole cluster. */
  readonly scope: string;
  readonly rules: readonly PolicyRule[];
  readonly binding: ObjectRef;
  readonly role: ObjectRef;
}

/** `ServiceAccount shop/web`, `User ann`, `Group system:authenticated` */
export function subjectText({ kind, name, namespace }: Subject): string {
  return kind === 'ServiceAccount' ? `${kind} ${namespace ?? ''}/${name}` : `${kind} ${name}`;
}

/** All that the bindings of one side give. */
export function grantsOf(side: Side): Grant[] {
  const clusterRoles = new Map(aggregateAll(side.ofKind(`${group}/ClusterRole`).map(roleShape)).map((role) => [role.metadata.name, role]));
  const roles = new Map(side.ofKind(`${group}/Role`).map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, roleShape(role)]));
  return [...side.ofKind(`${group}/ClusterRoleBinding`), ...side.ofKind(`${group}/RoleBinding`)].flatMap((object) => {
    const scope = object.metadata.namespace ?? '';
    const ref = valueAt(object, ['roleRef']);
    if (!isRecord(ref)) return [];
    const [kind, name] = [String(ref['kind']), String(ref['name'])];
    const known = kind === 'ClusterRole' ? clusterRoles.get(name) : roles.get(`${scope}/${name}`);
    const role = { group, kind, namespace: kind === 'ClusterRole' ? '' : scope, name };
    const rules = known?.rules ?? unknownRules(kind, name);
    return subjectsOf(object).map((subject) => ({ subject, scope, rules, binding: refOf(object), role }));
  });
}

/** Manifests come from anybody: what is no rule is left out. */
function roleShape(object: KubeObject): RoleShape {
  const rules = recordsAt(object, ['rules']).map((rule): PolicyRule => {
    const optional = ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'].flatMap((field) => {
      const list = texts(rule[field]);
      return list.length === 0 ? [] : [[field, list] as const];
    });
    return { verbs: texts(rule['verbs']), ...Object.fromEntries(optional) };
  });
  const selectors = recordsAt(object, ['aggregationRule', 'clusterRoleSelectors']).map(labelSelectorOf);
  const { aggregationRule: _written, ...rest } = object as RoleShape;
  return { ...rest, rules, ...(selectors.length > 0 ? { aggregationRule: { clusterRoleSelectors: selectors } } : {}) };
}
function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
function subjectsOf(binding: KubeObject): Subject[] {
  const found = recordsAt(binding, ['subjects']) as unknown as NonNullable<BindingShape['subjects']>;
  return found.map(({ kind, name, namespace }) => {
    const home = namespace ?? binding.metadata.namespace;
    return { kind: String(kind), name: String(name), ...(kind === 'ServiceAccount' && home !== undefined ? { namespace: home } : {}) };
  });
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];
/** What the roles of every cluster include, the strongest first. */
const ladder = ['admin', 'edit', 'view'];
/** A role that the repository does not hold stands for itself: as a group that only everything covers. */
function unknownRules(kind: string, name: string): readonly PolicyRule[] {
  if (kind === 'ClusterRole' && name === 'cluster-admin') return everything;
  const at = kind === 'ClusterRole' ? ladder.indexOf(name) : -1;
  const names = at < 0 ? [name] : ladder.slice(at);
  return names.map((each) => ({ verbs: ['*'], apiGroups: [`${rolePrefix}${kind} ${each}`], resources: ['*'] }));
}
const rolePrefix = 'all of ';

/** What a subject may do in a scope, with what it may do everywhere. */
export function rulesIn(grants: readonly Grant[], subject: string, scope: string): PolicyRule[] {
  return grants
    .filter((grant) => subjectText(grant.subject) === subject && (grant.scope === scope || grant.scope === ''))
    .flatMap(({ rules }) => rules);
}

/** Rights over the whole cluster by which a subject can come by any other right. */
const keysToAll: readonly { readonly group: string; readonly resources: readonly string[]; readonly verbs: readonly string[] }[] = [
  { group: '', resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { group: '', resources: ['pods/exec', 'pods/attach', 'serviceaccounts/token', 'nodes/proxy'], verbs: ['create', 'update', 'patch'] },
  {
    group,
    resources: ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'],
    verbs: ['create', 'update', 'patch'],
  },
];
const has = (list: readonly string[] | undefined, wanted: readonly string[]): boolean =>
  (list ?? []).some((each) => each === '*' || wanted.includes(each));

/** Does a rule make a subject as good as an administrator of the cluster? */
export function isRoot({ verbs, apiGroups = [], resources, resourceNames = [] }: PolicyRule, scope: string): boolean {
  if (apiGroups.some((each) => each.startsWith(rolePrefix)) || resourceNames.length > 0) return false;
  if (verbs.some((verb) => ['impersonate', 'escalate', 'bind'].includes(verb))) return true;
  if (scope !== '') return false;
  if (has(verbs, []) && has(resources, []) && has(apiGroups, [])) return true;
  return keysToAll.some((key) => has(apiGroups, [key.group]) && has(resources, key.resources) && has(verbs, key.verbs));
}

/** `get, list secrets`, `do anything with apps/deployments named web`, `get all resources`, `get /metrics`, `all of ClusterRole edit` */
export function ruleWords({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  const what = verbs.includes('*') ? 'do anything with' : verbs.join(', ');
  if (nonResourceURLs.length > 0) return `${what} ${nonResourceURLs.includes('*') ? 'all other paths' : nonResourceURLs.join(', ')}`;
  const [unknown] = apiGroups.filter((each) => each.startsWith(rolePrefix));
  if (unknown !== undefined) return unknown;
  const names = resources.flatMap((resource) => apiGroups.map((group) => resourceWords(group, resource)));
  return `${what} ${names.join(', ')}${resourceNames.length === 0 ? '' : ` named ${resourceNames.join(', ')}`}`;
}
function resourceWords(apiGroup: string, resource: string): string {
  if (resource !== '*') return apiGroup === '' ? resource : `${apiGroup}/${resource}`;
  return apiGroup === '*' ? 'all resources' : `all resources of ${apiGroup === '' ? 'the core group' : apiGroup}`;
}
