import type { LabelSelector, PodSpec, PodTemplateSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { annotationErrors, labelErrors } from '../metadata.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts';
import { containersErrors, idErrors } from './containers.ts';
import { placementErrors } from './placement.ts';
import { isEmptySelector, labelSelectorErrors, selectorMatches } from './selectors.ts';
import { volumeErrors } from './volumes.ts';

/** What is wrong with a pod's spec (kubernetes v1.35, ValidatePodSpec). Closed sets and bounds are the schema's matter. */
export function podSpecErrors(spec: PodSpec, path: string): FieldError[] {
  const errors = [...volumeErrors(spec, path), ...containersErrors(spec, path), ...placementErrors(spec, path)];
  errors.push(...namesErrors(spec, path), ...dnsErrors(spec, path));
  for (const [index, gate] of (spec.readinessGates ?? []).entries()) {
    errors.push(...invalidEach(`${path}.readinessGates[${index}].conditionType`, gate.conditionType, qualifiedName(gate.conditionType)));
  }
  const { securityContext } = spec;
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
    errors.push(...idErrors(securityContext?.[field], `${path}.securityContext.${field}`));
  }
  return errors;
}

function namesErrors(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['nodeName', 'serviceAccountName', 'priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[field];
    if (name) errors.push(...invalidEach(`${path}.${field}`, name, dnsSubdomain(name)));
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field];
    if (name) errors.push(...invalidEach(`${path}.${field}`, name, dnsLabel(name)));
  }
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!secret.name) errors.push(required(`${path}.imagePullSecrets[${index}].name`));
  }
  return errors;
}

function dnsErrors(spec: PodSpec, path: string): FieldError[] {
  const at = `${path}.dnsConfig`;
  const { nameservers = [], searches = [] } = spec.dnsConfig ?? {};
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === 'None' && spec.dnsConfig === undefined) {
    errors.push(required(at, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  } else if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    errors.push(required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  if (nameservers.length > 3) errors.push(invalidValue(`${at}.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  if (searches.length > 32) errors.push(invalidValue(`${at}.searches`, searches, 'must not have more than 32 search paths'));
  return errors;
}

/** What is wrong with a template that pods are made from; `path` is where it stands, `spec.template`. */
export function templateErrors(template: PodTemplateSpec, path: string): FieldError[] {
  const { spec, metadata } = template;
  const errors = [...labelErrors(metadata?.labels, `${path}.labels`), ...annotationErrors(metadata?.annotations, `${path}.annotations`)];
  if (spec === undefined) return [...errors, required(`${path}.spec.containers`)];
  errors.push(...podSpecErrors(spec, `${path}.spec`));
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(fieldForbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}

/** What is wrong with selector and template of a kind that keeps pods running (Deployment, ReplicaSet). */
export function workloadErrors(spec: { selector: LabelSelector; template?: PodTemplateSpec }): FieldError[] {
  const { selector, template } = spec;
  const errors = labelSelectorErrors(selector, 'spec.selector');
  if (isEmptySelector(selector)) errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  if (template === undefined) return [...errors, required('spec.template')];
  const labels = template.metadata?.labels ?? {};
  if (!isEmptySelector(selector) && !selectorMatches(selector, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  errors.push(...templateErrors(template, 'spec.template'));
  const policy = template.spec?.restartPolicy;
  if (policy !== undefined && policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(fieldForbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  }
  return errors;
}
