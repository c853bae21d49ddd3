import { canonicalJson, isRecord } from '../base/json.ts';
import type { Schema } from './schema.ts';

/** The element of a field: `f:spec`. */
export function fieldElement(name: string): string {
  const known = elements.get(name);
  if (known !== undefined) return known;
  const element = `f:${name}`;
  if (elements.size < mostElements) elements.set(name, element);
  return element;
}
/** The same few names again and again: a text that was a key before is found faster in a map. */
const elements = new Map<string, string>();
const mostElements = 5000;

/** How items of a list are told apart: by these fields, or by themselves when there are none. */
interface Keys {
  readonly names: readonly string[];
  /** `"port":` for each. */
  readonly labels: readonly string[];
  readonly fallbacks: readonly unknown[];
}
const keysBySchema = new WeakMap<Schema, Keys>();
function keysOf(list: Schema): Keys {
  const known = keysBySchema.get(list);
  if (known !== undefined) return known;
  const names = list.listType === 'map' ? [...(list.listMapKeys ?? [])].sort() : [];
  const keys = {
    names,
    labels: names.map((name) => `${JSON.stringify(name)}:`),
    fallbacks: names.map((name) => list.items?.properties.get(name)?.default),
  };
  keysBySchema.set(list, keys);
  return keys;
}

/** The element of an item of a map or set list: `k:{"name":"a"}`, `v:"x"`; absent keys are read as their default. */
export function itemElement(list: Schema, item: unknown): string {
  const { names, labels, fallbacks } = keysOf(list);
  if (names.length === 0) return `v:${canonicalJson(item)}`;
  const fields = isRecord(item) ? item : {};
  let text = '';
  for (let index = 0; index < names.length; index++) {
    const value = fields[names[index] as string] ?? fallbacks[index];
    if (value !== undefined) text += (text === '' ? '' : ',') + labels[index] + canonicalJson(value);
  }
  return `k:{${text}}`;
}

/** The key that an item of a map list lacks, if there is one; '' when it is no object at all. */
export function missingKey(list: Schema, item: unknown): string | undefined {
  const { names, fallbacks } = keysOf(list);
  if (names.length === 0) return undefined;
  if (!isRecord(item)) return '';
  return names.find((name, index) => (item[name] ?? fallbacks[index]) === undefined);
}

/** A path as messages have it: `.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].hostPort`. */
export function fieldPathText(elements: readonly string[]): string {
  return elements.map(elementText).join('');
}
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('i:')) return `[${rest}]`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = JSON.parse(rest) as Record<string, unknown>;
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
