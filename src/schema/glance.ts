import type { Format } from 'ajv';
import { isQuantity } from '../api/quantity.ts';
import { isRecord } from '../base/json.ts';
import { listRule, typeOf, valueRules, type ListRule } from './ajv-schema.ts';
import { formats } from './formats.ts';
import { findDuplicates } from './list-keys.ts';
import type { Schema } from './schema.ts';

/**
 * True where a value of a built-in kind is right by its schema beyond doubt. False says nothing: it is wrong, or the schema has rules that
 * only the compiled check knows.
 */
export function isPlainlyRight(schema: Schema, value: unknown): boolean {
  if (value === null || schema.custom === true) return false;
  let look = looks.get(schema);
  if (look === undefined) looks.set(schema, (look = lookOf(schema)));
  if (!look.decides || !(look.types?.some((type) => isOf(type, value)) ?? true)) return false;
  if (look.enum !== undefined && !look.enum.includes(value)) return false;
  if (typeof value === 'string' || typeof value === 'number') return isScalarRight(look, value);
  if (Array.isArray(value)) return areItemsRight(schema.items, value);
  return !isRecord(value) || areMembersRight(schema, look, value);
}

/** What a schema says, ready to be looked at. */
interface Look {
  /** It has no rule beside these. */
  readonly decides: boolean;
  readonly types: readonly string[] | undefined;
  readonly enum: readonly unknown[] | undefined;
  readonly minimum: number;
  readonly maximum: number;
  readonly quantity: boolean;
  readonly format: Format | undefined;
  /** Of members that are lists. */
  readonly lists: ReadonlyMap<string, ListRule>;
}
const looks = new WeakMap<Schema, Look>();
/** A rule that a glance knows, and that can be followed: what is wrong with a schema itself is said when it is compiled. */
function isKnownRule([name, rule]: readonly [string, unknown]): boolean {
  return name === 'enum' ? Array.isArray(rule) : (name === 'minimum' || name === 'maximum') && Number.isFinite(rule);
}

function lookOf(schema: Schema): Look {
  const rules = valueRules(schema.source);
  const types = typeOf(schema);
  const lists = [...schema.properties].flatMap(([name, member]) => {
    const rule = listRule(name, member);
    return rule === undefined ? [] : [[name, rule] as const];
  });
  return {
    decides: Object.entries(rules).every((entry) => isKnownRule(entry)),
    types: types === undefined ? undefined : [types].flat(),
    enum: rules['enum'] as Look['enum'],
    minimum: (rules['minimum'] ?? -Infinity) as number,
    maximum: (rules['maximum'] ?? Infinity) as number,
    quantity: schema.format === 'quantity',
    format: Object.hasOwn(formats, schema.format ?? '') ? formats[schema.format ?? ''] : undefined,
    lists: new Map(lists),
  };
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'number':
      return Number.isFinite(value);
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    default:
      return false;
  }
}

function isScalarRight({ quantity, format, minimum, maximum }: Look, value: string | number): boolean {
  if (quantity && !isQuantity(value)) return false;
  if (typeof value === 'number') return value >= minimum && value <= maximum && fitsNumber(format, value);
  return fitsText(format, value);
}
function fitsNumber(format: Format | undefined, value: number): boolean {
  if (typeof format !== 'object' || format instanceof RegExp || format.type !== 'number') return true;
  return (format.validate as (value: number) => boolean)(value);
}
function fitsText(format: Format | undefined, value: string): boolean {
  if (typeof format === 'function') return format(value) === true;
  return !(format instanceof RegExp) || format.test(value);
}

function areItemsRight(items: Schema | undefined, list: readonly unknown[]): boolean {
  return items === undefined || list.every((item) => isPlainlyRight(items, item));
}

function areMembersRight(schema: Schema, { lists }: Look, value: Readonly<Record<string, unknown>>): boolean {
  for (const name of schema.required) if (value[name] === undefined) return false;
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties.get(name);
    if (known !== undefined && member === undefined) continue;
    const own = known ?? schema.additional;
    if (own !== undefined && !isPlainlyRight(own, member)) return false;
    const rule = known === undefined ? undefined : lists.get(name);
    if (rule !== undefined && Array.isArray(member) && findDuplicates(rule, member) !== true) return false;
  }
  return true;
}
