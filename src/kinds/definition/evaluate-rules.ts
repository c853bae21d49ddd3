import { bindValue } from '../../cel/schema-value.ts';
import { CelError, Optional, type Value } from '../../cel/value.ts';
import type { Program } from '../../cel/program.ts';
import { fieldErrorText, type FieldError, type FieldErrorType } from '../../api/status.ts';
import { isRecord, jsonEqual } from '../../base/json.ts';
import type { Schema } from '../../schema/schema.ts';
import { formerItem } from '../../schema/validate.ts';
import { invalidValue } from '../field-errors.ts';
import { fieldPathOf } from './field-path.ts';
import { compiledRules, type CompiledRule } from './rule-programs.ts';
import { rulesOf, type Rule } from './rule-texts.ts';

/** Costs in cel-go's units: of one evaluation, and of all for one object. */
const mostPerCall = 1_000_000;
const mostPerObject = 10_000_000;

/** What rules say of a value. A broken rule that the change did not touch is a warning (ratcheting). */
export interface RuleVerdict {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/**
 * Evaluates the rules of a schema and of all below it. `old` is what was stored, for rules about changes; `path` stands in front of
 * fields. When the budget is spent, no further rules are run, and that is an error (apiextensions-apiserver v1.35, schema/cel).
 */
export function ruleErrors(schema: Schema, value: unknown, about: { old: unknown; path: string; resource?: boolean }): RuleVerdict {
  if (!hasRules(schema)) return { errors: [], warnings: [] };
  const walk: Walk = { errors: [], warnings: [], budget: mostPerObject };
  const { old, path, resource = schema.embeddedResource === true } = about;
  visit(schema, value, { path, old, resource, kept: old !== undefined, depth: 0 }, walk);
  return walk;
}

interface Walk {
  readonly errors: FieldError[];
  readonly warnings: string[];
  /** Negative: nothing runs any more. */
  budget: number;
}
interface Place {
  readonly path: string;
  readonly old: unknown;
  readonly resource: boolean;
  /** Whether a former value belongs to this one; else `unchanged` says whether the nearest that has one is as it was. */
  readonly kept: boolean;
  readonly unchanged?: () => boolean;
  readonly depth: number;
}

const withRules = new WeakMap<Schema, boolean>();
/** Does a rule stand here or anywhere below? Most schemas have none, and are not walked. */
export function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema);
  if (known !== undefined) return known;
  withRules.set(schema, false);
  const children = [
    ...schema.properties.values(),
    ...(schema.items ? [schema.items] : []),
    ...(schema.additional ? [schema.additional] : []),
  ];
  const found = rulesOf(schema.source).length > 0 || children.some(hasRules);
  withRules.set(schema, found);
  return found;
}

function visit(schema: Schema, value: unknown, place: Place, walk: Walk): void {
  if (walk.budget < 0 || value === null || value === undefined || !hasRules(schema)) return;
  evaluateOwn(schema, value, place, walk);
  if (Array.isArray(value)) visitItems(schema, value, place, walk);
  else if (isRecord(value)) visitMembers(schema, value, place, walk);
}

function visitItems(schema: Schema, list: readonly unknown[], place: Place, walk: Walk): void {
  const { items } = schema;
  if (items === undefined || !hasRules(items)) return;
  list.forEach((item, index) => {
    const old = schema.listType === 'map' ? formerItem(schema, place.old, { item }) : undefined;
    const former = formerItem(schema, place.old, { item, index });
    const below = belowOf(place, { path: `${place.path}[${index}]`, value: list, former });
    visit(items, item, { ...below, old, resource: items.embeddedResource === true }, walk);
  });
}

function visitMembers(schema: Schema, record: Readonly<Record<string, unknown>>, place: Place, walk: Walk): void {
  const related = schema.mapType !== 'atomic';
  for (const [name, inner] of Object.entries(record)) {
    const named = schema.properties.get(name);
    const child = named ?? schema.additional;
    if (child === undefined || !hasRules(child)) continue;
    const former = isRecord(place.old) && Object.hasOwn(place.old, name) ? place.old[name] : undefined;
    const path = named === undefined ? `${place.path}[${name}]` : place.path === '' ? name : `${place.path}.${name}`;
    const below = belowOf(place, { path, value: record, former });
    visit(child, inner, { ...below, old: related ? former : undefined, resource: child.embeddedResource === true }, walk);
  }
}
function belowOf(
  place: Place,
  { path, value, former }: { path: string; value: unknown; former: unknown },
): Omit<Place, 'old' | 'resource'> {
  const depth = place.depth + 1;
  if (former !== undefined && place.kept) return { path, kept: true, depth };
  return { path, kept: false, unchanged: place.unchanged ?? (() => place.kept && jsonEqual(place.old, value)), depth };
}

