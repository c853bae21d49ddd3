import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, invalidEach, invalidValue, negative, notSupported, required, tooLong, tooMany } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import { countIndexes } from './indexes.ts';

const mostRules = 20;
const mostExitCodes = 255;
const mostPatterns = 20;
const longestIndexes = 64 * 1024;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const states = ['False', 'True', 'Unknown'];

/** One of a few texts; when it is missing, all are named, as Go prints a list. */
function namedChoiceErrors(value: string | undefined, at: string, choices: readonly string[]): FieldError[] {
  if (!value) return [required(at, `valid values: [${choices.map((one) => JSON.stringify(one)).join(' ')}]`)];
  return choices.includes(value) ? [] : [notSupported(at, value, choices)];
}

/** What is wrong with what happens when a pod fails (kubernetes v1.35, validatePodFailurePolicy). */
export function failurePolicyErrors(spec: JobSpec, path: string): FieldError[] {
  const { rules = [] } = spec.podFailurePolicy ?? {};
  const errors = rules.length > mostRules ? [tooMany(`${path}.rules`, rules.length, mostRules)] : [];
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  return [...errors, ...rules.flatMap((rule, index) => failureRuleErrors(rule, { spec, names }, `${path}.rules[${index}]`))];
}
function failureRuleErrors(rule: PodFailurePolicyRule, of: { spec: JobSpec; names: ReadonlySet<string> }, at: string): FieldError[] {
  const { action, onExitCodes: codes, onPodConditions: patterns = [] } = rule;
  const errors: FieldError[] = [];
  if (action !== 'FailIndex') errors.push(...namedChoiceErrors(action, `${at}.action`, actions));
  else if (of.spec.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (codes !== undefined) errors.push(...exitCodesErrors(codes, of.names, `${at}.onExitCodes`));
  if (patterns.length > mostPatterns) errors.push(tooMany(`${at}.onPodConditions`, patterns.length, mostPatterns));
  for (const [index, { type = '', status }] of patterns.entries()) {
    const here = `${at}.onPodConditions[${index}]`;
    errors.push(...invalidEach(`${here}.type`, type, qualifiedName(type)), ...namedChoiceErrors(status, `${here}.status`, states));
  }
  if (codes !== undefined && patterns.length > 0) {
    errors.push(invalidValue(at, undefined, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (codes === undefined && patterns.length === 0) {
    errors.push(invalidValue(at, undefined, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}
function exitCodesErrors(codes: PodFailurePolicyOnExitCodesRequirement, names: ReadonlySet<string>, at: string): FieldError[] {
  const { operator, containerName: name, values = [] } = codes;
  const errors = namedChoiceErrors(operator, `${at}.operator`, ['In', 'NotIn']);
  if (name !== undefined && !names.has(name)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${at}.containerName`, name, detail));
  }
  if (values.length === 0) errors.push(invalidValue(`${at}.values`, values, 'at least one value is required'));
  else if (values.length > mostExitCodes) errors.push(tooMany(`${at}.values`, values.length, mostExitCodes));
  for (const [index, value] of values.entries()) {
    const here = `${at}.values[${index}]`;
    if (operator === 'In' && value === 0) errors.push(invalidValue(here, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < index) errors.push(duplicate(here, value));
  }
  const ordered = values.every((value, index) => index === 0 || (values[index - 1] as number) <= value);
  return ordered ? errors : [...errors, invalidValue(`${at}.values`, values, 'must be ordered')];
}

/** What is wrong with when an indexed Job has succeeded (validateSuccessPolicy). */
export function successPolicyErrors(spec: JobSpec, path: string): FieldError[] {
  const { rules = [] } = spec.successPolicy ?? {};
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    errors.push(required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  }
  if (rules.length > mostRules) errors.push(tooMany(`${path}.rules`, rules.length, mostRules));
  return [...errors, ...rules.flatMap((rule, index) => successRuleErrors(rule, spec.completions ?? 0, `${path}.rules[${index}]`))];
}
function successRuleErrors({ succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule, completions: number, at: string) {
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let total = 0;
  if (indexes !== undefined) {
    if (indexes.length > longestIndexes) errors.push(tooLong(`${at}.succeededIndexes`, longestIndexes));
    const read = countIndexes(indexes, completions);
    if ('value' in read) total = read.value;
    else errors.push(invalidValue(`${at}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${read.fault}`));
  }
  if (count === undefined) return errors;
  errors.push(...negative(`${at}.succeededCount`, count));
  const most = (limit: number, of: string): FieldError => {
    return invalidValue(`${at}.succeededCount`, count, `must be less than or equal to ${limit} (the number of ${of})`);
  };
  if (count > completions) errors.push(most(completions, 'specified completions'));
  if (indexes !== undefined && count > total) errors.push(most(total, 'indexes in the specified succeededIndexes field'));
  return errors;
}
