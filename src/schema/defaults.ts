import { clone, isRecord, setOwn } from '../base/json.ts';
import type { Schema } from './schema.ts';

/**
 * Structural defaulting, as apiextensions-apiserver: a default applies where its parent is present or was itself defaulted,
 * and in place of a null that the field may not have. `value` is not changed; what needs no default is shared with it.
 */
export function withDefaults<T>(schema: Schema, value: T): T {
  const plan = planOf(schema);
  return plan === undefined ? value : (apply(plan, value) as T);
}

/** The parts of a schema below which defaults stand; all else is never walked. */
interface Plan {
  readonly fields: readonly Field[];
  items?: Slot | undefined;
  additional?: Slot | undefined;
  /** Fields that `additional` does not cover. */
  readonly named: Schema['properties'];
}
interface Slot {
  /** Undefined when the field has no default. */
  readonly value: unknown;
  readonly nullable: boolean;
  readonly below: Plan | undefined;
}
interface Field extends Slot {
  readonly name: string;
}

const plans = new WeakMap<Schema, Plan | { readonly none: true }>();
function planOf(schema: Schema): Plan | undefined {
  const known = plans.get(schema);
  if (known !== undefined) return 'none' in known ? undefined : known;
  const made = new Map<Schema, Plan>();
  const plan = reaches(schema, new Map()) ? build(schema, made) : undefined;
  plans.set(schema, plan ?? { none: true });
  return plan;
}

/** Does a default stand anywhere below? A cycle adds nothing to the answer of its start. */
function reaches(schema: Schema, seen: Map<Schema, boolean>): boolean {
  const known = seen.get(schema);
  if (known !== undefined) return known;
  seen.set(schema, false);
  const found = childrenOf(schema).some((child) => child.default !== undefined || reaches(child, seen));
  if (found) seen.set(schema, true);
  return found;
}
function childrenOf(schema: Schema): Schema[] {
  const children = [...schema.properties.values()];
  if (schema.items !== undefined) children.push(schema.items);
  if (schema.additional !== undefined) children.push(schema.additional);
  return children;
}

function build(schema: Schema, made: Map<Schema, Plan>): Plan {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const fields: Field[] = [];
  const plan: Plan = { fields, named: schema.properties };
  made.set(schema, plan);
  for (const [name, child] of schema.properties) {
    const slot = slotOf(child, made);
    if (slot !== undefined) fields.push({ name, ...slot });
  }
  if (schema.items !== undefined) plan.items = slotOf(schema.items, made);
  if (schema.additional !== undefined) plan.additional = slotOf(schema.additional, made);
  return plan;
}
function slotOf(schema: Schema, made: Map<Schema, Plan>): Slot | undefined {
  const below = reaches(schema, new Map()) ? build(schema, made) : undefined;
  if (below === undefined && schema.default === undefined) return undefined;
  return { value: schema.default, nullable: schema.nullable === true, below };
}

function apply(plan: Plan, value: unknown): unknown {
  if (Array.isArray(value)) return plan.items === undefined ? value : applyToList(plan.items, value);
  if (!isRecord(value)) return value;
  let out = value;
  for (const field of plan.fields) {
    const old = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    const filled = fill(field, old);
    if (filled === old) continue;
    if (out === value) out = { ...value };
    out[field.name] = filled;
  }
  return plan.additional === undefined ? out : applyToMap(plan, plan.additional, out);
}

function fill(slot: Slot, old: unknown): unknown {
  const absent = old === undefined || (old === null && !slot.nullable);
  if (absent) {
    if (slot.value === undefined) return old;
    const value = clone(slot.value);
    return slot.below === undefined ? value : apply(slot.below, value);
  }
  return slot.below === undefined ? old : apply(slot.below, old);
}

function applyToList(slot: Slot, list: readonly unknown[]): readonly unknown[] {
  let out: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const filled = fill(slot, list[index]);
    if (filled === list[index]) continue;
    out ??= [...list];
    out[index] = filled;
  }
  return out ?? list;
}

function applyToMap(plan: Plan, slot: Slot, map: Record<string, unknown>): Record<string, unknown> {
  let out: Record<string, unknown> | undefined;
  for (const key of Object.keys(map)) {
    if (plan.named.has(key)) continue;
    const filled = fill(slot, map[key]);
    if (filled === map[key]) continue;
    out ??= { ...map };
    setOwn(out, key, filled);
  }
  return out ?? map;
}
