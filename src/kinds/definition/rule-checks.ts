import type { FieldError } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import type { Schema } from '../../schema/schema.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { compiledRules, type CompiledRule } from './rule-programs.ts';

const mostPerRule = 10_000_000;
const mostPerSchema = 100_000_000;
const advice = 'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';

interface Walk {
  readonly errors: FieldError[];
  readonly costs: { readonly path: string; readonly cost: number }[];
  total: number;
}
/** Where a schema stands. `times`: how many of its values an object has at most; undefined when nothing bounds them. */
interface Place {
  readonly path: string;
  readonly resource: boolean;
  readonly times: number | undefined;
  /** The first part of the schema within which old and new values cannot be told to belong together. */
  readonly unrelated: string | undefined;
}

/**
 * What is wrong with the expressions of a schema's rules: that they do not compile, that they may cost too much, that they ask for a
 * former value where there is none (apiextensions-apiserver v1.35).
 */
export function ruleCheckErrors(schema: Schema, path: string): FieldError[] {
  const walk: Walk = { errors: [], costs: [], total: 0 };
  check(schema, { path, resource: true, times: 1, unrelated: undefined }, walk);
  if (walk.total > mostPerSchema) {
    const dearest = walk.costs.filter(({ cost }) => cost >= mostPerSchema / 100).sort((a, b) => b.cost - a.cost);
    for (const { path: at } of dearest.slice(0, 4)) {
      const detail = 'contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema';
      walk.errors.push(fieldForbidden(at, detail));
    }
    const what = 'x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema';
    walk.errors.push(fieldForbidden(path, tooDear(what, walk.total, mostPerSchema)));
  }
  return walk.errors;
}

function tooDear(what: string, cost: number, most: number): string {
  const factor = cost / most;
  const text = factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${text} (${advice})`;
}

function check(schema: Schema, place: Place, walk: Walk): void {
  // What our own files say is not the user's.
  if (schema.path !== undefined) return;
  const { additional, items, source } = schema;
  const atomic = source['x-kubernetes-map-type'] === 'atomic';
  const within = (path: string, child: Schema): Place => ({ ...place, path, resource: child.embeddedResource === true });
  if (additional !== undefined && isRecord(source['additionalProperties'])) {
    const times = product(place.times, source['maxProperties']);
    check(additional, { ...within(`${place.path}.additionalProperties`, additional), times }, walk);
  }
  for (const [name, child] of schema.properties) {
    const below = within(`${place.path}.properties[${name}]`, child);
    check(child, { ...below, unrelated: place.unrelated ?? (atomic ? place.path : undefined) }, walk);
  }
  if (items !== undefined) {
    const unrelated = place.unrelated ?? (schema.listType === 'map' ? undefined : place.path);
    check(items, { ...within(`${place.path}.items`, items), times: product(place.times, source['maxItems']), unrelated }, walk);
  }
  checkOwn(schema, place, walk);
}
function product(times: number | undefined, most: unknown): number | undefined {
  return times === undefined || typeof most !== 'number' ? undefined : times * Math.max(0, most);
}

function checkOwn(schema: Schema, place: Place, walk: Walk): void {
  const compiled = compiledRules(schema, place.resource);
  for (const [index, one] of (compiled?.rules ?? []).entries()) {
    const at = `${place.path}.x-kubernetes-validations[${index}]`;
    const times = place.times ?? compiled?.mostTimes ?? 1;
    if ('problem' in one.program) walk.errors.push(invalidValue(`${at}.rule`, one.rule, one.program.problem));
    else observe(walk, { path: `${at}.rule`, cost: one.program.estimatedCost * times, what: 'estimated rule cost' });
    if (one.message !== undefined) {
      const path = `${at}.messageExpression`;
      if ('problem' in one.message) walk.errors.push(invalidValue(path, one.rule, one.message.problem));
      else observe(walk, { path, cost: one.message.estimatedCost, what: 'estimated messageExpression cost' });
    }
    walk.errors.push(...oldSelfErrors(one, at, place));
  }
}
function observe(walk: Walk, { path, cost, what }: { path: string; cost: number; what: string }): void {
  if (cost > mostPerRule) walk.errors.push(fieldForbidden(path, tooDear(what, cost, mostPerRule)));
  walk.total += cost;
  walk.costs.push({ path, cost });
}
function oldSelfErrors({ rule, usesOldSelf, program }: CompiledRule, at: string, { unrelated }: Place): FieldError[] {
  if (usesOldSelf) {
    if (unrelated === undefined) return [];
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${unrelated}`;
    return [invalidValue(`${at}.rule`, rule.rule, detail)];
  }
  if (rule.optionalOldSelf === undefined || 'problem' in program) return [];
  return [invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')];
}
