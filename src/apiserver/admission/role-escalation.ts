import { notFound } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { masters } from '../rbac/authorizer.ts';
import { compacted, listText, missingRules, ruleText, type BindingShape, type PolicyRule, type RoleShape } from '../../api/access-rules.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { refused } from './refusal.ts';

const group = 'rbac.authorization.k8s.io';
const roles: ReadonlySet<string> = new Set(['roles', 'clusterroles']);
const bindings: ReadonlySet<string> = new Set(['rolebindings', 'clusterrolebindings']);
const everything: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/** Nobody gives rights that he does not have, unless he may `escalate` the role or `bind` to it (kubernetes v1.35, registry/rbac policybased). */
export const roleEscalation: AdmissionPlugin = {
  name: 'RoleEscalation',
  mutate: (attempt) => {
    const { kind } = attempt.call.kind;
    if (kind.group !== group || attempt.operation === 'delete' || attempt.call.user.groups.includes(masters)) return undefined;
    if (roles.has(kind.plural)) return checkRole(attempt);
    return bindings.has(kind.plural) ? checkBinding(attempt) : undefined;
  },
};

async function checkRole(attempt: Attempt): Promise<void> {
  const [role, old] = [attempt.object as RoleShape, attempt.old as RoleShape | undefined];
  const { plural } = attempt.call.kind.kind;
  const { namespace = '', name } = role.metadata;
  const same = old !== undefined && jsonEqual(role.rules, old.rules) && jsonEqual(role.aggregationRule, old.aggregationRule);
  if (same || (await mayDo(attempt, { verb: 'escalate', resource: plural, namespace, name }))) return;
  if (role.aggregationRule !== undefined || old?.aggregationRule !== undefined) {
    const why = 'must have cluster-admin privileges to use an aggregationRule';
    if (lacking(attempt, everything, '') !== undefined) throw refused(attempt, why);
  }
  const why = lacking(attempt, role.rules ?? [], namespace);
  if (why !== undefined) throw refused(attempt, why);
}

async function checkBinding(attempt: Attempt): Promise<void> {
  const [binding, old] = [attempt.object as BindingShape, attempt.old as BindingShape | undefined];
  const { roleRef } = binding;
  const { namespace = '' } = binding.metadata;
  if (old !== undefined && jsonEqual(binding.roleRef, old.roleRef) && jsonEqual(binding.subjects, old.subjects)) return;
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (await mayDo(attempt, { verb: 'bind', resource, namespace, name: roleRef.name })) return;
  const rules = attempt.call.server.rbac.rulesOf(roleRef, namespace);
  if (rules === undefined) throw notFound({ group, plural: resource }, roleRef.name);
  const why = lacking(attempt, rules, namespace);
  if (why !== undefined) throw refused(attempt, why);
}

interface Wish {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}
async function mayDo({ call }: Attempt, wish: Wish): Promise<boolean> {
  const asked = { ...wish, isResource: true, path: '', group, version: '*', subresource: '', fieldSelector: '' };
  return (await call.server.authorize(call.user, asked)).allowed;
}

/** Which rights the caller would give without having them, in upstream's words. */
function lacking({ call }: Attempt, rules: readonly PolicyRule[], namespace: string): string | undefined {
  const { user, server } = call;
  const missing = compacted(missingRules(server.rbac.rulesFor(user, namespace), rules));
  if (missing.length === 0) return undefined;
  const texts = [...new Set(missing.map(ruleText))].sort();
  const who = `user ${JSON.stringify(user.name)} (groups=${listText(user.groups)})`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}`;
}
