import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../api/kinds.generated.ts';
import { canonicalQuantity, compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsLabel, pathSegment } from '../names.ts';
import { containerResourceErrors } from '../pod/resources.ts';
import type { Sent } from '../sent.ts';

/** The field that holds a metric's source, by the metric's type. */
export const metricSources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
type SourceName = (typeof metricSources)[keyof typeof metricSources];
/** In the order in which they are looked at. */
const sources: readonly SourceName[] = ['object', 'external', 'pods', 'resource', 'containerResource'];

/** What is wrong with one metric (kubernetes v1.35, validateMetricSpec): its type, its first source, and the others, which may not be. */
export function metricErrors(metric: Sent<MetricSpec>, at: string): FieldError[] {
  const { type = '' } = metric;
  const own = metricSources[type as keyof typeof metricSources] as SourceName | undefined;
  const errors = type === '' ? [required(`${at}.type`, 'must specify a metric source type')] : [];
  const unknown = notSupported(`${at}.type`, type, Object.keys(metricSources));
  if (own === undefined) errors.push(unknown);
  const present = sources.filter((name) => metric[name] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...sourceErrors(metric, first, `${at}.${first}`));
  if (own === undefined) errors.push(unknown);
  else if (metric[own] === undefined) errors.push(required(`${at}.${own}`, 'must populate information for the given metric source'));
  if (present.length === 1) return errors;
  const others = present.filter((name) => name !== own);
  return [...errors, ...others.map((name) => fieldForbidden(`${at}.${name}`, 'must populate the given metric source only'))];
}

function sourceErrors(metric: Sent<MetricSpec>, name: SourceName, at: string): FieldError[] {
  const { target = {} } = metric[name] ?? {};
  const errors = [...subjectErrors(metric, name, at), ...targetErrors(target, `${at}.target`)];
  return [...errors, ...(name === 'resource' || name === 'containerResource' ? ofResource(target, at) : ofValue(target, name, at))];
}
const missingValue: Readonly<Record<'external' | 'object' | 'pods', string>> = {
  external: 'must set either a target value for metric or a per-pod target',
  object: 'must set either a target value or averageValue',
  pods: 'must specify a positive target averageValue',
};
function ofValue({ value, averageValue }: Sent<MetricTarget>, name: 'external' | 'object' | 'pods', at: string): FieldError[] {
  if (averageValue === undefined && (value === undefined || name === 'pods'))
    return [required(`${at}.target.averageValue`, missingValue[name])];
  if (name !== 'external' || value === undefined || averageValue === undefined) return [];
  return [fieldForbidden(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target')];
}
function ofResource({ averageUtilization, averageValue }: Sent<MetricTarget>, at: string): FieldError[] {
  if (averageUtilization === undefined && averageValue === undefined) {
    return [required(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization')];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  return [fieldForbidden(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization')];
}
/** What the metric is of. */
function subjectErrors(metric: Sent<MetricSpec>, name: SourceName, at: string): FieldError[] {
  if (name === 'object') {
    const { describedObject = {}, metric: identifier = {} } = metric.object ?? {};
    return [...referenceErrors(describedObject, `${at}.describedObject`), ...identifierErrors(identifier, `${at}.metric`)];
  }
  if (name === 'external' || name === 'pods') return identifierErrors(metric[name]?.metric ?? {}, `${at}.metric`);
  const { name: resource = '' } = metric[name] ?? {};
  const errors = resource === '' ? [required(`${at}.name`, 'must specify a resource name')] : [];
  return name === 'resource' ? errors : [...errors, ...containerErrors(resource, metric.containerResource?.container, at)];
}
function containerErrors(resource: string, container = '', at = ''): FieldError[] {
  const errors = resource === '' ? [] : containerResourceErrors(resource, `${at}.name`);
  if (container === '') return [...errors, required(`${at}.container`, 'must specify a container')];
  return [...errors, ...invalidEach(`${at}.container`, container, dnsLabel(container))];
}
function identifierErrors({ name = '' }: Sent<MetricIdentifier>, at: string): FieldError[] {
  if (name === '') return [required(`${at}.name`, 'must specify a metric name')];
  return invalidEach(`${at}.name`, name, pathSegment(name));
}
/** What is wrong with the name of another object (ValidateCrossVersionObjectReference). */
export function referenceErrors(reference: Sent<CrossVersionObjectReference>, path: string): FieldError[] {
  return (['kind', 'name'] as const).flatMap((field) => {
    const text = reference[field] ?? '';
    return text === '' ? [required(`${path}.${field}`)] : invalidEach(`${path}.${field}`, text, pathSegment(text));
  });
}

const targetTypes = ['Utilization', 'Value', 'AverageValue'];
function targetErrors(target: Sent<MetricTarget>, at: string): FieldError[] {
  const { type = '', averageUtilization } = target;
  const errors = type === '' ? [required(`${at}.type`, 'must specify a metric target type')] : [];
  if (!targetTypes.includes(type)) errors.push(invalidValue(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field];
    if (amount === undefined || compareQuantities(amount, '0') > 0) continue;
    errors.push(invalidValue(`${at}.${field}`, canonicalQuantity(amount), 'must be positive'));
  }
  if (averageUtilization === undefined || averageUtilization >= 1) return errors;
  return [...errors, invalidValue(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0')];
}
