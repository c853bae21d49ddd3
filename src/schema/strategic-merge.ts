import { isRecord, setOwn } from '../base/json.ts';
import { itemSchema, memberSchema } from './granularity.ts';
import type { Schema } from './schema.ts';
import { badPatchType, elementType, refused, textOfType, textOfValue } from './strategic-errors.ts';
import { inOrder, mergeItems, type ListRule } from './strategic-lists.ts';

export const strategicMergeType = 'application/strategic-merge-patch+json';

type Fields = Readonly<Record<string, unknown>>;
type Out = Record<string, unknown>;

const setOrder = '$setElementOrder/';
const deleteFrom = '$deleteFromPrimitiveList/';
const retainKeys = '$retainKeys';

/**
 * The object after a strategic merge patch (apimachinery, strategicpatch): members merge, null removes, lists with a patch strategy
 * of merge join by their merge key or by value, and the directives `$patch`, `$retainKeys`, `$setElementOrder/<list>` and
 * `$deleteFromPrimitiveList/<list>` do what they say. Nothing that is handed in is changed; the result shares parts with both.
 * @throws StatusError BadRequest for a patch that does not fit the schema or itself
 */
export function strategicMerge(schema: Schema, object: unknown, patch: Fields): Fields {
  return mergeMap(schema, isRecord(object) ? object : {}, patch);
}

function mergeMap(schema: Schema, original: Fields, patch: Fields): Fields {
  if (Object.hasOwn(patch, '$patch')) return replacedMap(patch);
  const out = retained(original, patch);
  const done = mergeOrdered(schema, out, patch);
  for (const key of Object.keys(patch)) {
    if (key === retainKeys || key.startsWith(setOrder) || done.has(key)) continue;
    const deleting = key.startsWith(deleteFrom);
    mergeMember(schema, out, { name: deleting ? key.slice(deleteFrom.length) : key, value: patch[key], deleting });
  }
  return out;
}

/** `$patch: replace` takes the patch as it is, `$patch: delete` leaves nothing. */
function replacedMap(patch: Fields): Fields {
  const { $patch: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw badPatchType(directive, patch);
}

/** A copy of the original, with only the members that `$retainKeys` names where the patch has one. */
function retained(original: Fields, patch: Fields): Out {
  const keys = patch[retainKeys];
  if (!Object.hasOwn(patch, retainKeys)) return copied(original);
  if (!Array.isArray(keys)) throw refused('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    const free = key === retainKeys || patch[key] === null || key.startsWith(deleteFrom) || key.startsWith(setOrder);
    if (!free && !kept.has(key)) throw refused('invalid patch format of retainKeys');
  }
  return copied(original, kept);
}
function copied(map: Fields, kept?: ReadonlySet<unknown>): Out {
  const out: Out = {};
  for (const key of Object.keys(map)) if (kept === undefined || kept.has(key)) setOwn(out, key, map[key]);
  return out;
}

interface Change {
  readonly name: string;
  readonly value: unknown;
  /** The value lists what shall go from a list of scalars. */
  readonly deleting: boolean;
}
function mergeMember(schema: Schema, out: Out, { name, value, deleting }: Change): void {
  if (value === null) {
    delete out[name];
    return;
  }
  const old = Object.hasOwn(out, name) ? out[name] : undefined;
  const below = memberSchema(schema, name);
  if (isRecord(old) && isRecord(value)) {
    setOwn(out, name, strategyOf(below) === 'replace' ? value : mergeMap(below, old, value));
  } else if (Array.isArray(old) && Array.isArray(value)) {
    setOwn(out, name, strategyOf(below) === 'merge' ? mergeItems(ruleOf(below), { old, patch: value, deleting }) : value);
  } else if (!deleting) place(out, name, value);
}

/** What comes new comes without nulls, and without what a directive is about. */
function place(out: Out, name: string, value: unknown): void {
  const bare = withoutDirectives(value);
  if (bare === undefined) delete out[name];
  else setOwn(out, name, bare);
}
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, '$patch')) return undefined;
  const out: Out = {};
  for (const key of Object.keys(value)) {
    const kept = value[key] === null ? undefined : withoutDirectives(value[key]);
    if (kept !== undefined) setOwn(out, key, kept);
  }
  return out;
}

function strategyOf({ patchStrategy = [] }: Schema): string {
  return patchStrategy.find((strategy) => strategy !== 'retainKeys') ?? '';
}
function ruleOf(list: Schema): ListRule {
  const items = itemSchema(list);
  return {
    mergeKey: list.patchMergeKey ?? '',
    mergeItem: (old, patch) => mergeMap(items, old, patch),
    bare: (value) => withoutDirectives(value) as Fields | undefined,
  };
}

/** Merges the lists whose order the patch sets; answers the patch's members that are done by it. */
function mergeOrdered(schema: Schema, out: Out, patch: Fields): ReadonlySet<string> {
  const done = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(setOrder)) continue;
    const name = key.slice(setOrder.length);
    const order = listOf(patch[key]) ?? [];
    const old = Object.hasOwn(out, name) ? listOf(out[name]) : undefined;
    const change = Object.hasOwn(patch, name) ? listOf(patch[name]) : undefined;
    const list = memberSchema(schema, name);
    const rule = ruleOf(list);
    requireOrder(change ?? [], order, rule.mergeKey);
    if (old === undefined && change === undefined) continue;
    setOwn(out, name, inOrder(rule, { old: old ?? [], merged: merged(list, { rule, old, change }), order }));
    done.add(name);
  }
  return done;
}
function merged(
  list: Schema,
  of: { rule: ListRule; old: readonly unknown[] | undefined; change: readonly unknown[] | undefined },
): readonly unknown[] {
  const { rule, old, change } = of;
  if (change === undefined) return old ?? [];
  if (old === undefined) return withoutDirectives(change) as readonly unknown[];
  return strategyOf(list) === 'merge' ? mergeItems(rule, { old, patch: change, deleting: false }) : change;
}
function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw refused(`expected a []interface {}, but received a ${textOfType(value)}`);
}

/** The items of a patch must come in the order that it sets itself, and each must be there. */
function requireOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  elementType([patch, order]);
  const keyOf = (item: unknown): unknown => (mergeKey === '' ? item : isRecord(item) ? item[mergeKey] : undefined);
  const left = patch.filter((item) => !(isRecord(item) && Object.hasOwn(item, '$patch')));
  let next = 0;
  for (const item of order) if (next < left.length && keyOf(left[next]) === keyOf(item)) next++;
  if (next < left.length) throw refused(orderText(patch, order));
}
function orderText(patch: readonly unknown[], order: readonly unknown[]): string {
  return `The order in patch list:\n${textOfValue(patch)}\n doesn't match $setElementOrder list:\n${textOfValue(order)}\n`;
}
