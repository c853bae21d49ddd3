import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { wildcardSubdomain } from '../domain-names.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { parseIp } from '../ip.ts';
import { dnsServiceLabel, dnsSubdomain, portName, portNumber } from '../names.ts';
import { segmentErrors } from '../references.ts';
import type { Sent } from '../sent.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

/** What is wrong with the spec of an Ingress (kubernetes v1.35, ValidateIngressSpec). */
export function ingressErrors({ spec = {} }: Sent<Ingress>, old: Sent<Ingress> | undefined): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalidValue('spec', spec.rules ?? [], 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) errors.push(...backendErrors(defaultBackend, 'spec.defaultBackend'));
  errors.push(...rules.flatMap((rule, index) => ruleErrors(rule, `spec.rules[${index}]`, old)));
  errors.push(...tls.flatMap((entry, index) => tlsErrors(entry, `spec.tls[${index}]`, old)));
  if (ingressClassName === undefined) return errors;
  return [...errors, ...invalidEach('spec.ingressClassName', ingressClassName, dnsSubdomain(ingressClassName))];
}

function ruleErrors(rule: Sent<IngressRule>, at: string, old: Sent<Ingress> | undefined): FieldError[] {
  const { host = '', http } = rule;
  const errors: FieldError[] = [];
  if (host !== '') {
    if (parseIp(host) !== undefined) errors.push(invalidValue(`${at}.host`, host, 'must be a DNS name, not an IP address'));
    errors.push(...invalidEach(`${at}.host`, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host)));
  }
  // What was wrong below a wildcard when nobody looked there may stay so.
  if (http === undefined || (host.includes('*') && old !== undefined && hadBadWildcard(old))) return errors;
  return [...errors, ...pathsErrors(http.paths ?? [], `${at}.http.paths`)];
}
function pathsErrors(paths: readonly Sent<HTTPIngressPath>[], at: string): FieldError[] {
  return paths.length === 0 ? [required(at)] : paths.flatMap((path, index) => pathErrors(path, `${at}[${index}]`));
}
function hadBadWildcard({ spec = {} }: Sent<Ingress>): boolean {
  return (spec.rules ?? []).some(
    ({ host = '', http }) => host.includes('*') && http !== undefined && pathsErrors(http.paths ?? [], '').length > 0,
  );
}
function pathErrors({ path = '', pathType, backend = {} }: Sent<HTTPIngressPath>, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const wrong = (detail: string): FieldError => invalidValue(`${at}.path`, path, detail);
  if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  else if (!path.startsWith('/') && (path !== '' || pathType !== 'ImplementationSpecific')) errors.push(wrong('must be an absolute path'));
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const part of forbiddenParts) if (path.includes(part)) errors.push(wrong(`must not contain '${part}'`));
    for (const end of forbiddenEnds) if (path.endsWith(end)) errors.push(wrong(`cannot end with '${end}'`));
  }
  return [...errors, ...backendErrors(backend, `${at}.backend`)];
}

function backendErrors({ resource, service }: Sent<IngressBackend>, at: string): FieldError[] {
  if (resource !== undefined && service !== undefined) return [invalidValue(at, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) {
    const { apiGroup, kind, name } = resource;
    const here = `${at}.resource`;
    const errors = apiGroup === undefined ? [] : invalidEach(`${here}.apiGroup`, apiGroup, dnsSubdomain(apiGroup));
    return [...errors, ...segmentErrors(`${here}.kind`, kind), ...segmentErrors(`${here}.name`, name)];
  }
  if (service === undefined) return [invalidValue(at, '', 'resource or service backend is required')];
  const { name = '', port = {} } = service;
  const here = `${at}.service`;
  const errors = name === '' ? [required(`${here}.name`)] : invalidEach(`${here}.name`, name, dnsServiceLabel(name));
  return [...errors, ...portErrors(port, at)];
}
function portErrors({ name = '', number = 0 }: { name?: string | undefined; number?: number | undefined }, at: string): FieldError[] {
  const here = `${at}.service.port`;
  if (name !== '' && number !== 0) return [invalidValue(at, '', 'cannot set both port name & port number')];
  if (name !== '') return invalidEach(`${here}.name`, name, portName(name));
  if (number !== 0) return invalidEach(`${here}.number`, number, portNumber(number));
  return [required(at, 'port name or number is required')];
}

function tlsErrors({ hosts = [], secretName = '' }: Sent<IngressTLS>, at: string, old: Sent<Ingress> | undefined): FieldError[] {
  const errors = hosts.flatMap((host, index) =>
    invalidEach(`${at}.hosts[${index}]`, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host)),
  );
  const had = (old?.spec?.tls ?? []).some(({ secretName: name = '' }) => name !== '' && dnsSubdomain(name).length > 0);
  if (secretName !== '' && !had) errors.push(...invalidEach(`${at}.secretName`, secretName, dnsSubdomain(secretName)));
  return errors;
}
