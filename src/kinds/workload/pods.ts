import type { LabelSelector, PodTemplateSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';
import { isEmptySelector, labelSelectorErrors, selectorMatches } from '../pod/selectors.ts';
import { templateErrors } from '../pod/spec.ts';

/** Shows as a map that is not there. */
const noMap = { toJSON: () => null };
/** Go shows a map by its sorted keys. */
export function asMap(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort());
}

/** What a kind that keeps pods running says of them. */
export interface Pods {
  readonly selector?: LabelSelector | undefined;
  readonly template?: PodTemplateSpec | undefined;
}

/** The labels of the template that the selector leaves out; none when it matches them. No selector at all matches nothing. */
export function matchErrors({ selector, template }: Pods): FieldError[] {
  const labels = template?.metadata?.labels;
  if (selector !== undefined && selectorMatches(selector, labels ?? {})) return [];
  return [
    invalidValue(
      'spec.template.metadata.labels',
      labels === undefined ? noMap : asMap(labels),
      '`selector` does not match template `labels`',
    ),
  ];
}

/** Such pods run for ever (kubernetes v1.35, ValidatePodTemplateSpecForReplicaSet and its like). */
export function alwaysErrors(template: PodTemplateSpec | undefined, owner: string): FieldError[] {
  const policy = template?.spec?.restartPolicy ?? (template?.spec === undefined ? 'Always' : '');
  const errors = policy === 'Always' ? [] : [notSupported('spec.template.spec.restartPolicy', policy, ['Always'])];
  if (template?.spec?.activeDeadlineSeconds === undefined) return errors;
  const detail = `activeDeadlineSeconds in ${owner} is not Supported`;
  return [...errors, fieldForbidden('spec.template.spec.activeDeadlineSeconds', detail)];
}

/** What is wrong with selector and template of a Deployment or ReplicaSet, which upstream tells in the same words. */
export function replicatedPodsErrors(pods: Pods): FieldError[] {
  const { selector, template } = pods;
  const errors = selectorErrors(selector, 'deployment');
  if (selector !== undefined && labelSelectorErrors(selector, '').length > 0) {
    return [...errors, invalidValue('spec.selector', selector, 'invalid label selector')];
  }
  errors.push(...matchErrors(pods), ...templateErrors(template ?? {}, 'spec.template'));
  return [...errors, ...alwaysErrors(template, 'ReplicaSet')];
}
/** What is wrong with a selector that must be there and select something. */
export function selectorErrors(selector: LabelSelector | undefined, owner: string): FieldError[] {
  if (selector === undefined) return [required('spec.selector')];
  const errors = labelSelectorErrors(selector, 'spec.selector');
  return isEmptySelector(selector)
    ? [...errors, invalidValue('spec.selector', selector, `empty selector is invalid for ${owner}`)]
    : errors;
}
