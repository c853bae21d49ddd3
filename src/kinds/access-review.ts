import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
} from '../api/kinds.generated.ts';
import type { ObjectMeta } from '../api/object.ts';
import type { FieldError } from '../api/status.ts';
import { fieldForbidden, invalidValue, required } from './field-errors.ts';
import { labelSelectorErrors } from './pod/selectors.ts';
import type { Sent } from './sent.ts';

/** A question whether somebody may do something. */
export interface AccessReview {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly resourceAttributes?: ResourceAttributes | undefined;
    readonly nonResourceAttributes?: NonResourceAttributes | undefined;
    readonly user?: string | undefined;
    readonly groups?: readonly string[] | undefined;
  };
}
const attributesField = 'spec.resourceAttributes';

/** What is wrong with a SubjectAccessReview and its like (kubernetes v1.35, authorization ValidateSubjectAccessReview and its siblings). */
export function accessReviewErrors({ metadata, spec = {} }: AccessReview, of: 'anybody' | 'oneself' | 'namespace'): FieldError[] {
  const { resourceAttributes, nonResourceAttributes, user = '', groups = [] } = spec;
  const errors = attributesErrors(resourceAttributes, nonResourceAttributes);
  if (of !== 'oneself' && user === '' && groups.length === 0) {
    errors.push(invalidValue('spec.user', user, 'at least one of user or group must be specified'));
  }
  errors.push(...selectorErrors(resourceAttributes?.fieldSelector, `${attributesField}.fieldSelector`));
  errors.push(...selectorErrors(resourceAttributes?.labelSelector, `${attributesField}.labelSelector`));
  errors.push(...metadataErrors(metadata, of === 'namespace'));
  if (of !== 'namespace') return errors;
  const asked = resourceAttributes?.namespace ?? '';
  if (resourceAttributes !== undefined && asked !== metadata.namespace) {
    errors.push(invalidValue(`${attributesField}.namespace`, asked, 'must match metadata.namespace'));
  }
  if (nonResourceAttributes === undefined) return errors;
  return [...errors, invalidValue('spec.nonResourceAttributes', shownPath(nonResourceAttributes), 'disallowed on this kind of request')];
}

function attributesErrors(resource: ResourceAttributes | undefined, path: NonResourceAttributes | undefined): FieldError[] {
  if (resource !== undefined && path !== undefined) {
    return [invalidValue('spec.nonResourceAttributes', shownPath(path), 'cannot be specified in combination with resourceAttributes')];
  }
  if (resource !== undefined || path !== undefined) return [];
  return [invalidValue(attributesField, null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
}
/** Attributes as they are within upstream's server, which its messages show. */
function shownPath({ path = '', verb = '' }: NonResourceAttributes): object {
  return { Path: path, Verb: verb };
}

/** A review is no object that could be kept: it has no name and nothing else of one. */
function metadataErrors(metadata: ObjectMeta, namespaced: boolean): FieldError[] {
  const { managedFields: _who, namespace, ...rest } = metadata;
  const others = namespaced || namespace === undefined || namespace === '' ? rest : { namespace, ...rest };
  const empty = Object.values(others as Record<string, unknown>).every((value) => value === undefined || value === '');
  return empty ? [] : [invalidValue('metadata', metadata, namespaced ? 'must be empty except for namespace' : 'must be empty')];
}

function selectorErrors(selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined, at: string): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = '', requirements = [] }: Sent<FieldSelectorAttributes> = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0) {
    errors.push(invalidValue(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'));
  }
  if (rawSelector === '' && requirements.length === 0) {
    errors.push(required(`${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`));
  }
  const labels = at.endsWith('labelSelector');
  return [
    ...errors,
    ...requirements.flatMap((rule, index) => {
      const here = `${at}.requirements[${index}]`;
      return labels ? labelRuleErrors(rule, here) : fieldRuleErrors(rule, here);
    }),
  ];
}
interface Requirement {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly values?: readonly string[] | undefined;
}
/** Operators that nobody knows are let through, since a newer client may know them. */
function labelRuleErrors(rule: Requirement, at: string): FieldError[] {
  const complete = { key: rule.key ?? '', operator: rule.operator ?? '', values: [...(rule.values ?? [])] };
  return labelSelectorErrors({ matchExpressions: [complete] } as never, '')
    .map((error) => ({ ...error, field: error.field.replace('.matchExpressions[0]', at) }))
    .filter(({ field }) => !field.endsWith('.operator'));
}
function fieldRuleErrors({ key = '', operator = '', values = [] }: Requirement, at: string): FieldError[] {
  const errors = key === '' ? [required(`${at}.key`, 'must be specified')] : [];
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    errors.push(fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  }
  return errors;
}
