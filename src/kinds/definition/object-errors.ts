import type { ResourceKind } from '../kind.ts';
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { valueAt } from '../../base/json.ts';
import type { Schema } from '../../schema/schema.ts';
import { compilePattern } from '../../schema/pattern.ts';
import { validate, validateChange } from '../../schema/validate.ts';
import { invalidValue } from '../field-errors.ts';
import { embeddedErrors } from './embedded.ts';
import { hasRules, ruleErrors, type RuleVerdict } from './evaluate-rules.ts';
import type { NameLimits } from './object-schema.ts';

/** What a definition says of its objects beyond their schema. */
export interface ObjectRules {
  readonly name: NameLimits;
  readonly generateName: NameLimits;
  readonly scale: ResourceKind['subresources']['scale'];
}

/** Errors that keep rules in CEL from being asked: values that are missing or of no use to them. */
const blocking: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/**
 * All that is wrong with a custom object apart from its metadata: by its schema, by the limits of its names, within the objects that it
 * embeds, and by rules in CEL. Of a change only what it touches (apiextensions-apiserver v1.35, registry/customresource).
 */
export function customObjectErrors(
  schema: Schema,
  rules: ObjectRules,
  change: { object: KubeObject; old: KubeObject | undefined },
): RuleVerdict {
  const { object, old } = change;
  const { name, generateName } = object.metadata;
  const errors = [
    ...nameErrors('metadata.name', name, rules.name),
    ...nameErrors('metadata.generateName', generateName, rules.generateName),
  ];
  errors.push(...(old === undefined ? validate(schema, object) : validateChange(schema, object, old)));
  errors.push(...scaleErrors(rules.scale, object), ...embeddedErrors(schema, object, ''));
  if (hasRules(schema) && errors.some(({ type }) => blocking.has(type))) {
    const detail =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
    return { errors: [...errors, invalidValue('<nil>', null, detail)], warnings: [] };
  }
  const { errors: broken, warnings } = ruleErrors(schema, object, { old, path: '', resource: true });
  return { errors: [...errors, ...broken], warnings };
}

function nameErrors(at: string, name: string | undefined, limits: NameLimits): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (limits.maxLength !== undefined && name.length > limits.maxLength) {
    errors.push({ type: 'FieldValueTooLong', field: at, detail: `may not be more than ${limits.maxLength} bytes` });
  }
  if (limits.minLength !== undefined && name.length < limits.minLength) {
    errors.push(invalidValue(at, name, `${at} in body should be at least ${limits.minLength} chars long`));
  }
  if (limits.pattern !== undefined && !compilePattern(limits.pattern).matcher(name).find()) {
    errors.push(invalidValue(at, name, `${at} in body should match '${limits.pattern}'`));
  }
  return errors;
}

const mostReplicas = 2 ** 31 - 1;
/** A scale must be able to show the numbers that its paths lead to. */
function scaleErrors(scale: ObjectRules['scale'], object: KubeObject): FieldError[] {
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  for (const path of [scale.specReplicas, scale.statusReplicas]) {
    const value = valueAt(object, path.slice(1).split('.'));
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value))
      errors.push(invalidValue(path, 0, `${path} accessor error: ${JSON.stringify(value)} is no int64`));
    else if (value < 0) errors.push(invalidValue(path, value, 'should be a non-negative integer'));
    else if (value > mostReplicas) errors.push(invalidValue(path, value, `should be less than or equal to ${mostReplicas}`));
  }
  if (scale.selector === undefined) return errors;
  const selector = valueAt(object, scale.selector.slice(1).split('.'));
  if (selector !== undefined && typeof selector !== 'string') {
    errors.push(invalidValue(scale.selector, '', `${scale.selector} accessor error: ${JSON.stringify(selector)} is no string`));
  }
  return errors;
}
