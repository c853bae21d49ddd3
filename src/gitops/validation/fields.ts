import { fieldErrorText, type FieldError } from '../../api/status.ts';
import type { KubeObject } from '../../api/object.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { SchemaError } from '../../schema/marks.ts';
import type { Schema } from '../../schema/schema.ts';
import { dropUnknown, pathText } from '../../schema/unknown.ts';
import { validate } from '../../schema/validate.ts';
import { nearest } from '../nearest.ts';

/** One thing wrong inside an object. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  /** Begins with the path as text. */
  readonly message: string;
}

/** All that the schema finds wrong: unknown fields first, then values, in the order of the object. No value of a Secret is in a message. */
export function fieldProblems(schema: Schema, object: KubeObject): FieldProblem[] {
  const out: FieldProblem[] = [];
  unknownFields(schema, object, { steps: [], found: (path, known) => out.push(unknownField(path, known)) });
  try {
    const { value } = dropUnknown(schema, object);
    for (const error of validate(schema, value)) out.push(fieldProblem(object, error));
  } catch (error) {
    // A pattern that cannot be compiled: the schema's fault, which its own definition is told of; the server judges.
    if (!(error instanceof SchemaError)) throw error;
  }
  return out;
}

function unknownField(path: readonly (string | number)[], known: Iterable<string>): FieldProblem {
  const key = String(path.at(-1));
  const [like] = nearest(key, known);
  const hint = like === undefined ? '' : `: did you mean ${JSON.stringify(like)}?`;
  return { path, message: `${pathText(path)}: unknown field${hint}` };
}

/** A field error with its place; of a Secret, and of maps and lists, without the value. */
export function fieldProblem(object: KubeObject, error: FieldError): FieldProblem {
  const { value, ...rest } = error;
  if (error.type === 'FieldValueTypeInvalid') return typeProblem(object, error);
  const silent = object.kind === 'Secret' || (typeof value === 'object' && value !== null);
  const path = fieldSteps(object, error.field);
  return { path, message: fieldErrorText(silent || value === undefined ? rest : error, error.field !== '') };
}

/** What stands there and what should; the server's own words name the types alone. */
function typeProblem(object: KubeObject, error: FieldError): FieldProblem {
  const path = fieldSteps(object, error.field);
  const written = valueAt(object, path);
  const wanted = /must be of type (\w+)/.exec(error.detail)?.[1] ?? 'another type';
  const plain = object.kind !== 'Secret' && (typeof written !== 'object' || written === null);
  const kind = Array.isArray(written) ? 'a list' : typeof written === 'object' ? 'a map' : `a ${typeof written}`;
  const shown = plain ? JSON.stringify(written) : kind;
  const hint =
    wanted === 'string' && typeof written !== 'object' ? '; quote it (yes, no, on, off, y, n and numbers are no text in YAML)' : '';
  return { path, message: `${error.field}: Invalid value: ${shown}: must be of type ${wanted}${hint}` };
}

interface Unknown {
  readonly steps: (string | number)[];
  readonly found: (path: readonly (string | number)[], known: Iterable<string>) => void;
}
/** Published documents do not close their objects, so Ajv cannot find what they lack. */
function unknownFields(schema: Schema, value: unknown, at: Unknown): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) value.forEach((item, index) => below(schema.items as Schema, index, { item: item as unknown, at }));
    return;
  }
  if (!isRecord(value) || (schema.type === 'any' && schema.properties.size === 0)) return;
  for (const key of Object.keys(value)) {
    const child = schema.properties.get(key) ?? schema.additional;
    if (child !== undefined) below(child, key, { item: value[key], at });
    else if (schema.preserveUnknown !== true && isClosed(schema)) at.found([...at.steps, key], schema.properties.keys());
  }
}
function below(schema: Schema, step: string | number, { item, at }: { item: unknown; at: Unknown }): void {
  if (typeof item !== 'object' || item === null) return;
  at.steps.push(step);
  unknownFields(schema, item, at);
  at.steps.pop();
}
/** An object whose fields nobody wrote down may hold anything (a FieldsV1, a raw extension). */
function isClosed(schema: Schema): boolean {
  return schema.properties.size > 0 || schema.custom === true;
}

/** The steps of a field's text in an object: `metadata.labels[a.b/c]`, `spec.ports[0].name`. Keys with dots are told by the object. */
export function fieldSteps(object: unknown, field: string): (string | number)[] {
  const steps: (string | number)[] = [];
  let value = object;
  let rest = field;
  while (rest !== '') {
    const { step, length } = nextStep(value, rest);
    steps.push(step);
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
    rest = rest.slice(length).replace(/^\./, '');
  }
  return steps;
}
function nextStep(value: unknown, rest: string): { step: string | number; length: number } {
  if (rest.startsWith('[')) {
    const end = rest.indexOf(']') < 0 ? rest.length : rest.indexOf(']');
    const text = rest.slice(1, end);
    return { step: Array.isArray(value) && /^\d+$/.test(text) ? Number(text) : text, length: end + 1 };
  }
  const known = isRecord(value)
    ? Object.keys(value).filter((key) => rest === key || (rest.startsWith(key) && /[.[]/.test(rest[key.length] ?? '')))
    : [];
  const longest = known.reduce((a, b) => (b.length > a.length ? b : a), '');
  const step = longest === '' ? (/^[^.[]+/.exec(rest)?.[0] ?? rest) : longest;
  return { step: Array.isArray(value) && /^\d+$/.test(step) ? Number(step) : step, length: step.length };
}
