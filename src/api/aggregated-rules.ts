import { selects } from './selector.ts';
import { jsonEqual } from '../base/json.ts';
import type { PolicyRule, RoleShape } from './access-rules.ts';

/** The rules that an aggregated ClusterRole gathers: those of all others that its selectors name, by name, none twice. */
export function aggregatedRules(role: Readonly<RoleShape>, all: readonly Readonly<RoleShape>[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const chosen = all.filter(({ metadata }) => metadata.name !== role.metadata.name && selects(selector, metadata.labels));
    chosen.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const rule of chosen.flatMap((one) => one.rules ?? [])) if (!rules.some((known) => jsonEqual(known, rule))) rules.push(rule);
  }
  return rules;
}

/** Gives every aggregated role among them its rules; roles may gather from roles that gather. */
export function aggregateAll(roles: readonly Readonly<RoleShape>[]): Readonly<RoleShape>[] {
  let current = [...roles];
  // A chain is no longer than the list.
  for (let step = 0; step < roles.length; step++) {
    const next = current.map((role) => {
      if (role.aggregationRule === undefined) return role;
      const rules = aggregatedRules(role, current);
      return jsonEqual(rules, role.rules ?? []) ? role : { ...role, rules };
    });
    if (next.every((role, index) => role === current[index])) return current;
    current = next;
  }
  return current;
}
