import type { Service, ServicePort, ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ipFamilyOf, specialRangeOf, specialRangeText } from '../addresses.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { labelErrors } from '../metadata.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts';
import { portErrors } from '../pod/probes.ts';

const ipText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** What is wrong with a Service (kubernetes v1.35, ValidateService). */
export function serviceErrors({ spec }: Service): FieldError[] {
  const headless = spec.clusterIP === 'None';
  const ports = spec.ports ?? [];
  const errors: FieldError[] = [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  errors.push(...typeErrors(spec, headless), ...portsErrors(spec, ports));
  errors.push(...labelErrors(spec.selector, 'spec.selector'), ...addressErrors(spec), ...loadBalancerErrors(spec));
  return errors;
}

function typeErrors(spec: ServiceSpec, headless: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== 'ExternalName') return errors;
  if ((spec.clusterIPs ?? []).length > 0) errors.push(fieldForbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  if (spec.clusterIP && !headless) errors.push(fieldForbidden('spec.clusterIP', 'may not be set for ExternalName services'));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  errors.push(...(name === '' ? [required('spec.externalName')] : invalidEach('spec.externalName', spec.externalName, dnsSubdomain(name))));
  return errors;
}

function portsErrors(spec: ServiceSpec, ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    const { name = '', protocol = 'TCP' } = port;
    if (name === '') {
      if (ports.length > 1) errors.push(required(`${at}.name`));
    } else {
      errors.push(...invalidEach(`${at}.name`, name, dnsLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    errors.push(...portErrors(port.targetPort ?? port.port, `${at}.targetPort`));
    if (port.appProtocol) errors.push(...invalidEach(`${at}.appProtocol`, port.appProtocol, qualifiedName(port.appProtocol)));
    if (port.nodePort && spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
      errors.push(fieldForbidden(`${at}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
    }
    const number = `${protocol}/${port.port}`;
    if (numbers.has(number)) errors.push(duplicate(at, { protocol, port: port.port }));
    numbers.add(number);
    if (port.nodePort && nodePorts.has(`${protocol}/${port.nodePort}`)) errors.push(duplicate(`${at}.nodePort`, port.nodePort));
    nodePorts.add(`${protocol}/${port.nodePort}`);
    return errors;
  });
}

function addressErrors(spec: ServiceSpec): FieldError[] {
  const errors = spec.type === 'ExternalName' ? [] : clusterAddressErrors(spec);
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    const range = specialRangeOf(address);
    if (ipFamilyOf(address) === undefined) errors.push(invalidValue(`spec.externalIPs[${index}]`, address, ipText));
    else if (range !== undefined) errors.push(invalidValue(`spec.externalIPs[${index}]`, address, specialRangeText(range)));
  }
  return [...errors, ...affinityErrors(spec)];
}
function clusterAddressErrors({ clusterIP = '', clusterIPs = [] }: ServiceSpec): FieldError[] {
  const addresses = clusterIPs.length > 0 ? clusterIPs : [clusterIP];
  const errors = addresses.flatMap((address, index) => {
    const good = address === '' || (address === 'None' && index === 0) || ipFamilyOf(address) !== undefined;
    return good ? [] : [invalidValue(`spec.clusterIPs[${index}]`, address, ipText)];
  });
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  }
  return errors;
}
function affinityErrors({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  if (sessionAffinity === 'None' && sessionAffinityConfig !== undefined) {
    return [fieldForbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None')];
  }
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined || (seconds > 0 && seconds <= 86_400)) return [];
  return [invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, 'must be greater than 0 and less than 86400')];
}

function loadBalancerErrors(spec: ServiceSpec): FieldError[] {
  const balanced = spec.type === 'LoadBalancer';
  const errors = balanced ? [] : onlyBalancedErrors(spec);
  const external = balanced || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  if (spec.externalTrafficPolicy && !external) {
    errors.push(
      invalidValue('spec.externalTrafficPolicy', spec.externalTrafficPolicy, 'may only be set for externally-accessible services'),
    );
  }
  if (spec.healthCheckNodePort && !(balanced && spec.externalTrafficPolicy === 'Local')) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', spec.healthCheckNodePort, detail));
  }
  return errors;
}
function onlyBalancedErrors(spec: ServiceSpec): FieldError[] {
  const fields = ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'loadBalancerSourceRanges'] as const;
  const set = fields.filter((field) => spec[field] !== undefined && (spec[field] as readonly unknown[]).length !== 0);
  return set.map((field) => fieldForbidden(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'"));
}

/** What may not change in a Service that exists. */
export function serviceUpdateErrors({ spec }: Service, old: Service): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.spec.clusterIP;
  if (before && spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName' && spec.clusterIP !== before) {
    errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIPs ?? spec.clusterIP ?? '', 'may not change once set'));
  }
  const kind = old.spec.loadBalancerClass;
  if (kind !== undefined && spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer' && spec.loadBalancerClass !== kind) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  return errors;
}
