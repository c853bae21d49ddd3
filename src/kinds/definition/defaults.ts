import type { FieldError } from '../../api/status.ts';
import type { Schema } from '../../schema/schema.ts';
import { dropUnknown } from '../../schema/unknown.ts';
import { validate } from '../../schema/validate.ts';
import { invalidValue } from '../field-errors.ts';
import { embeddedErrors } from './embedded.ts';
import { ruleErrors } from './evaluate-rules.ts';

/** Defaults of a schema that it would itself refuse, or drop fields of (apiextensions-apiserver v1.35, defaulting/validation.go). */
export function defaultErrors(schema: Schema, path: string, seen: ReadonlySet<Schema> = new Set()): FieldError[] {
  // ObjectMeta, which is not the user's, has cycles.
  if (seen.has(schema) || schema.path !== undefined) return [];
  const below = new Set(seen).add(schema);
  const errors = schema.default === undefined ? [] : ownErrors(schema, schema.default, `${path}.default`);
  for (const [name, child] of schema.properties) errors.push(...defaultErrors(child, `${path}.properties[${name}]`, below));
  if (schema.items !== undefined) errors.push(...defaultErrors(schema.items, `${path}.items`, below));
  if (schema.additional !== undefined) errors.push(...defaultErrors(schema.additional, `${path}.additionalProperties`, below));
  return errors;
}

function ownErrors(schema: Schema, value: unknown, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { dropped } = dropUnknown(schema, value);
  if (dropped.length > 0) errors.push(invalidValue(at, value, 'must not have unknown fields'));
  const meta = embeddedErrors(schema, value, at);
  const [first] = meta;
  if (first !== undefined) {
    const text = `${first.field}: ${first.detail}`;
    return [...errors, invalidValue(at, value, `must result in valid metadata: ${text}`)];
  }
  const broken = plainlyRight(schema, value) ? [] : validate(schema, value);
  errors.push(...broken.map((error) => ({ ...error, field: join(at, error.field) })));
  if (broken.length > 0) return errors;
  return [...errors, ...ruleErrors(schema, value, { old: value, path: at }).errors];
}
function join(path: string, field: string): string {
  if (field === '' || field === '<nil>') return path;
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`;
}

const simple: ReadonlySet<string> = new Set([
  'type',
  'format',
  'default',
  'description',
  'nullable',
  'title',
  'example',
  'enum',
  'minimum',
  'maximum',
]);
/** Whether a default is so plain that no validator must be made to see that it is right: most are. */
function plainlyRight(schema: Schema, value: unknown): boolean {
  if (Object.keys(schema.source).some((key) => !simple.has(key))) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  const { minimum, maximum } = schema.source;
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && schema.format === undefined;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31 && inBounds(value as number, minimum, maximum);
    default:
      return false;
  }
}
function inBounds(value: number, minimum: unknown, maximum: unknown): boolean {
  return (typeof minimum !== 'number' || value >= minimum) && (typeof maximum !== 'number' || value <= maximum);
}
