import { APIService, type APIServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsServiceLabel, dnsSubdomain, pathSegment, portNumber } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

const statuses = ['True', 'False', 'Unknown'];

export const apiservice: KindRules<APIService> = {
  kind: APIService,
  complete: true,
  generation: 'none',
  nameRule: pathSegment,
  defaults: ({ spec }) => {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepare: (object, old) => {
    // One that the server answers for itself is there at once.
    if (old !== undefined || object.spec?.service !== undefined) return;
    object.status = {
      conditions: [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }],
    };
  },
  validate: (object, old) => {
    const { spec = {}, status = {} }: Sent<APIService> = object;
    const conditions = old === undefined || jsonEqual(object.status, old.status) ? [] : (status.conditions ?? []);
    const bad = conditions.flatMap(({ status: said = '' }, index) =>
      statuses.includes(said) ? [] : [notSupported(`status.conditions[${index}].status`, said, statuses)],
    );
    return [...(old === undefined ? nameErrors(object.metadata.name, spec) : []), ...specErrors(spec), ...bad];
  },
};

function nameErrors(name: string, { version = '', group = '' }: Sent<APIServiceSpec>): FieldError[] {
  const wanted = `${version}.${group}`;
  if (pathSegment(name).length > 0 || name === wanted) return [];
  return [invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)];
}
function specErrors(spec: Sent<APIServiceSpec>): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum: priority = 0, versionPriority = 0 } = spec;
  const errors: FieldError[] = [];
  if (group !== '') errors.push(...invalidEach('spec.group', group, dnsSubdomain(group)));
  else if (version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  errors.push(...invalidEach('spec.version', version, dnsServiceLabel(version)));
  if (priority <= 0 || priority > 20_000)
    errors.push(invalidValue('spec.groupPriorityMinimum', priority, 'must be positive and less than 20000'));
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalidValue('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  }
  return [...errors, ...backendErrors(spec)];
}
function backendErrors({ service, caBundle = '', insecureSkipTLSVerify: insecure }: Sent<APIServiceSpec>): FieldError[] {
  const insecureAt = 'spec.insecureSkipTLSVerify';
  const errors: FieldError[] = [];
  if (service === undefined) {
    const bytes = Buffer.byteLength(caBundle, 'base64');
    if (bytes > 0) errors.push(invalidValue('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle'));
    if (insecure === true) errors.push(invalidValue(insecureAt, true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  const { namespace = '', name = '', port = 0 } = service;
  if (namespace === '') errors.push(required('spec.service.namespace'));
  if (name === '') errors.push(required('spec.service.name'));
  const broken = portNumber(port);
  if (broken.length > 0) errors.push(invalidValue('spec.service.port', port, `port is not valid: ${broken.join(', ')}`));
  return insecure === true && caBundle !== ''
    ? [...errors, invalidValue(insecureAt, true, 'may not be true if caBundle is present')]
    : errors;
}
