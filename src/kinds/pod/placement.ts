import type { Affinity, NodeAffinity, PodAffinityTerm, PodSpec, Toleration } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsLabel, labelValue, qualifiedName } from '../names.ts';
import { labelSelectorErrors, nodeSelectorErrors, nodeTermErrors } from './selectors.ts';

/** What is wrong with near what a pod is to run (kubernetes v1.35, validateAffinity). */
export function affinityErrors(affinity: Affinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const errors = affinity.nodeAffinity === undefined ? [] : nodeAffinityErrors(affinity.nodeAffinity, `${path}.nodeAffinity`);
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const hardAt = `${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, term] of (affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...podTermErrors(term, `${hardAt}[${index}]`));
    }
    const softAt = `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, { weight, podAffinityTerm }] of (affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...weightErrors(weight, `${softAt}[${index}]`), ...podTermErrors(podAffinityTerm, `${softAt}[${index}].podAffinityTerm`));
    }
  }
  return errors;
}
function nodeAffinityErrors(affinity: NodeAffinity, path: string): FieldError[] {
  const { requiredDuringSchedulingIgnoredDuringExecution: hard, preferredDuringSchedulingIgnoredDuringExecution: soft = [] } = affinity;
  const errors = hard === undefined ? [] : nodeSelectorErrors(hard, `${path}.requiredDuringSchedulingIgnoredDuringExecution`);
  for (const [index, { weight, preference }] of soft.entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...weightErrors(weight, at), ...nodeTermErrors(preference ?? {}, `${at}.preference`, { anyValue: true }));
  }
  return errors;
}
function weightErrors(weight: number | undefined, at: string): FieldError[] {
  const good = weight !== undefined && weight > 0 && weight <= 100;
  return good ? [] : [invalidValue(`${at}.weight`, weight ?? 0, 'must be in the range 1-100')];
}

/** Another namespace is told as `namespace`, though the field is a list. */
function podTermErrors(term: PodAffinityTerm, at: string): FieldError[] {
  const errors = labelSelectorErrors(term.labelSelector, `${at}.labelSelector`);
  errors.push(...labelSelectorErrors(term.namespaceSelector, `${at}.namespaceSelector`));
  for (const name of term.namespaces ?? []) errors.push(...invalidEach(`${at}.namespace`, name, dnsLabel(name)));
  errors.push(...labelKeysErrors(term, at));
  const { topologyKey = '' } = term as Partial<PodAffinityTerm>;
  if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  return [...errors, ...invalidEach(`${at}.topologyKey`, topologyKey, qualifiedName(topologyKey))];
}
/** Keys whose values come from the pod itself (validateMatchLabelKeysAndMismatchLabelKeys). */
function labelKeysErrors(term: PodAffinityTerm, at: string): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector: selector } = term;
  const errors = [
    ...keyErrors(matchLabelKeys, `${at}.matchLabelKeys`, selector !== undefined),
    ...keyErrors(mismatchLabelKeys, `${at}.mismatchLabelKeys`, selector !== undefined),
  ];
  const own = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const index = matchLabelKeys.indexOf(key);
    if (index >= 0 && own.has(key)) errors.push(invalidValue(`${at}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    own.add(key);
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    errors.push(invalidValue(`${at}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  }
  return errors;
}
function keyErrors(keys: readonly string[], at: string, selected: boolean): FieldError[] {
  if (keys.length === 0) return [];
  if (!selected) return [fieldForbidden(at, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) => invalidEach(`${at}[${index}]`, key, qualifiedName(key)));
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** What is wrong with the taints that a pod bears (kubernetes v1.35, ValidateTolerations). */
export function tolerationErrors(tolerations: readonly Toleration[] | undefined, path: string): FieldError[] {
  return (tolerations ?? []).flatMap((one, index) => oneTolerationErrors(one, `${path}[${index}]`));
}
function oneTolerationErrors(one: Toleration, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key = '', operator = '', value = '', effect = '' } = one;
  if (key !== '') errors.push(...invalidEach(`${at}.key`, key, qualifiedName(key)));
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${at}.operator`, operator, detail));
  }
  if (one.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  errors.push(...operatorErrors(operator, value, `${at}.operator`));
  if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
  return errors;
}

/** Upstream tells a wrong value at the operator. */
function operatorErrors(operator: string, value: string, at: string): FieldError[] {
  if (operator === '' || operator === 'Equal') {
    const broken = labelValue(value);
    return broken.length === 0 ? [] : [invalidValue(at, value, broken.join(';'))];
  }
  if (operator !== 'Exists') return [notSupported(at, operator, ['Equal', 'Exists'])];
  return value === '' ? [] : [invalidValue(at, value, "value must be empty when `operator` is 'Exists'")];
}

/** What is wrong with what holds a pod back (kubernetes v1.35, validateSchedulingGates). */
export function gateErrors(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (spec.schedulingGates ?? []).flatMap(({ name = '' }, index) => {
    const at = `${path}.schedulingGates[${index}]`;
    const errors = invalidEach(at, name, qualifiedName(name));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}
