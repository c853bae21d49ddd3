import { jsonEqual } from '../base/json.ts';
import { fieldElement, itemElement } from './field-path.ts';
import { emptySet, leaf, nodeOf, type FieldSet } from './field-set.ts';
import { grainOf, itemSchema, memberSchema } from './granularity.ts';
import { allFields } from './owned-fields.ts';
import type { Schema } from './schema.ts';

/** How one object became another (structured-merge-diff, Compare). */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}
interface Found {
  added?: FieldSet | undefined;
  modified?: FieldSet | undefined;
  removed?: FieldSet | undefined;
}

export function compare(schema: Schema, before: unknown, after: unknown): Comparison {
  const found = compareValues(schema, before, after);
  return { added: found?.added ?? emptySet, modified: found?.modified ?? emptySet, removed: found?.removed ?? emptySet };
}

/** Undefined when nothing differs. */
function compareValues(schema: Schema, before: unknown, after: unknown): Found | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { added: allFields(schema, after) };
  if (after === undefined) return { removed: allFields(schema, before) };
  const grain = grainOf(schema, after);
  if (grain !== grainOf(schema, before)) return replaced(schema, before, after);
  if (grain === 'whole') return jsonEqual(before, after) ? undefined : { modified: leaf };
  return grain === 'map'
    ? compareMaps(schema, before as Fields, after as Fields)
    : compareLists(schema, before as readonly unknown[], after as readonly unknown[]);
}
/** A value of one form came for one of another: what was in it is gone. */
function replaced(schema: Schema, before: unknown, after: unknown): Found {
  const inside = (value: unknown) => nodeOf(false, allFields(schema, value));
  return { modified: leaf, removed: inside(before), added: inside(after) };
}
type Fields = Readonly<Record<string, unknown>>;

function compareMaps(schema: Schema, before: Fields, after: Fields): Found | undefined {
  let found: Found | undefined;
  for (const key in after) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    const below = compareMember(schema, key, { old, new: after[key] });
    if (below !== undefined) found = put(found, fieldElement(key), below);
  }
  for (const key in before) {
    if (before[key] === undefined || Object.hasOwn(after, key)) continue;
    const below = compareMember(schema, key, { old: before[key], new: undefined });
    if (below !== undefined) found = put(found, fieldElement(key), below);
  }
  return found;
}

/** Structs that Kubernetes' types hold by value: they are always there, if empty, so they neither appear nor vanish (OpenAPI publishes them with the default `{}`). */
const byValue: ReadonlySet<string> = new Set([
  ...['metadata', 'spec', 'status', 'template', 'strategy', 'resources', 'state', 'lastState', 'loadBalancer', 'nodeInfo'],
  ...['daemonEndpoints', 'kubeletEndpoint', 'involvedObject', 'source', 'scaleTargetRef', 'target', 'metric', 'current', 'describedObject'],
  ...['names', 'acceptedNames', 'podAffinityTerm', 'preference'],
]);
function compareMember(schema: Schema, key: string, value: { old: unknown; new: unknown }): Found | undefined {
  const below = memberSchema(schema, key);
  const nothing = below.custom === true || !schema.properties.has(key) ? undefined : emptyOf(below, key);
  return compareValues(below, value.old ?? nothing, value.new ?? nothing);
}
function emptyOf(schema: Schema, key: string): unknown {
  if (schema.properties.size > 0) return byValue.has(key) ? {} : undefined;
  // The one list that is written when it is empty, and so is there too.
  return key === 'containers' && schema.type === 'array' ? [] : undefined;
}

function put(found: Found | undefined, element: string, below: Found): Found {
  const out = found ?? {};
  const { added, modified, removed } = below;
  if (added !== undefined) out.added = withChild(out.added, element, added);
  if (modified !== undefined) out.modified = withChild(out.modified, element, modified);
  if (removed !== undefined) out.removed = withChild(out.removed, element, removed);
  return out;
}

function withChild(of: FieldSet | undefined, element: string, node: FieldSet): FieldSet {
  const children = (of ?? {}) as Record<string, FieldSet>;
  children[element] = node;
  return children;
}

function compareLists(schema: Schema, before: readonly unknown[], after: readonly unknown[]): Found | undefined {
  if (jsonEqual(before, after)) return undefined;
  const olds = itemsByElement(schema, before);
  const news = itemsByElement(schema, after);
  let found: Found | undefined;
  for (const element of new Set([...news.keys(), ...olds.keys()])) {
    const below = compareItems(itemSchema(schema), olds.get(element) ?? [], news.get(element) ?? []);
    if (below !== undefined) found = put(found, element, below);
  }
  return found;
}

/** Items by element, in order; more than one where the list holds duplicates, as live objects may. */
export function itemsByElement(schema: Schema, list: readonly unknown[]): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(schema, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

function compareItems(schema: Schema, before: readonly unknown[], after: readonly unknown[]): Found | undefined {
  if (before.length <= 1 && after.length <= 1) return compareValues(schema, before[0], after[0]);
  if (jsonEqual(before, after)) return undefined;
  // Duplicates have no order that could be told: they change as one.
  if (before.length === 0) return { added: leaf };
  return after.length === 0 ? { removed: leaf } : { modified: leaf };
}
