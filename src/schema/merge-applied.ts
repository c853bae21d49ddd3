import { clone, setOwn } from '../base/json.ts';
import { itemsByElement } from './compare.ts';
import { itemElement } from './field-path.ts';
import { grainOf, itemSchema, memberSchema } from './granularity.ts';
import type { Schema } from './schema.ts';

/**
 * The live value with the applied one laid over it (structured-merge-diff, Merge): members and items join, what is whole is
 * replaced. Applied items come in their order, live ones keep their place among them. The result shares nothing with `live`.
 */
export function mergeApplied(schema: Schema, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return clone(live);
  const grain = grainOf(schema, applied);
  if (live === undefined || grain === 'whole' || grain !== grainOf(schema, live)) return clone(applied);
  return grain === 'map'
    ? mergeMaps(schema, live as Fields, applied as Fields)
    : mergeLists(schema, live as readonly unknown[], applied as readonly unknown[]);
}
type Fields = Readonly<Record<string, unknown>>;

function mergeMaps(schema: Schema, live: Fields, applied: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(live)) {
    const over = Object.hasOwn(applied, key) ? applied[key] : undefined;
    setOwn(out, key, mergeApplied(memberSchema(schema, key), live[key], over));
  }
  for (const key of Object.keys(applied)) if (!Object.hasOwn(live, key)) setOwn(out, key, clone(applied[key]));
  return out;
}

/** Two lists on their way to one; upstream's interleaving, step by step. */
interface Merge {
  readonly live: readonly string[];
  readonly applied: readonly string[];
  readonly inLive: ReadonlySet<string>;
  readonly inApplied: ReadonlySet<string>;
  readonly taken: Set<string>;
}
/** What stands next in the result: an item of the live list, or an applied one merged with its live one. */
type Take = { readonly live: number } | { readonly applied: number };

function mergeLists(schema: Schema, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const liveElements = live.map((item) => itemElement(schema, item));
  const appliedElements = applied.map((item) => itemElement(schema, item));
  const order = interleave({
    live: liveElements,
    applied: appliedElements,
    inLive: new Set(liveElements),
    inApplied: new Set(appliedElements),
    taken: new Set(),
  });
  const liveItems = itemsByElement(schema, live);
  return order.map((take) => {
    if ('live' in take) return clone(live[take.live]);
    const same = liveItems.get(appliedElements[take.applied] as string) ?? [];
    // An item that stands twice in the live list is replaced by the one that is applied.
    return mergeApplied(itemSchema(schema), same.length === 1 ? same[0] : undefined, applied[take.applied]);
  });
}

function interleave(merge: Merge): Take[] {
  const { live, applied, inLive, inApplied, taken } = merge;
  const shared = applied.filter((element) => inLive.has(element));
  const out: Take[] = [];
  let next = 0;
  let l = 0;
  let r = 0;
  const takeApplied = () => {
    const element = applied[r] as string;
    taken.add(element);
    out.push({ applied: r });
    if (element === shared[next]) next++;
    r++;
  };
  while (l < live.length || r < applied.length) {
    const element = live[l];
    if (element !== undefined && r < applied.length) {
      if (element === applied[r]) {
        takeApplied();
        l++;
        continue;
      }
      if (inApplied.has(element) && next < shared.length && element !== shared[next]) {
        // Shared, but its turn in the applied order has not come or is over.
        l++;
        continue;
      }
    }
    if (element !== undefined && !inApplied.has(element)) {
      out.push({ live: l });
      l++;
      continue;
    }
    if (element !== undefined && taken.has(element)) l++;
    if (r < applied.length) takeApplied();
  }
  return out;
}
