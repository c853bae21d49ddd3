import type { FieldError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import { compileSchema } from '../schema/compile.ts';
import { SchemaError } from '../schema/marks.ts';
import type { Schema } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import { invalidValue } from './field-errors.ts';

type Node = Readonly<Record<string, unknown>>;

/** Why a structural schema still cannot be served: it does not compile, or a default of it breaks its own rules. */
export function usableErrors(schema: Node, path: string): FieldError[] {
  const compiled = tried(schema, path);
  if (Array.isArray(compiled)) return compiled;
  return defaultErrors(compiled, path);
}

function tried(schema: Node, path: string): Schema | FieldError[] {
  try {
    const compiled = compileSchema({ path: '', json: schema }, undefined, { custom: true });
    validate(compiled, {});
    return compiled;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return [invalidValue(path, '', error.message)];
  }
}

/** Custom schemas have no $refs, so this ends. */
function defaultErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.default !== undefined) {
    const broken = validate(schema, schema.default);
    errors.push(...broken.map((error) => invalidValue(join(`${path}.default`, error.field), error.value ?? schema.default, error.detail)));
  }
  for (const [name, child] of schema.properties) errors.push(...defaultErrors(child, `${path}.properties[${name}]`));
  if (schema.items !== undefined) errors.push(...defaultErrors(schema.items, `${path}.items`));
  if (schema.additional !== undefined) errors.push(...defaultErrors(schema.additional, `${path}.additionalProperties`));
  return errors;
}
function join(path: string, field: string): string {
  if (field === '' || field === '<nil>') return path;
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`;
}

/** Where a schema has rules in CEL, which are kept and published but not evaluated. */
export function unevaluatedRules(schema: Node, path: string): string[] {
  const own = Array.isArray(schema['x-kubernetes-validations']) ? [`${path}.x-kubernetes-validations`] : [];
  const { properties, items, additionalProperties } = schema;
  const below = isRecord(properties)
    ? Object.entries(properties).map(([name, child]) => [`${path}.properties[${name}]`, child] as const)
    : [];
  const all = [...below, [`${path}.items`, items] as const, [`${path}.additionalProperties`, additionalProperties] as const];
  return [...own, ...all.flatMap(([at, child]) => (isRecord(child) ? unevaluatedRules(child, at) : []))];
}
