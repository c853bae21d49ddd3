import { metered, overload, type Meter, type Overload } from '../declare.ts';
import { CelError, CostExceeded, type Value } from '../value.ts';
import { format } from './format.ts';

/** A text by its characters: CEL counts code points. */
const points = (text: string): string[] => Array.from(text);
function inRange(index: bigint, most: number): number {
  if (index < 0n || index > BigInt(most)) throw new CelError(`index out of range: ${index}`);
  return Number(index);
}

function charAt(text: string, index: bigint): string {
  const all = points(text);
  return all[inRange(index, all.length)] ?? '';
}
function indexOf(text: string, part: string, from = 0n): bigint {
  const all = points(text);
  const start = inRange(from, all.length);
  if (part === '') return BigInt(start);
  const before = all.slice(0, start).join('');
  const at = text.indexOf(part, before.length);
  return at < 0 ? -1n : BigInt(points(text.slice(0, at)).length);
}
function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = points(text);
  const last = from === undefined ? all.length : inRange(from, all.length);
  if (part === '') return BigInt(last);
  const at = text.lastIndexOf(part, all.slice(0, last).join('').length);
  return at < 0 ? -1n : BigInt(points(text.slice(0, at)).length);
}
function substring(text: string, start: bigint, end?: bigint): string {
  const all = points(text);
  const first = inRange(start, all.length);
  const last = end === undefined ? all.length : inRange(end, all.length);
  if (first > last) throw new CelError(`invalid substring range. start: ${first}, end: ${last}`);
  return all.slice(first, last).join('');
}
function replace(text: string, part: string, by: string, most = -1n): string {
  const places = part === '' ? text.length + 1 : text.split(part).length - 1;
  limited(text.length + (most < 0n ? places : Math.min(places, Number(most))) * by.length);
  if (most < 0n) return part === '' ? points(text).reduce((out, char) => out + char + by, by) : text.split(part).join(by);
  let out = text;
  let from = 0;
  for (let count = 0n; count < most; count++) {
    const at = out.indexOf(part, from);
    if (at < 0) break;
    out = out.slice(0, at) + by + out.slice(at + part.length);
    from = at + by.length + (part === '' ? 1 : 0);
    if (from > out.length) break;
  }
  return out;
}
function split(text: string, separator: string, most = -1n): string[] {
  if (most === 0n) return [];
  if (most === 1n) return [text];
  const all = separator === '' ? points(text) : text.split(separator);
  if (most < 0n || BigInt(all.length) <= most) return all;
  const head = all.slice(0, Number(most) - 1);
  return [...head, all.slice(Number(most) - 1).join(separator)];
}
function splitMetered(meter: Meter, text: string, separator: string, most?: bigint): string[] {
  const parts = split(text, separator, most);
  meter.charge(parts.length);
  return parts;
}
/** No text grows beyond what a few of the largest objects have. @throws CostExceeded */
function limited(length: number): void {
  if (length > 16_000_000) throw new CostExceeded();
}
function join(list: readonly string[], by = ''): string {
  limited(list.reduce((length, text) => length + text.length + by.length, 0));
  return list.join(by);
}
const ascii = (text: string, pattern: RegExp, change: (part: string) => string): string => text.replaceAll(pattern, change);
/** Go's white space at both ends. */
const trim = (text: string): string => text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, '');

export const strings: readonly Overload[] = [
  overload('string.startsWith(string): bool', (text: string, part: string) => text.startsWith(part), 'argument'),
  overload('string.endsWith(string): bool', (text: string, part: string) => text.endsWith(part), 'argument'),
  overload('string.contains(string): bool', (text: string, part: string) => text.includes(part), 'search'),
  overload('string.charAt(int): string', charAt, 'traverse'),
  overload('string.indexOf(string): int', indexOf, 'search'),
  overload('string.indexOf(string, int): int', indexOf, 'search'),
  overload('string.lastIndexOf(string): int', lastIndexOf, 'search'),
  overload('string.lastIndexOf(string, int): int', lastIndexOf, 'search'),
  overload('string.lowerAscii(): string', (text: string) => ascii(text, /[A-Z]+/g, (part) => part.toLowerCase()), 'traverse'),
  overload('string.upperAscii(): string', (text: string) => ascii(text, /[a-z]+/g, (part) => part.toUpperCase()), 'traverse'),
  overload('string.replace(string, string): string', replace, 'traverse'),
  overload('string.replace(string, string, int): string', replace, 'traverse'),
  metered('string.split(string): list<string>', splitMetered, 'traverse'),
  metered('string.split(string, int): list<string>', splitMetered, 'traverse'),
  overload('string.substring(int): string', substring, 'traverse'),
  overload('string.substring(int, int): string', substring, 'traverse'),
  overload('string.trim(): string', trim, 'traverse'),
  overload('string.format(list<dyn>): string', (text: string, args: readonly Value[]) => format(text, args), 'traverse'),
  overload('list<string>.join(): string', join, 'items'),
  overload('list<string>.join(string): string', join, 'items'),
  overload('strings::quote(string): string', (text: string) => JSON.stringify(text), 'traverse'),
];
