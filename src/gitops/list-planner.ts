import type { Operation } from 'fast-json-patch';
import { canonicalJson, isRecord, pointerToken } from '../base/json.ts';
import { diff, type Place } from './patch-planner.ts';

/** What names the entries of one list: the key members of a list map; of a set the value itself. */
interface Naming {
  name(item: unknown): string | undefined;
  /** Tests that guard the entry at `path`. */
  guard(path: string, item: unknown): Operation[];
}

/**
 * The patch of a list map or a set. Undefined where the list must be replaced as a whole: it is atomic, or its entries cannot be
 * told apart (a key is missing everywhere or stands twice).
 */
export function keyedListPatch(live: readonly unknown[], predicted: readonly unknown[], place: Place): Operation[] | undefined {
  const naming = namingOf(place);
  if (naming === undefined) return undefined;
  const before = namesOf(live, naming);
  const after = namesOf(predicted, naming);
  if (before === undefined || after === undefined || before.length === 0) return undefined;
  const items = new Map(before.map((name, index) => [name, live[index]]));
  const kept = new Set(after);
  const out: Operation[] = [];
  const current = [...before];
  for (let index = current.length - 1; index >= 0; index--) {
    const name = current[index] as string;
    if (kept.has(name)) continue;
    out.push(...naming.guard(`${place.path}/${index}`, items.get(name)), { op: 'remove', path: `${place.path}/${index}` });
    current.splice(index, 1);
  }
  arrange(current, after, (name, from, to) => {
    if (from === undefined) out.push({ op: 'add', path: `${place.path}/${to}`, value: predicted[after.indexOf(name)] });
    else {
      const source = `${place.path}/${from}`;
      out.push(...naming.guard(source, items.get(name)), { op: 'move', from: source, path: `${place.path}/${to}` });
    }
  });
  after.forEach((name, index) => {
    if (!items.has(name)) return;
    const path = `${place.path}/${index}`;
    const inner = diff(items.get(name), predicted[index], { path, shape: place.shape?.items() });
    if (inner.length > 0) out.push(...naming.guard(path, items.get(name)), ...inner);
  });
  return out;
}

function namingOf({ shape }: Place): Naming | undefined {
  if (shape?.list === 'set') {
    return { name: (item) => canonicalJson(item), guard: (path, item) => [{ op: 'test', path, value: item }] };
  }
  if (shape?.list !== 'map' || shape.keys.length === 0) return undefined;
  const { keys } = shape;
  return {
    // an entry may leave out a key that has a default, not all of them
    name: (item) =>
      isRecord(item) && keys.some((key) => item[key] !== undefined) ? canonicalJson(keys.map((key) => item[key])) : undefined,
    guard: (path, item) =>
      keys.flatMap((key): Operation[] => {
        const value = isRecord(item) ? item[key] : undefined;
        return value === undefined ? [] : [{ op: 'test', path: `${path}/${pointerToken(key)}`, value }];
      }),
  };
}

function namesOf(items: readonly unknown[], naming: Naming): string[] | undefined {
  const names: string[] = [];
  for (const item of items) {
    const name = naming.name(item);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return new Set(names).size === names.length ? names : undefined;
}

/**
 * Brings `current` (a subset of `wanted`) into the order of `wanted`, telling each insertion (`from` undefined) and each move.
 * Entries of the longest run that is in order already stay where they are, so the fewest entries move.
 */
function arrange(current: string[], wanted: readonly string[], tell: (name: string, from: number | undefined, to: number) => void): void {
  const rank = new Map(wanted.map((name, index) => [name, index]));
  const stays = longestRise(current.map((name) => rank.get(name) as number)).map((index) => current[index]);
  const stable = new Set(stays);
  const there = new Set(current);
  let previous: string | undefined;
  for (const name of wanted) {
    if (!stable.has(name)) {
      const from = there.has(name) ? current.indexOf(name) : undefined;
      if (from !== undefined) current.splice(from, 1);
      const to = previous === undefined ? 0 : current.indexOf(previous) + 1;
      if (from !== to) tell(name, from, to);
      current.splice(to, 0, name);
    }
    previous = name;
  }
}

/** Indexes of a longest rising subsequence, rising (patience sorting, n log n). */
function longestRise(ranks: readonly number[]): number[] {
  const tails: number[] = [];
  const before: number[] = [];
  ranks.forEach((rank, index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranks[tails[middle] as number] as number) < rank) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : (tails[low - 1] as number);
    tails[low] = index;
  });
  const out: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] as number) out.push(at);
  return out.reverse();
}
