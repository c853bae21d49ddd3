import { isRecord, jsonEqual } from '../../src/base/json.ts';
import { itemSchema, memberSchema } from '../../src/schema/granularity.ts';
import type { Schema } from '../../src/schema/schema.ts';

type Fields = Readonly<Record<string, unknown>>;
type Out = Record<string, unknown>;

/** Which differences count; both ways that are left out make a patch that only adds, or only takes away. */
export interface DiffOptions {
  readonly ignoreDeletions?: boolean;
  readonly ignoreChanges?: boolean;
}

/** The strategic merge patch that makes one object the other, as kubectl computes it (apimachinery, CreateTwoWayMergePatch). */
export function strategicDiff(schema: Schema, from: Fields, to: Fields, options: DiffOptions = {}): Out {
  const patch: Out = {};
  for (const [key, value] of Object.entries(to)) {
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    if (old === undefined) {
      if (options.ignoreChanges !== true) patch[key] = value;
    } else diffMember(memberSchema(schema, key), { key, old, value }, { patch, options });
  }
  if (options.ignoreDeletions !== true) for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  return patch;
}

interface Member {
  readonly key: string;
  readonly old: unknown;
  readonly value: unknown;
}
function diffMember(schema: Schema, { key, old, value }: Member, { patch, options }: { patch: Out; options: DiffOptions }): void {
  const strategy = (schema.patchStrategy ?? []).filter((one) => one !== 'retainKeys')[0];
  if (isRecord(old) && isRecord(value) && strategy !== 'replace') {
    const below = strategicDiff(schema, old, value, options);
    const retain = schema.patchStrategy?.includes('retainKeys') === true && options.ignoreChanges !== true;
    if (Object.keys(below).length > 0) patch[key] = retain ? { ...below, $retainKeys: Object.keys(value).sort() } : below;
  } else if (Array.isArray(old) && Array.isArray(value) && strategy === 'merge') diffList(schema, { key, old, value }, { patch, options });
  else if (!jsonEqual(old, value) && options.ignoreChanges !== true) patch[key] = value;
}

function diffList(schema: Schema, { key, old, value }: Member, { patch, options }: { patch: Out; options: DiffOptions }): void {
  const [before, after] = [old, value] as [readonly unknown[], readonly unknown[]];
  const { patchMergeKey: mergeKey } = schema;
  const { list, gone } =
    mergeKey === undefined || !isRecord(before[0] ?? after[0])
      ? diffScalars(before, after, options)
      : diffMaps(schema, { before, after, mergeKey } as MapLists, options);
  if (mergeKey === undefined && gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
  const items = mergeKey === undefined ? list : [...list, ...gone];
  if (items.length > 0) patch[key] = items;
  const keyOf = (item: unknown): unknown => (mergeKey === undefined ? item : { [mergeKey]: (item as Fields)[mergeKey] });
  const moved = !jsonEqual(before.map(keyOf), after.map(keyOf));
  if ((items.length > 0 || gone.length > 0 || (moved && options.ignoreChanges !== true)) && after.length > 0)
    patch[`$setElementOrder/${key}`] = after.map(keyOf);
}
interface Changed {
  readonly list: readonly unknown[];
  readonly gone: readonly unknown[];
}
function diffScalars(before: readonly unknown[], after: readonly unknown[], options: DiffOptions): Changed {
  return {
    list: options.ignoreChanges === true ? [] : after.filter((item) => !before.includes(item)),
    gone: options.ignoreDeletions === true ? [] : before.filter((item) => !after.includes(item)),
  };
}
interface MapLists {
  readonly before: readonly Fields[];
  readonly after: readonly Fields[];
  readonly mergeKey: string;
}
function diffMaps(schema: Schema, { before, after, mergeKey }: MapLists, options: DiffOptions): Changed {
  const retain = schema.patchStrategy?.includes('retainKeys') === true && options.ignoreChanges !== true;
  const list = after.flatMap((item): Fields[] => {
    const old = before.find((one) => one[mergeKey] === item[mergeKey]);
    if (old === undefined) return options.ignoreChanges === true ? [] : [item];
    const below = strategicDiff(itemSchema(schema), old, item, options);
    if (Object.keys(below).length === 0) return [];
    return [{ ...below, [mergeKey]: item[mergeKey], ...(retain && { $retainKeys: Object.keys(item).sort() }) }];
  });
  const left = before.filter((item) => !after.some((one) => one[mergeKey] === item[mergeKey]));
  return { list, gone: options.ignoreDeletions === true ? [] : left.map((item) => ({ [mergeKey]: item[mergeKey], $patch: 'delete' })) };
}

/** What client-side apply sends: what the manifest has otherwise than the live object, and what it has no more (CreateThreeWayMergePatch). */
export function threeWayDiff(schema: Schema, of: { last: Fields; manifest: Fields; live: Fields }): Out {
  const changes = strategicDiff(schema, of.live, of.manifest, { ignoreDeletions: true });
  const deletions = strategicDiff(schema, of.last, of.manifest, { ignoreChanges: true });
  return joined(schema, deletions, changes);
}
function joined(schema: Schema, deletions: Fields, changes: Fields): Out {
  const out: Out = { ...deletions };
  for (const [key, value] of Object.entries(changes)) {
    const old = Object.hasOwn(out, key) ? out[key] : undefined;
    const below = memberSchema(schema, key);
    if (isRecord(old) && isRecord(value)) out[key] = joined(below, old, value);
    else if (Array.isArray(old) && Array.isArray(value) && !key.startsWith('$'))
      out[key] = joinedLists(below, old as Fields[], value as Fields[]);
    else out[key] = value;
  }
  return out;
}
function joinedLists(schema: Schema, deletions: readonly Fields[], changes: readonly Fields[]): unknown[] {
  const { patchMergeKey: mergeKey = '' } = schema;
  const same = (a: Fields) => (b: Fields) => a[mergeKey] === b[mergeKey];
  const merged = changes.map((item) => {
    const old = deletions.find((one) => same(item)(one) && one['$patch'] === undefined);
    return old === undefined ? item : joined(itemSchema(schema), old, item);
  });
  return [...merged, ...deletions.filter((item) => !changes.some(same(item)))];
}
