import { IngressClass, type IngressClassParametersReference } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { domainPathErrors } from '../domain-names.ts';
import { fieldForbidden, immutable, invalidEach, notSupported, required, tooLong } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import { segmentErrors } from '../references.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

const longestController = 250;
const scopes = ['Cluster', 'Namespace'];

export const ingressclass: KindRules<IngressClass> = {
  kind: IngressClass,
  complete: true,
  defaults: ({ spec }) => {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  validate: (object, old) => {
    const { controller = '', parameters } = object.spec ?? {};
    const errors = old !== undefined && controller !== (old.spec?.controller ?? '') ? [immutable('spec.controller', controller)] : [];
    if (controller.length > longestController) errors.push(tooLong('spec.controller', longestController));
    errors.push(...domainPathErrors('spec.controller', controller));
    return parameters === undefined ? errors : [...errors, ...parametersErrors(parameters)];
  },
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.controller ?? '',
    parametersCell(spec?.parameters),
    ageCell(metadata.creationTimestamp, now),
  ],
};

function parametersErrors(parameters: Sent<IngressClassParametersReference>): FieldError[] {
  const at = 'spec.parameters';
  const { apiGroup, kind, name, scope, namespace } = parameters;
  const errors = apiGroup === undefined ? [] : invalidEach(`${at}.apiGroup`, apiGroup, dnsSubdomain(apiGroup));
  errors.push(...segmentErrors(`${at}.kind`, kind), ...segmentErrors(`${at}.name`, name));
  if (scope === undefined) return [...errors, required(`${at}.scope`)];
  if (!scopes.includes(scope)) return [...errors, notSupported(`${at}.scope`, scope, scopes)];
  if (scope === 'Cluster') {
    return namespace === undefined ? errors : [...errors, fieldForbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  }
  if (namespace === undefined) return [...errors, required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  return [...errors, ...invalidEach(`${at}.namespace`, namespace, dnsLabel(namespace))];
}
function parametersCell(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
}
