import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { SchemaError } from '../../schema/marks.ts';
import type { Schema } from '../../schema/schema.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { defaultErrors } from './defaults.ts';
import type { Node } from './node.ts';
import { compileCustom, objectSchema } from './object-schema.ts';
import { openApiErrors } from './open-api.ts';
import { ruleCheckErrors } from './rule-checks.ts';
import { structuralErrors } from './structural.ts';

/** What besides its own text decides whether a schema may stand. */
export interface SchemaStanding {
  readonly statusEnabled: boolean;
  /** The schema that stood there before, if any. */
  readonly old: Node | undefined;
}

/** Names of the fields that a schema may have at its root when its status is written apart, as upstream lists them. */
const atRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems ' +
  'UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
const marks: Readonly<Record<string, string>> = {
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};
const rootFields: ReadonlySet<string> = new Set(atRoot.split(' '));

/** What is wrong with the schema of a version (apiextensions-apiserver v1.35, validateCustomResourceDefinitionValidation). */
export function schemaErrors(schema: Node, path: string, standing: SchemaStanding): FieldError[] {
  const errors = standing.statusEnabled ? rootErrors(schema, path) : [];
  if (schema['nullable'] === true) errors.push(fieldForbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  // What was judged once is not judged again: nothing that is stored got past these rules.
  if (standing.old !== undefined && jsonEqual(standing.old, schema)) return errors;
  const structural = structuralErrors(schema, path);
  const texts = openApiErrors(schema, path);
  if (structural.length + texts.length > 0) return [...errors, ...structural, ...texts];
  const compiled = tried(schema, path);
  if (Array.isArray(compiled)) return [...errors, ...compiled];
  const { whole } = compiled;
  return [...errors, ...defaultErrors(whole, path), ...ruleCheckErrors(whole, path)];
}

function rootErrors(schema: Node, path: string): FieldError[] {
  for (const [key, value] of Object.entries(schema)) {
    const empty = value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
    if (empty) continue;
    if (key === 'type') {
      if (value === 'object') continue;
      const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      return [invalidValue(`${path}.type`, value, detail)];
    }
    const name = marks[key] ?? key.charAt(0).toUpperCase() + key.slice(1);
    if (rootFields.has(name)) continue;
    const detail = `only [${atRoot}] fields are allowed at the root of the schema if the status subresource is enabled`;
    return [invalidValue(path, schema, detail)];
  }
  return [];
}

/** The schema of whole objects; or why it cannot be used. Ajv has no part in it: that comes when the kind is first used. */
function tried(schema: Node, path: string): { whole: Schema } | FieldError[] {
  try {
    const { json } = objectSchema(schema, { group: 'example.com', version: 'v1', kind: 'Example' });
    return { whole: compileCustom(json) };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return [invalidValue(path, '', error.message)];
  }
}
