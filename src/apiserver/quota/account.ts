import type { KubeObject } from '../../api/object.ts';
import type { Quantity } from '../../api/quantity.ts';
import { addTo, amountsOf, raiseTo, textsOf, type Amounts } from '../amounts.ts';
import { countedBy, type Counted, type ScopeFacts, type Usage } from './usage.ts';

/** A ResourceQuota (core/v1), as far as it is counted. */
export interface QuotaShape extends KubeObject {
  readonly spec?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
  readonly status?: { readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>> };
}
interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

const nothing: Amounts = Object.freeze({});

/** What the objects of a namespace take of one quota. */
export class QuotaAccount {
  readonly quota: Readonly<QuotaShape>;
  readonly hard: Amounts;
  readonly #scopes: readonly ScopeRequirement[];
  readonly #totals: Record<string, Quantity> = {};
  readonly #byUid = new Map<string, Amounts>();

  constructor(quota: Readonly<QuotaShape>) {
    this.quota = quota;
    this.hard = amountsOf(quota.spec?.hard);
    const plain = (quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
    this.#scopes = [...plain, ...(quota.spec?.scopeSelector?.matchExpressions ?? [])];
  }

  /** The resources whose objects it counts. */
  counted(): readonly Counted[] {
    return Object.keys(this.hard)
      .map(countedBy)
      .filter((counted) => counted !== undefined);
  }

  /** What an object takes of this quota; all at once it is the largest of what it has been and may become. */
  share(usages: Iterable<Usage>): Amounts {
    let share: Record<string, Quantity> | undefined;
    for (const usage of usages) {
      if (!this.matches(usage.scopes)) continue;
      for (const name in this.hard) {
        const amount = usage.amounts[name];
        if (amount !== undefined) raiseTo((share ??= {}), { [name]: amount });
      }
    }
    return share ?? nothing;
  }

  /** Answers whether that has changed anything. */
  set(uid: string, share: Amounts): boolean {
    const before = this.#byUid.get(uid) ?? nothing;
    if (sameAmounts(before, share)) return false;
    addTo(this.#totals, before, -1n);
    addTo(this.#totals, share);
    if (Object.keys(share).length === 0) this.#byUid.delete(uid);
    else this.#byUid.set(uid, share);
    return true;
  }

  /** Why an object may not take `share`; undefined when it may. */
  refusal(uid: string, share: Amounts): string | undefined {
    const before = this.#byUid.get(uid) ?? nothing;
    const asked: Record<string, Quantity> = {};
    for (const name in share) {
      const amount = share[name] as Quantity;
      const more = amount.nano - (before[name]?.nano ?? 0n);
      if (more > 0n && this.used(name).nano + more > (this.hard[name] as Quantity).nano) asked[name] = { ...amount, nano: more };
    }
    const names = Object.keys(asked);
    if (names.length === 0) return undefined;
    const listed = (amounts: Amounts) =>
      Object.entries(textsOf(amounts))
        .map(([name, text]) => `${name}=${text}`)
        .join(',');
    const used = Object.fromEntries(names.map((name) => [name, this.used(name)]));
    const limited = Object.fromEntries(names.map((name) => [name, this.hard[name] as Quantity]));
    return `exceeded quota: ${this.quota.metadata.name}, requested: ${listed(asked)}, used: ${listed(used)}, limited: ${listed(limited)}`;
  }

  /** As the quota's status says it. */
  status(): { readonly hard: Record<string, string>; readonly used: Record<string, string> } {
    const used = Object.fromEntries(Object.keys(this.hard).map((name) => [name, this.used(name)]));
    return { hard: { ...this.quota.spec?.hard }, used: textsOf(used) };
  }

  used(name: string): Quantity {
    return this.#totals[name] ?? { nano: 0n, notation: 'decimal' };
  }

  matches(facts: ScopeFacts | undefined): boolean {
    return this.#scopes.every((scope) => facts !== undefined && inScope(scope, facts));
  }
}

function inScope({ scopeName, operator, values = [] }: ScopeRequirement, facts: ScopeFacts): boolean {
  switch (scopeName) {
    case 'Terminating':
      return facts.terminating === true;
    case 'NotTerminating':
      return facts.terminating === false;
    case 'BestEffort':
      return facts.bestEffort === true;
    case 'NotBestEffort':
      return facts.bestEffort === false;
    case 'CrossNamespacePodAffinity':
      return facts.crossNamespaceAffinity === true;
    case 'PriorityClass':
      return facts.priorityClass !== undefined && selects(operator, values, facts.priorityClass === '' ? [] : [facts.priorityClass]);
    case 'VolumeAttributesClass':
      return facts.volumeAttributesClasses !== undefined && selects(operator, values, facts.volumeAttributesClasses);
    default:
      return false;
  }
}

function selects(operator: string, values: readonly string[], found: readonly string[]): boolean {
  if (operator === 'Exists') return found.length > 0;
  if (operator === 'DoesNotExist') return found.length === 0;
  if (operator === 'In') return found.some((name) => values.includes(name));
  return operator === 'NotIn' && !found.some((name) => values.includes(name));
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  for (const name in a) if (a[name]?.nano !== b[name]?.nano) return false;
  for (const name in b) if (a[name] === undefined) return false;
  return true;
}