function evaluateOwn(schema: Schema, value: unknown, place: Place, walk: Walk): void {
  const compiled = compiledRules(schema, place.resource);
  if (compiled === undefined) return;
  const { old } = place;
  const shown = shownType(schema);
  const variables = bound(schema, value, place);
  for (const one of compiled.rules) {
    if (walk.budget <= 0) {
      walk.budget = -1;
      const detail = 'validation failed due to running out of cost budget, no further validation rules will be run';
      walk.errors.push(invalidValue(fieldOf(place), shown, detail));
      return;
    }
    const optional = one.rule.optionalOldSelf === true;
    if (one.usesOldSelf && old === undefined && !optional) continue;
    if (typeof variables === 'string') {
      walk.errors.push(invalidValue(fieldOf(place), shown, `${variables} evaluating rule: ${ruleName(one.rule)}`));
      continue;
    }
    const given = optional ? { ...variables, oldSelf: new Optional(variables['oldSelf']) } : variables;
    evaluateOne(one, { schema, shown, place, given, unchanged: () => isUnchanged(place, value) }, walk);
    if (walk.budget < 0) return;
  }
}
/** A rule whose field is the whole object has no field in its message. */
const fieldOf = ({ path }: Place): string => (path === '' ? '<nil>' : path);
function shownType({ type, source }: Schema): string {
  return type === 'int-or-string' || type === 'any' ? (typeof source['type'] === 'string' ? source['type'] : '') : type;
}
function isUnchanged(place: Place, value: unknown): boolean {
  if (place.kept) return jsonEqual(place.old, value);
  return place.unchanged?.() ?? false;
}

/** The values of `self` and `oldSelf`, or why there are none. */
function bound(schema: Schema, value: unknown, { old, resource }: Place): Record<string, Value> | string {
  try {
    const self = bindValue(value, schema, resource);
    return old === undefined ? { self } : { self, oldSelf: bindValue(old, schema, resource) };
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

interface Evaluation {
  readonly schema: Schema;
  readonly shown: string;
  readonly place: Place;
  readonly given: Record<string, Value>;
  readonly unchanged: () => boolean;
}
function evaluateOne(one: CompiledRule, about: Evaluation, walk: Walk): void {
  const { rule, program } = one;
  const { place, shown } = about;
  const wrong = (detail: string): void => {
    walk.errors.push(invalidValue(fieldOf(place), shown, detail));
  };
  if ('problem' in program) return wrong(`rule compile error: ${program.problem}`);
  const outcome = program.run(about.given, mostPerCall);
  if (outcome.exceeded) {
    walk.budget = -1;
    const detail = 'no further validation rules will be run due to call cost exceeds limit for rule';
    return wrong(`'operation cancelled: actual cost limit exceeded': ${detail}: ${ruleName(rule)}`);
  }
  if (outcome.cost > walk.budget) {
    walk.budget = -1;
    return wrong('validation failed due to running out of cost budget, no further validation rules will be run');
  }
  walk.budget -= outcome.cost;
  if (outcome.error?.startsWith('no such overload')) {
    const detail = 'call arguments did not match a supported operator, function or macro signature for rule';
    return wrong(`'${outcome.error}': ${detail}: ${ruleName(rule)}`);
  }
  if (outcome.error !== undefined) return wrong(`${outcome.error} evaluating rule: ${ruleName(rule)}`);
  if (outcome.value !== true) broken(one, about, walk);
}
const ruleName = ({ rule, message }: Rule): string => (message ? message.trim() : rule.trim());

function broken(one: CompiledRule, about: Evaluation, walk: Walk): void {
  const { rule } = one;
  const { place, schema, shown } = about;
  const aimed = rule.fieldPath === undefined ? undefined : fieldPathOf(rule.fieldPath, schema.source);
  const below = aimed !== undefined && 'field' in aimed ? aimed.field : '';
  const field =
    below === '' ? fieldOf(place) : place.path === '' ? below : below.startsWith('[') ? `${place.path}${below}` : `${place.path}.${below}`;
  const spoken = one.message !== undefined && 'run' in one.message ? spokenMessage(one.message, about.given, walk) : undefined;
  const detail = spoken ?? (rule.message ? rule.message.trim() : `failed rule: ${ruleName(rule)}`);
  const error: FieldError = { type: typeOf(rule), field, value: shown, detail };
  const told = error.type === 'FieldValueDuplicate' ? { ...error, detail: '' } : error;
  if (!one.usesOldSelf && about.unchanged()) walk.warnings.push(fieldErrorText(told));
  else walk.errors.push(told);
}
function typeOf({ reason }: Rule): FieldErrorType {
  return reason === 'FieldValueForbidden' || reason === 'FieldValueRequired' || reason === 'FieldValueDuplicate'
    ? reason
    : 'FieldValueInvalid';
}

const longestMessage = 5 * 1024;
/** The text that a message expression makes; undefined when it makes none that can be shown. */
function spokenMessage(program: Program, given: Record<string, Value>, walk: Walk): string | undefined {
  const outcome = program.run(given, Math.min(mostPerCall, Math.max(0, walk.budget)));
  walk.budget -= outcome.cost;
  if (typeof outcome.value !== 'string') return undefined;
  const text = outcome.value.trim();
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > longestMessage ? undefined : text;
}
