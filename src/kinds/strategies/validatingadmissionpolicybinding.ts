import { ValidatingAdmissionPolicyBinding, type ParamRef } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsSubdomain, pathSegment } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { defaultMatch, matchErrors } from '../webhooks/policy.ts';

const actions = ['Audit', 'Deny', 'Warn'];
const notFoundActions = ['Deny', 'Allow'];

export const validatingadmissionpolicybinding: KindRules<ValidatingAdmissionPolicyBinding> = {
  kind: ValidatingAdmissionPolicyBinding,
  complete: true,
  defaults: ({ spec }) => {
    if (spec?.matchResources !== undefined) defaultMatch(spec.matchResources);
  },
  validate: (object) => {
    const {
      policyName = '',
      paramRef,
      matchResources,
      validationActions = [],
    } = (object as Sent<ValidatingAdmissionPolicyBinding>).spec ?? {};
    const at = 'spec.policyName';
    const errors = policyName === '' ? [required(at)] : invalidEach(at, policyName, dnsSubdomain(policyName));
    if (paramRef !== undefined) errors.push(...paramErrors(paramRef));
    if (matchResources !== undefined) errors.push(...matchErrors(matchResources, 'spec.matchResources'));
    return [...errors, ...actionErrors(validationActions)];
  },
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.policyName ?? '',
    spec?.paramRef === undefined ? '<unset>' : paramCell(spec.paramRef),
    ageCell(metadata.creationTimestamp, now),
  ],
};

function paramErrors({ name = '', selector, parameterNotFoundAction: action = '' }: Sent<ParamRef>): FieldError[] {
  const at = 'spec.paramRef';
  const both = 'name and selector are mutually exclusive';
  const errors = name === '' ? [] : invalidEach(`${at}.name`, name, pathSegment(name));
  if (name !== '' && selector !== undefined) errors.push(fieldForbidden(`${at}.name`, both));
  errors.push(...labelSelectorErrors(selector as never, `${at}.selector`));
  if (name !== '' && selector !== undefined) errors.push(fieldForbidden(`${at}.selector`, both));
  if (name === '' && selector === undefined) errors.push(required(at, 'one of name or selector must be specified'));
  if (action === '') return [...errors, required(`${at}.parameterNotFoundAction`)];
  return notFoundActions.includes(action) ? errors : [...errors, notSupported(`${at}.parameterNotFoundAction`, action, notFoundActions)];
}
function actionErrors(chosen: readonly string[]): FieldError[] {
  const at = 'spec.validationActions';
  const errors = chosen.flatMap((action, index) => {
    const broken = actions.includes(action) ? [] : [notSupported(`${at}[${index}]`, action, actions)];
    return chosen.indexOf(action) < index ? [...broken, duplicate(`${at}[${index}]`, action)] : broken;
  });
  if (chosen.includes('Deny') && chosen.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalidValue(at, chosen, detail));
  }
  return chosen.length > 0 ? errors : [...errors, required(at, 'at least one validation action is required')];
}
function paramCell({ name, namespace, selector }: ParamRef): string {
  if (name) return namespace ? `${namespace}/${name}` : name;
  return selector === undefined ? '<unset>' : '<selector>';
}
