import jsonPatch, { type Operation } from 'fast-json-patch';
import { canonicalJson, clone, isRecord, jsonEqual, pointerToken } from '../base/json.ts';
import { keyedListPatch } from './list-planner.ts';
import type { Shape } from './shape.ts';

/** A patch that does not lead to the predicted object: a bug of the planner, which stops the plan. */
export class PatchMismatch extends Error {
  constructor(what: string, why: string) {
    super(`${what}: the planned patch does not lead from the live object to the predicted one: ${why}`);
    this.name = 'PatchMismatch';
  }
}

/**
 * The RFC 6902 patch that leads from `live` to `predicted`, deterministic, in the order in which it applies.
 *
 * Entries of a keyed list are found by their keys: one inserted entry is one operation, a change of order is a `move`, and a
 * `test` on the keys guards every entry that is touched. Sets go by value, atomic lists and maps by one `replace`. A value that is
 * replaced or removed is tested first: what a person reviewed is this change from that value, and another value is another change.
 * Proved before it is answered: fast-json-patch validates it and applies it to `live`.
 * @throws PatchMismatch naming `what` when the proof fails
 */
export function planPatch(what: string, live: unknown, predicted: unknown, shape: Shape | undefined): readonly Operation[] {
  const patch = live === undefined ? [{ op: 'add' as const, path: '', value: predicted }] : diff(live, predicted, { path: '', shape });
  prove(what, { live, predicted, patch });
  return patch;
}

export interface Place {
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly shape: Shape | undefined;
}

/** The operations below one place; unproved. */
export function diff(live: unknown, predicted: unknown, place: Place): Operation[] {
  if (jsonEqual(live, predicted)) return [];
  if (isRecord(live) && isRecord(predicted) && place.shape?.atomicMap !== true && !reserved(place.path, live, predicted)) {
    return diffRecord(live, predicted, place);
  }
  if (Array.isArray(live) && Array.isArray(predicted)) {
    const keyed = keyedListPatch(live, predicted, place);
    if (keyed !== undefined) return keyed;
  }
  return [
    { op: 'test', path: place.path, value: live },
    { op: 'replace', path: place.path, value: predicted },
  ];
}

function diffRecord(live: Record<string, unknown>, predicted: Record<string, unknown>, place: Place): Operation[] {
  const out: Operation[] = [];
  const keys = new Set([...Object.keys(live), ...Object.keys(predicted)]);
  for (const key of [...keys].sort()) {
    const path = `${place.path}/${pointerToken(key)}`;
    const before = own(live, key);
    const after = own(predicted, key);
    if (after === undefined) {
      if (before !== undefined) out.push({ op: 'test', path, value: before }, { op: 'remove', path });
    } else if (before === undefined) out.push({ op: 'add', path, value: after });
    else out.push(...diff(before, after, { path, shape: place.shape?.property(key) }));
  }
  return out;
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Members that fast-json-patch refuses to walk into (they could reach a prototype); their holder is replaced as a whole. */
function reserved(path: string, live: Record<string, unknown>, predicted: Record<string, unknown>): boolean {
  if (path !== '' && (Object.hasOwn(live, '__proto__') || Object.hasOwn(predicted, '__proto__'))) return true;
  return path.endsWith('/constructor');
}

function prove(what: string, { live, predicted, patch }: { live: unknown; predicted: unknown; patch: readonly Operation[] }): void {
  let reached: unknown;
  try {
    reached = jsonPatch.applyPatch(clone(live), clone(patch) as Operation[], true, false).newDocument;
  } catch (error) {
    throw new PatchMismatch(what, error instanceof jsonPatch.JsonPatchError ? error.name : 'it cannot be applied');
  }
  if (!jsonEqual(reached, predicted)) throw new PatchMismatch(what, `operations ${patch.map((op) => `${op.op} ${op.path}`).join(', ')}`);
}

/** True when the only thing that differs is the order of lists. */
export function orderOnly(patch: readonly Operation[], live: unknown, predicted: unknown): boolean {
  return patch.length > 0 && jsonEqual(sorted(live), sorted(predicted));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item)).map((item) => ({ item, text: canonicalJson(item) }));
    return items.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ item }) => item);
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]));
}
