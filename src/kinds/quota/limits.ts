import type { LimitRangeItem } from '../../api/kinds.generated.ts';
import { canonicalQuantity, compareQuantities, parseQuantity } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import type { Sent } from '../sent.ts';
import { containerNameErrors, mayOvercommit, resourceNameErrors } from './resource-names.ts';

type Item = Sent<LimitRangeItem>;
type Amounts = Readonly<Record<string, string>>;
const types = ['Pod', 'Container', 'PersistentVolumeClaim'];

/** What is wrong with one item of a LimitRange (kubernetes v1.35, ValidateLimitRange). */
export function limitErrors(item: Item, at: string): FieldError[] {
  const { type = '' } = item;
  const errors = typeErrors(type, `${at}.type`);
  const names = new Set<string>();
  const named = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio'): void => {
    for (const name of Object.keys(item[field] ?? {})) {
      const rule = type === 'Pod' || type === 'Container' ? containerNameErrors : resourceNameErrors;
      errors.push(...rule(`${at}.${field}[${name}]`, name));
      names.add(name);
    }
  };
  named('max');
  named('min');
  if (type === 'Pod') errors.push(...podErrors(item, at));
  else {
    named('default');
    named('defaultRequest');
  }
  if (type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  }
  named('maxLimitRequestRatio');
  const pod = type === 'Pod' ? { default: {}, defaultRequest: {} } : {};
  return [...errors, ...[...names].sort().flatMap((name) => orderErrors(name, { ...item, ...pod }, at))];
}

function typeErrors(type: string, at: string): FieldError[] {
  const errors = invalidEach(at, type, qualifiedName(type));
  if (errors.length > 0 || type.includes('/') || types.includes(type)) return errors;
  return [invalidValue(at, type, 'must be a standard limit type or fully qualified')];
}
function podErrors(item: Item, at: string): FieldError[] {
  return (['default', 'defaultRequest'] as const)
    .filter((field) => Object.keys(item[field] ?? {}).length > 0)
    .map((field) => fieldForbidden(`${at}.${field}`, "may not be specified when `type` is 'Pod'"));
}

/** The least may not be more than the most, and what is given by default lies between them. */
function orderErrors(name: string, item: Item, at: string): FieldError[] {
  const of = (amounts: Amounts | undefined): string | undefined => {
    const amount = amounts?.[name];
    return amount === undefined ? undefined : canonicalQuantity(amount);
  };
  const values = { min: of(item.min), max: of(item.max), limit: of(item.default), request: of(item.defaultRequest) };
  const checks: readonly (readonly [keyof typeof values, keyof typeof values, string, string, keyof typeof values])[] = [
    ['min', 'max', 'min', 'min value <a> is greater than max value <b>', 'min'],
    ['min', 'request', 'defaultRequest', 'min value <a> is greater than default request value <b>', 'request'],
    ['request', 'max', 'defaultRequest', 'default request value <a> is greater than max value <b>', 'request'],
    ['request', 'limit', 'defaultRequest', 'default request value <a> is greater than default limit value <b>', 'request'],
    ['min', 'limit', 'default', 'min value <a> is greater than default value <b>', 'min'],
    ['limit', 'max', 'default', 'default value <a> is greater than max value <b>', 'max'],
  ];
  const errors = checks.flatMap(([small, large, field, text, shown]) => {
    const [a, b] = [values[small], values[large]];
    if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) return [];
    return [invalidValue(`${at}.${field}[${name}]`, values[shown], text.replace('<a>', a).replace('<b>', b))];
  });
  errors.push(...ratioErrors(of(item.maxLimitRequestRatio), values, `${at}.maxLimitRequestRatio[${name}]`));
  const { limit, request } = values;
  if (mayOvercommit(name) || limit === undefined || request === undefined || compareQuantities(limit, request) === 0) return errors;
  const text = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  return [...errors, invalidValue(`${at}.defaultRequest[${name}]`, request, text)];
}
function ratioErrors(
  ratio: string | undefined,
  { min, max }: { min: string | undefined; max: string | undefined },
  at: string,
): FieldError[] {
  if (ratio === undefined) return [];
  const errors = compareQuantities(ratio, '1') < 0 ? [invalidValue(at, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined) return errors;
  const number = (text: string): number => Number(parseQuantity(text).nano) / 1e9;
  const limit = number(max) / number(min);
  return number(ratio) > limit
    ? [...errors, invalidValue(at, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)]
    : errors;
}
