import { canonicalQuantity, isQuantity } from '../api/quantity.ts';
import { dateAt, parseTime } from '../base/clock.ts';
import { isRecord, setOwn } from '../base/json.ts';
import type { Schema } from './schema.ts';

/**
 * Rewrites values that have several spellings to the one that a server answers: quantities (`1000m` is `1`), times (UTC,
 * whole seconds or six digits). Values that are wrong stay for validation, and custom resources stay as they are written.
 * `value` is not changed; what needs nothing is shared with it.
 */
export function normalise<T>(schema: Schema, value: T): T {
  const plan = planOf(schema);
  return plan === undefined ? value : (apply(plan, value) as T);
}

type Rewrite = (value: unknown) => unknown;
const rewrites: Readonly<Record<string, Rewrite>> = {
  quantity: (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return value;
    return isQuantity(value) ? canonicalQuantity(value) : value;
  },
  'date-time': (value) => (typeof value === 'string' ? canonicalTime(value, 0) : value),
  'micro-time': (value) => (typeof value === 'string' ? canonicalTime(value, 6) : value),
};

export const timePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d+))?(?:[Zz]|[+-]\d\d:\d\d)$/;
const plainTime = { 0: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 6: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/ };
/** The same instant in UTC with so many digits of a second; what is no RFC 3339 time is answered as it is. */
function canonicalTime(text: string, digits: 0 | 6): string {
  if (plainTime[digits].test(text)) return text;
  const match = timePattern.exec(text);
  const ms = match === null ? undefined : parseTime(text.toUpperCase());
  if (ms === undefined) return text;
  const second = dateAt(ms).toISOString().slice(0, 19);
  return digits === 0 ? `${second}Z` : `${second}.${(match?.[1] ?? '').slice(0, digits).padEnd(digits, '0')}Z`;
}

/** The parts of a schema below which there is something to rewrite. */
interface Plan {
  readonly rewrite: Rewrite | undefined;
  readonly fields: Map<string, Plan>;
  items?: Plan | undefined;
  additional?: Plan | undefined;
  readonly named: Schema['properties'];
}

const plans = new WeakMap<Schema, { readonly plan: Plan | undefined }>();
function planOf(schema: Schema): Plan | undefined {
  const known = plans.get(schema);
  if (known !== undefined) return known.plan;
  const plan = build(schema, new Map());
  plans.set(schema, { plan });
  return plan;
}

function build(schema: Schema, made: Map<Schema, Plan>): Plan | undefined {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const rewrite = schema.custom === true || schema.format === undefined ? undefined : rewrites[schema.format];
  const plan: Plan = { rewrite, fields: new Map(), named: schema.properties };
  made.set(schema, plan);
  for (const [name, child] of schema.properties) {
    const below = build(child, made);
    if (below !== undefined) plan.fields.set(name, below);
  }
  if (schema.items !== undefined) plan.items = build(schema.items, made);
  if (schema.additional !== undefined) plan.additional = build(schema.additional, made);
  const empty = rewrite === undefined && plan.fields.size === 0 && plan.items === undefined && plan.additional === undefined;
  // An empty plan stays in `made` only for the cycle that is being built; elsewhere it is left out.
  if (empty) made.delete(schema);
  return empty ? undefined : plan;
}

function apply(plan: Plan, value: unknown): unknown {
  if (plan.rewrite !== undefined) return plan.rewrite(value);
  if (Array.isArray(value)) return plan.items === undefined ? value : applyToList(plan.items, value);
  return isRecord(value) ? applyToMap(plan, value) : value;
}

function applyToList(plan: Plan, list: readonly unknown[]): readonly unknown[] {
  let out: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const written = apply(plan, list[index]);
    if (written === list[index]) continue;
    out ??= [...list];
    out[index] = written;
  }
  return out ?? list;
}

function applyToMap(plan: Plan, map: Record<string, unknown>): Record<string, unknown> {
  let out = map;
  for (const key in map) {
    const below = plan.fields.get(key) ?? (plan.additional === undefined || plan.named.has(key) ? undefined : plan.additional);
    if (below === undefined) continue;
    const written = apply(below, map[key]);
    if (written === map[key]) continue;
    if (out === map) out = { ...map };
    setOwn(out, key, written);
  }
  return out;
}
