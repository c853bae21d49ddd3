import { isRecord, jsonEqual } from '../base/json.ts';
import type { FieldChange } from '../api/plan.ts';
import type { Shape } from './shape.ts';

/**
 * A difference field by field, in the order of the new value, for people: `spec.template.spec.containers[web].image`. Entries of keyed
 * lists are named by their key; a list without keys changes as a whole, a text too. Values must be masked before.
 */
export function fieldChanges(before: unknown, after: unknown, shape: Shape | undefined): FieldChange[] {
  const changes: FieldChange[] = [];
  walk({ before, after, shape, path: '' }, changes);
  return changes;
}

interface Place {
  readonly before: unknown;
  readonly after: unknown;
  readonly shape: Shape | undefined;
  readonly path: string;
}

function walk(place: Place, changes: FieldChange[]): void {
  const { before, after, shape, path } = place;
  if (jsonEqual(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    const names = [...Object.keys(after), ...Object.keys(before).filter((name) => !Object.hasOwn(after, name))];
    for (const name of names) {
      walk({ before: own(before, name), after: own(after, name), shape: shape?.property(name), path: memberPath(path, name) }, changes);
    }
    return;
  }
  const keyed = keyedEntries(place);
  if (keyed === undefined) {
    changes.push({ path, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) });
    return;
  }
  const count = changes.length;
  for (const entry of keyed) walk(entry, changes);
  if (changes.length === count) changes.push({ path: `${path} (order)`, from: keyed.map((entry) => entry.path), to: order(place) });
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return `${path}['${name}']`;
  return path === '' ? name : `${path}.${name}`;
}

/** Pairs of entries by key; undefined where a side is no list of keyed records. Entries of the old list come first in its order. */
function keyedEntries({ before, after, shape, path }: Place): Place[] | undefined {
  const keys = shape?.list === 'map' ? shape.keys : [];
  if (!Array.isArray(before) || !Array.isArray(after) || keys.length === 0) return undefined;
  if (![...before, ...after].every((item) => isRecord(item))) return undefined;
  const olds = byKey(before as Record<string, unknown>[], keys);
  const news = byKey(after as Record<string, unknown>[], keys);
  const names = [...olds.keys(), ...[...news.keys()].filter((name) => !olds.has(name))];
  return names.map((name) => ({ before: olds.get(name), after: news.get(name), shape: shape?.items(), path: `${path}[${name}]` }));
}

function byKey(items: readonly Record<string, unknown>[], keys: readonly string[]): Map<string, unknown> {
  return new Map(
    items.map((item) => [
      keys
        .map((key) => (item[key] === undefined ? '' : String(item[key])))
        .filter((text) => text !== '')
        .join('/'),
      item,
    ]),
  );
}

function order({ after, shape, path }: Place): string[] {
  return [...byKey(after as Record<string, unknown>[], shape?.keys ?? []).keys()].map((name) => `${path}[${name}]`);
}
