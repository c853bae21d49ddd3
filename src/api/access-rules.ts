import type { KubeObject } from './object.ts';
import type { LabelSelector } from './selector.ts';

/** What somebody may do (rbac.authorization.k8s.io/v1, PolicyRule); `*` is everything. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/status`, `* / status` without the blanks, `*` with all subresources. */
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  /** `/metrics`, `/healthz/*`. */
  readonly nonResourceURLs?: readonly string[];
}
export interface RoleShape extends KubeObject {
  rules?: readonly PolicyRule[];
  aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}
export interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
}
export interface RoleRef {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}
export interface BindingShape extends KubeObject {
  subjects?: readonly Subject[];
  roleRef: RoleRef;
}

/** Which of `wanted` the `held` rules do not give, each as a rule of one group, resource, name and verb (component-helpers v1.35, rbac/validation Covers). */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(parts).filter((part) => !held.some((rule) => covers(rule, part)));
}

function parts(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const single: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) single.push(part);
        else for (const name of resourceNames) single.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) single.push({ nonResourceURLs: [url], verbs: [verb] });
  return single;
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs[0])) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((own) => own === url || coversPath(own, url));
  return coversName(rule, part.resourceNames?.[0]) && has(rule.apiGroups ?? [], part.apiGroups?.[0]) && coversResource(rule, part);
}

function coversName({ resourceNames = [] }: PolicyRule, name: string | undefined): boolean {
  return resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
}

const has = (list: readonly string[], wanted: string | undefined): boolean => list.includes('*') || list.includes(wanted ?? '');

function coversResource({ resources: own = [] }: PolicyRule, part: PolicyRule): boolean {
  const wanted = part.resources?.[0] ?? '';
  const slash = wanted.indexOf('/');
  return has(own, wanted) || (slash >= 0 && own.includes(`*${wanted.slice(slash)}`));
}

/** `/healthz/*` covers everything that begins with `/healthz/`. */
export function coversPath(own: string, path: string): boolean {
  return own === '*' || own === path || (own.endsWith('*') && path.startsWith(own.replace(/\*+$/, '')));
}

/** Rules of one group, resource and name become one with all their verbs. */
export function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const byPlace = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs: _verbs, ...place } = rule;
    const key = JSON.stringify(rule.nonResourceURLs === undefined ? place : rule);
    const known = byPlace.get(key);
    if (known === undefined) byPlace.set(key, rule);
    else byPlace.set(key, { ...known, verbs: [...new Set([...known.verbs, ...rule.verbs])] });
  }
  return [...byPlace.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function ruleText(rule: PolicyRule): string {
  const named: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const said = named.flatMap(([name, list]) => (list === undefined || list.length === 0 ? [] : [`${name}:${listText(list)}`]));
  return `{${said.join(', ')}}`;
}
/** As Go prints a list of strings: `["a" "b"]`. */
export function listText(list: readonly string[]): string {
  return `[${list.map((text) => JSON.stringify(text)).join(' ')}]`;
}
