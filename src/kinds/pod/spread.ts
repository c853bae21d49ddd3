import type { PodSpec, TopologySpreadConstraint } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import { labelSelectorErrors } from './selectors.ts';

const actions = ['DoNotSchedule', 'ScheduleAnyway'];
const inclusions = ['Honor', 'Ignore'];
const positive = 'must be greater than zero';

/** What is wrong with how pods are spread (kubernetes v1.35, validateTopologySpreadConstraints). */
export function spreadErrors(spec: PodSpec, path: string): FieldError[] {
  const all = spec.topologySpreadConstraints ?? [];
  return all.flatMap((constraint, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: action = '' } = constraint as Partial<TopologySpreadConstraint>;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalidValue(`${at}.maxSkew`, maxSkew, positive));
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!actions.includes(action)) errors.push(notSupported(`${at}.whenUnsatisfiable`, action, actions));
    const again = all.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action);
    if (again) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`));
    errors.push(...domainErrors(constraint, `${at}.minDomains`));
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field];
      if (policy !== undefined && !inclusions.includes(policy)) errors.push(notSupported(`${at}.${field}`, policy, inclusions));
    }
    errors.push(...keyErrors(constraint, `${at}.matchLabelKeys`));
    return [...errors, ...labelSelectorErrors(constraint.labelSelector, `${at}.labelSelector`)];
  });
}
function domainErrors({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, at: string): FieldError[] {
  if (minDomains === undefined) return [];
  const errors = minDomains <= 0 ? [invalidValue(at, minDomains, positive)] : [];
  if (whenUnsatisfiable === 'DoNotSchedule') return errors;
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [...errors, invalidValue(at, minDomains, detail)];
}
function keyErrors({ matchLabelKeys = [], labelSelector: selector }: TopologySpreadConstraint, at: string): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  const errors = selector === undefined ? [fieldForbidden(at, 'must not be specified when labelSelector is not set')] : [];
  const own = new Set([...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key)]);
  for (const [index, key] of matchLabelKeys.entries()) {
    errors.push(...invalidEach(`${at}[${index}]`, key, qualifiedName(key)));
    if (own.has(key)) errors.push(invalidValue(`${at}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
  }
  return errors;
}
