import type { Operation } from 'fast-json-patch';
import type { Forecast } from '../api/forecast.ts';
import type { FieldChange, Plan, PlanStep } from '../api/plan.ts';
import type { Review } from '../api/review.ts';
import { isRecord, setOwn } from '../base/json.ts';

/** What beside Secrets a report must not tell: values of environment variables, or a field of a kind and all below it. */
export type HideRule = 'env' | { readonly kind: string; readonly group: string | undefined; readonly path: readonly string[] };

/** Reads `env`, `VaultSecret:spec.data` or `VaultSecret.example.com:spec.data`. @throws Error that names the text */
export function parseHideRule(text: string): HideRule {
  if (text === 'env') return 'env';
  const found = /^([A-Za-z][A-Za-z0-9]*)(?:\.([a-z0-9.-]+))?:([\w.-]+)$/.exec(text);
  if (found === null)
    throw new Error(`${JSON.stringify(text)} is nothing that can be hidden: write env, or a kind and a field as VaultSecret:spec.data`);
  const [, kind = '', group, path = ''] = found;
  return { kind, group, path: path.split('.') };
}

const hidden = '(hidden)';
/** A value that is shorter could be anything: it is not looked for in sentences. */
const shortest = 4;

/**
 * A review and its forecast without what the rules hide, in patches, fields and every sentence. Plan ids and digests stay those of the
 * whole plans, so that what is reviewed is still what is applied.
 */
export function hideIn(
  review: Review,
  forecast: Forecast | undefined,
  rules: readonly HideRule[],
): { review: Review; forecast: Forecast | undefined } {
  if (rules.length === 0) return { review, forecast };
  const values = new Set<string>();
  const applications = review.applications.map((application) => ({
    ...application,
    ...(application.plan === undefined ? {} : { plan: hiddenPlan(application.plan, rules, values) }),
    ...(application.drift === undefined ? {} : { drift: hiddenPlan(application.drift, rules, values) }),
  }));
  const told = [...values].filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length);
  const clean = (value: unknown): unknown => withoutTexts(value, told);
  return { review: clean({ ...review, applications }) as Review, forecast: clean(forecast) as Forecast | undefined };
}

function hiddenPlan(plan: Plan, rules: readonly HideRule[], values: Set<string>): Plan {
  return { ...plan, steps: plan.steps.map((step) => hiddenStep(step, rules, values)) };
}

function hiddenStep(step: PlanStep, rules: readonly HideRule[], values: Set<string>): PlanStep {
  const { ref, changes } = step;
  const fit = rules.filter((rule) => rule === 'env' || (rule.kind === ref.kind && (rule.group === undefined || rule.group === ref.group)));
  if (fit.length === 0) return step;
  const take = (path: readonly string[], value: unknown) =>
    fit.reduce((left, rule) => hiddenValue(rule, { path, value: left }, values), value);
  return {
    ...step,
    patch: step.patch.map((operation) => hiddenOperation(operation, take)),
    ...(changes === undefined ? {} : { changes: changes.map((change) => hiddenChange(change, take)) }),
  };
}

type Take = (path: readonly string[], value: unknown) => unknown;
function hiddenOperation(operation: Operation, take: Take): Operation {
  if (!('value' in operation)) return operation;
  const path = operation.path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { ...operation, value: take(path, operation.value) as unknown };
}
function hiddenChange({ path, from, to }: FieldChange, take: Take): FieldChange {
  const parts = partsOf(path);
  const sides = { ...(from === undefined ? {} : { from: take(parts, from) }), ...(to === undefined ? {} : { to: take(parts, to) }) };
  // Both hidden would look as if nothing changed.
  return { path, ...sides, ...(sides.from === hidden && sides.to === hidden ? { to: '(hidden, changed)' } : {}) };
}
/** `spec.containers[web].env[A].value` and `data['a.b']` in parts. */
function partsOf(path: string): string[] {
  return [...path.matchAll(/\['(.*?)'\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, quoted, key, name]) => quoted ?? key ?? name ?? '');
}

interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
}
/** The value at a path, without what the rule hides in it. */
function hiddenValue(rule: HideRule, { path, value }: Place, values: Set<string>): unknown {
  if (rule === 'env') return hiddenEnvironment(path, value, values);
  const [wanted, here] = [rule.path, path.slice(0, rule.path.length)];
  if (here.some((part, index) => part !== wanted[index])) return value;
  return hiddenBelow(value, wanted.slice(here.length), values);
}
function hiddenBelow(value: unknown, path: readonly string[], values: Set<string>): unknown {
  const [next, ...rest] = path;
  if (next === undefined) return hideAll(value, values);
  if (!isRecord(value) || !Object.hasOwn(value, next)) return value;
  return { ...value, [next]: hiddenBelow(value[next], rest, values) };
}

/** Lists named `env`, wherever they are: `env`, `env[2]` or `env[2].value` may be where the path ends. */
function hiddenEnvironment(path: readonly string[], value: unknown, values: Set<string>): unknown {
  const at = path.lastIndexOf('env');
  if (at < 0) return searched(value, values);
  const rest = path.slice(at + 1);
  if (rest.length === 0) return environmentIn(value, values);
  if (rest.length === 1) return variableIn(value, values);
  return rest[1] === 'value' ? hideAll(value, values) : value;
}
function searched(value: unknown, values: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => searched(item, values));
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value))
    setOwn(out, name, name === 'env' ? environmentIn(each, values) : searched(each, values));
  return out;
}
function environmentIn(list: unknown, values: Set<string>): unknown {
  return Array.isArray(list) ? list.map((item) => variableIn(item, values)) : searched(list, values);
}
function variableIn(variable: unknown, values: Set<string>): unknown {
  if (!isRecord(variable) || !Object.hasOwn(variable, 'value')) return variable;
  return { ...variable, value: hideAll(variable['value'], values) };
}

function hideAll(value: unknown, values: Set<string>): unknown {
  for (const text of textsIn(value)) values.add(text);
  return hidden;
}
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item));
  if (isRecord(value)) return Object.values(value).flatMap((item) => textsIn(item));
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function withoutTexts(value: unknown, texts: readonly string[]): unknown {
  if (typeof value === 'string') return texts.reduce((left, text) => left.replaceAll(text, hidden), value);
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item, texts));
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) setOwn(out, name, withoutTexts(each, texts));
  return out;
}
