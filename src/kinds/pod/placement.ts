import type { Affinity, PodAffinityTerm, PodSpec, Toleration } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, invalidEach, invalidValue, required } from '../field-errors.ts';
import { labelErrors } from '../metadata.ts';
import { labelValue, qualifiedName } from '../names.ts';
import { labelSelectorErrors, nodeTermErrors } from './selectors.ts';

/** What is wrong with where a pod may run: node selector, affinity, tolerations, spread, gates. */
export function placementErrors(spec: PodSpec, path: string): FieldError[] {
  const errors = labelErrors(spec.nodeSelector, `${path}.nodeSelector`);
  if (spec.affinity !== undefined) errors.push(...affinityErrors(spec.affinity, `${path}.affinity`));
  errors.push(...(spec.tolerations ?? []).flatMap((one, index) => tolerationErrors(one, `${path}.tolerations[${index}]`)));
  if (spec.topologySpreadConstraints !== undefined) errors.push(...spreadErrors(spec, path));
  const gates = new Set<string>();
  for (const [index, gate] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${index}]`;
    errors.push(...invalidEach(`${at}.name`, gate.name, qualifiedName(gate.name)));
    if (gates.has(gate.name)) errors.push(duplicate(at, gate.name));
    gates.add(gate.name);
  }
  return errors;
}

function affinityErrors(affinity: Affinity, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const hard = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const nodePath = `${path}.nodeAffinity`;
  if (hard !== undefined) {
    const at = `${nodePath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    if (hard.nodeSelectorTerms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
    errors.push(...hard.nodeSelectorTerms.flatMap((term, index) => nodeTermErrors(term, `${at}[${index}]`)));
  }
  for (const [index, soft] of (affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    errors.push(...nodeTermErrors(soft.preference, `${nodePath}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`));
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const hardAt = `${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, term] of (affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...podTermErrors(term, `${hardAt}[${index}]`));
    }
    const softAt = `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, term] of (affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...podTermErrors(term.podAffinityTerm, `${softAt}[${index}].podAffinityTerm`));
    }
  }
  return errors;
}
function podTermErrors(term: PodAffinityTerm, at: string): FieldError[] {
  const errors = labelSelectorErrors(term.labelSelector, `${at}.labelSelector`);
  errors.push(...labelSelectorErrors(term.namespaceSelector, `${at}.namespaceSelector`));
  if (term.topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  else errors.push(...invalidEach(`${at}.topologyKey`, term.topologyKey, qualifiedName(term.topologyKey)));
  return errors;
}

function tolerationErrors(one: Toleration, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const key = one.key ?? '';
  const operator = one.operator ?? '';
  if (key !== '') errors.push(...invalidEach(`${at}.key`, key, qualifiedName(key)));
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${at}.operator`, operator, detail));
  }
  if (one.tolerationSeconds !== undefined && one.effect !== 'NoExecute') {
    errors.push(invalidValue(`${at}.effect`, one.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === 'Exists' && (one.value ?? '') !== '') {
    errors.push(invalidValue(`${at}.operator`, one, "value must be empty when `operator` is 'Exists'"));
  } else if (operator !== 'Exists') errors.push(...invalidEach(`${at}.operator`, one.value ?? '', labelValue(one.value ?? '')));
  return errors;
}

function spreadErrors(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (spec.topologySpreadConstraints ?? []).flatMap((constraint, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const errors = labelSelectorErrors(constraint.labelSelector, `${at}.labelSelector`);
    if (constraint.topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (constraint.minDomains !== undefined && constraint.minDomains <= 0) {
      errors.push(invalidValue(`${at}.minDomains`, constraint.minDomains, 'must be greater than zero'));
    }
    return errors;
  });
}
