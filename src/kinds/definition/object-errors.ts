import { RE2JS } from 're2js';
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import type { Schema } from '../../schema/schema.ts';
import { invalidValue } from '../field-errors.ts';
import { embeddedErrors } from './embedded.ts';
import { ruleErrors } from './evaluate-rules.ts';
import type { NameLimits } from './object-schema.ts';

/** What is wrong with a custom object whose schema has accepted it: its name, objects within it, and the rules in CEL. */
export function customObjectErrors(
  schema: Schema,
  limits: { readonly name: NameLimits; readonly generateName: NameLimits },
  { object, old }: { object: KubeObject; old: KubeObject | undefined },
): FieldError[] {
  const { name, generateName } = object.metadata;
  const errors = [
    ...nameErrors('metadata.name', name, limits.name),
    ...nameErrors('metadata.generateName', generateName, limits.generateName),
  ];
  errors.push(...embeddedErrors(schema, object, ''));
  if (errors.length > 0) return errors;
  return [...ruleErrors(schema, object, { old, path: '', resource: true }).errors];
}

function nameErrors(at: string, name: string | undefined, limits: NameLimits): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (limits.maxLength !== undefined && name.length > limits.maxLength) {
    errors.push(invalidValue(at, name, `${at} in body should be at most ${limits.maxLength} chars long`));
  }
  if (limits.minLength !== undefined && name.length < limits.minLength) {
    errors.push(invalidValue(at, name, `${at} in body should be at least ${limits.minLength} chars long`));
  }
  if (limits.pattern !== undefined && !RE2JS.compile(limits.pattern).matcher(name).find()) {
    errors.push(invalidValue(at, name, `${at} in body should match '${limits.pattern}'`));
  }
  return errors;
}
