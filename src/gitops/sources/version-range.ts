/** A version as semver.org 2.0 writes it; `v` in front is let through, as tags have it. */
interface Version {
  readonly numbers: readonly [number, number, number];
  readonly pre: readonly (string | number)[];
}
interface Comparator {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly version: Version;
}

const full = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const partial =
  /^(\^|~|>=|<=|>|<|=)?\s*v?(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Whether a revision is a range of versions (`^1.2`, `~1.2.3`, `>=1.0 <2`, `1.x`, `*`, `1.0 - 2.0`, `^1 || ^2`) and not one version or name. */
export function isRange(text: string): boolean {
  return !full.test(text) && /[\^~<>=*xX|\s]|^v?\d+(\.\d+)?$/.test(text) && parseRange(text) !== undefined;
}

/** The tag with the highest version in the range; of equal versions the first by name. Pre-releases only where the range names one of the same version. */
export function highestMatch(range: string, tags: readonly string[]): string | undefined {
  const alternatives = parseRange(range);
  if (alternatives === undefined) return undefined;
  let best: { tag: string; version: Version } | undefined;
  for (const tag of [...tags].sort()) {
    const version = parseVersion(tag);
    if (version === undefined || !alternatives.some((all) => holds(all, version))) continue;
    if (best === undefined || compare(version, best.version) > 0) best = { tag, version };
  }
  return best?.tag;
}

function parseVersion(text: string): Version | undefined {
  const match = full.exec(text);
  if (match === null) return undefined;
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], pre: parsePre(match[4]) };
}
function parsePre(text: string | undefined): (string | number)[] {
  return text === undefined ? [] : text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Any of these, each of which wants all of its comparators. */
function parseRange(text: string): Comparator[][] | undefined {
  const out: Comparator[][] = [];
  for (const alternative of text.split('||')) {
    const spread = alternative
      .trim()
      .replace(/^(\S+)\s+-\s+(\S+)$/, '>=$1 <=$2')
      .replace(/(\^|~|>=|<=|>|<|=)\s+/g, '$1');
    const comparators: Comparator[] = [];
    for (const word of spread === '' ? ['*'] : spread.split(/[\s,]+/)) {
      const parsed = parseWord(word);
      if (parsed === undefined) return undefined;
      comparators.push(...parsed);
    }
    out.push(comparators);
  }
  return out;
}

function parseWord(word: string): Comparator[] | undefined {
  const match = partial.exec(word);
  if (match === null) return undefined;
  const { low, known } = lowest([match[2], match[3], match[4]], match[5]);
  const operator = match[1] ?? '';
  if (known === 0) return [];
  if (operator === '>' || operator === '<=') return beyond(operator, low, known);
  if (operator === '<') return [{ operator, version: known === 3 ? low : floor(low.numbers) }];
  if (operator === '>=') return [{ operator, version: low }];
  const exact = known === 3 && operator !== '^' && operator !== '~';
  if (exact) return [{ operator: '=', version: low }];
  const place = operator === '^' ? caretPlace(low.numbers, known) : Math.min(known - 1, 1);
  return [
    { operator: '>=', version: low },
    { operator: '<', version: floor(bump(low.numbers, place)) },
  ];
}
/** The lowest version that the parts stand for, and how many of them are numbers (from the left). */
function lowest(parts: readonly (string | undefined)[], pre: string | undefined): { low: Version; known: number } {
  const wild = parts.findIndex((part) => part === undefined || /[xX*]/.test(part));
  const known = wild < 0 ? 3 : wild;
  const numbers = parts.map((part, at) => (at < known ? Number(part) : 0)) as [number, number, number];
  return { low: { numbers, pre: known === 3 ? parsePre(pre) : [] }, known };
}
/** `>1.2` is at least 1.3.0, `<=1.2` is below 1.3.0. */
function beyond(operator: '>' | '<=', version: Version, known: number): Comparator[] {
  if (known === 3) return [{ operator, version }];
  return [{ operator: operator === '>' ? '>=' : '<', version: floor(bump(version.numbers, known - 1)) }];
}
/** The left-most number that is not 0 must stay. */
function caretPlace(numbers: readonly number[], known: number): number {
  const place = numbers.findIndex((value) => value > 0);
  return place < 0 ? known - 1 : Math.min(place, known - 1);
}
function bump(numbers: readonly number[], place: number): [number, number, number] {
  return [0, 1, 2].map((at) => (at < place ? (numbers[at] as number) : at === place ? (numbers[at] as number) + 1 : 0)) as [
    number,
    number,
    number,
  ];
}
/** Below every pre-release of that version, so that `<2` leaves out 2.0.0-rc.1. */
function floor(numbers: readonly [number, number, number]): Version {
  return { numbers, pre: [0] };
}

function holds(comparators: readonly Comparator[], version: Version): boolean {
  if (!comparators.every((comparator) => compares(comparator, version))) return false;
  if (version.pre.length === 0) return true;
  return comparators.some(
    ({ version: bound, operator }) =>
      operator !== '<' && bound.pre.length > 0 && bound.numbers.every((part, at) => part === version.numbers[at]),
  );
}
function compares({ operator, version: bound }: Comparator, version: Version): boolean {
  const order = compare(version, bound);
  if (operator === '=') return order === 0;
  if (order === 0) return operator === '<=' || operator === '>=';
  return order < 0 ? operator.startsWith('<') : operator.startsWith('>');
}
function compare(a: Version, b: Version): number {
  for (let at = 0; at < 3; at++) if (a.numbers[at] !== b.numbers[at]) return (a.numbers[at] as number) - (b.numbers[at] as number);
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let at = 0; at < Math.max(a.pre.length, b.pre.length); at++) {
    const order = comparePart(a.pre[at], b.pre[at]);
    if (order !== 0) return order;
  }
  return 0;
}
function comparePart(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}
