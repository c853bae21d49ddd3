import { isRecord } from '../base/json.ts';
import { badPatchType, elementType, noMergeKey, refused } from './strategic-errors.ts';

type Fields = Readonly<Record<string, unknown>>;
type List = readonly unknown[];

/** How the items of one list are told apart and merged. */
export interface ListRule {
  /** The member that names an item; '' where items are scalars. */
  readonly mergeKey: string;
  mergeItem(old: Fields, patch: Fields): Fields;
  /** A new item as it comes into the list; undefined when nothing is left of it. */
  bare(item: unknown): Fields | undefined;
}

/** One list merged with its part of the patch. @throws StatusError BadRequest */
export function mergeItems(rule: ListRule, { old, patch, deleting }: { old: List; patch: List; deleting: boolean }): List {
  const type = elementType([old, patch]);
  if (type === undefined) return old;
  if (type !== 'map[string]interface {}') {
    if (deleting) return old.filter((item) => !patch.includes(item));
    return inOrder({ ...rule, mergeKey: '' }, { old, merged: [...new Set([...old, ...patch])], order: patch });
  }
  if (rule.mergeKey === '') throw refused('cannot merge lists without merge key for type map');
  const { left, changes } = heedDirectives(rule, old as readonly Fields[], patch as readonly Fields[]);
  return inOrder(rule, { old: left, merged: mergeMaps(rule, left, changes), order: changes });
}

/** What is left of the live items, and the items of the patch that are no directives. */
function heedDirectives({ mergeKey }: ListRule, old: readonly Fields[], patch: readonly Fields[]) {
  const changes: Fields[] = [];
  let left = old;
  let replace = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, '$patch')) changes.push(item);
    else if (item['$patch'] === 'replace') replace = true;
    else if (item['$patch'] === 'delete') {
      if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
      left = left.filter((one) => one[mergeKey] !== item[mergeKey]);
    } else if (item['$patch'] === 'merge') throw refused('merging lists cannot yet be specified in the patch');
    else throw badPatchType(item['$patch'], item);
  }
  return replace ? { left: changes, changes: [] } : { left, changes };
}

function mergeMaps(rule: ListRule, old: readonly Fields[], changes: readonly Fields[]): readonly Fields[] {
  const { mergeKey } = rule;
  const out = [...old];
  for (const item of changes) {
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const at = out.findIndex((one) => Object.hasOwn(one, mergeKey) && one[mergeKey] === item[mergeKey]);
    const next = at < 0 ? rule.bare(item) : rule.mergeItem(out[at] as Fields, item);
    if (next === undefined) continue;
    if (at < 0) out.push(next);
    else out[at] = next;
  }
  return out;
}

/**
 * The merged items with those that `order` names in its order, and all others where they stood in the old list, as near as
 * both orders let them.
 */
export function inOrder({ mergeKey }: ListRule, { old, merged, order }: { old: List; merged: List; order: List }): List {
  const keyOf = (item: unknown): unknown => {
    if (mergeKey === '') return item;
    if (isRecord(item) && Object.hasOwn(item, mergeKey)) return item[mergeKey];
    throw noMergeKey(item, mergeKey);
  };
  const places = (list: List) => new Map(list.map((item, index) => [keyOf(item), index] as const).reverse());
  const [wanted, lived] = [places(order), places(old)];
  const byPlace = (list: List, at: ReadonlyMap<unknown, number>) =>
    list.map((item) => ({ item, place: at.get(keyOf(item)) ?? list.length })).sort((a, b) => a.place - b.place);
  const ordered = byPlace(
    merged.filter((item) => wanted.has(keyOf(item))),
    wanted,
  ).map(({ item }) => item);
  const others = byPlace(
    merged.filter((item) => !wanted.has(keyOf(item))),
    lived,
  ).map(({ item }) => item);
  const out: unknown[] = [];
  let next = 0;
  for (const item of ordered) {
    const place = lived.get(keyOf(item));
    const isBefore = (other: unknown) => place !== undefined && (lived.get(keyOf(other)) ?? Infinity) < place;
    while (next < others.length && isBefore(others[next])) out.push(others[next++]);
    out.push(item);
  }
  return [...out, ...others.slice(next)];
}
