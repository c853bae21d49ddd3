import type { Service, ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { specialRangeError, specialRangeOf } from '../addresses.ts';
import { choiceErrors, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { ipErrors, rangeErrors } from '../ip.ts';
import { labelErrors } from '../metadata.ts';
import { dnsSubdomain, portNumber, qualifiedName } from '../names.ts';
import type { Sent } from '../sent.ts';
import { needsHealthCheck } from '../service-allocation.ts';
import { clusterAddressErrors, isHeadless } from './addresses.ts';
import { portsErrors } from './ports.ts';

type Spec = Sent<ServiceSpec>;
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const policies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints';
const modeAnnotation = 'service.kubernetes.io/topology-mode';
const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** What is wrong with a Service (kubernetes v1.35, ValidateService). */
export function serviceErrors({ metadata, spec = {} }: Sent<Service>): FieldError[] {
  const annotations = metadata?.annotations ?? {};
  return [
    ...topologyErrors(annotations),
    ...typeErrors(spec),
    ...portsErrors(spec),
    ...labelErrors(spec.selector, 'spec.selector'),
    ...affinityErrors(spec),
    ...clusterAddressErrors(spec),
    ...externalAddressErrors(spec),
    ...choiceErrors('spec.type', spec.type, types),
    ...nodePortErrors(spec),
    ...sourceRangeErrors(spec, annotations[rangesAnnotation]),
    ...loadBalancerErrors(spec),
    ...externalTrafficErrors(spec),
    ...internalTrafficErrors(spec),
  ];
}

function topologyErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const [mode, hints] = [annotations[modeAnnotation], annotations[hintsAnnotation]];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  return [
    invalidValue(`metadata.annotations[${modeAnnotation}]`, mode, `must match annotations[${hintsAnnotation}] when both are specified`),
  ];
}

function typeErrors(spec: Spec): FieldError[] {
  const headless = isHeadless(spec);
  if ((spec.ports ?? []).length === 0 && !headless && spec.type !== 'ExternalName') return [required('spec.ports')];
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    return [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  return spec.type === 'ExternalName' ? externalNameErrors(spec) : [];
}
function externalNameErrors(spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const detail = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) errors.push(fieldForbidden('spec.clusterIPs', detail));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(fieldForbidden('spec.ipFamilies', detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(fieldForbidden('spec.ipFamilyPolicy', detail));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [...errors, ...(name === '' ? [required('spec.externalName')] : invalidEach('spec.externalName', name, dnsSubdomain(name)))];
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig }: Spec): FieldError[] {
  const errors = choiceErrors('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']);
  const at = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None') {
    if (sessionAffinityConfig !== undefined) errors.push(fieldForbidden(at, 'must not be set when session affinity is None'));
    return errors;
  }
  if (sessionAffinity !== 'ClientIP') return errors;
  const needed = 'when session affinity type is ClientIP';
  if (sessionAffinityConfig === undefined) return [...errors, required(at, needed)];
  const { clientIP } = sessionAffinityConfig;
  if (clientIP === undefined) return [...errors, required(`${at}.clientIP`, needed)];
  const seconds = clientIP.timeoutSeconds;
  if (seconds === undefined) return [...errors, required(`${at}.clientIP.timeoutSeconds`, needed)];
  if (seconds > 0 && seconds <= 86_400) return errors;
  return [...errors, invalidValue(`${at}.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400')];
}

function externalAddressErrors({ externalIPs = [] }: Spec): FieldError[] {
  return externalIPs.flatMap((address, index) => {
    const at = `spec.externalIPs[${index}]`;
    const range = specialRangeOf(address);
    return range === undefined ? ipErrors(at, address) : [specialRangeError(at, address, range)];
  });
}
function nodePortErrors({ type, ports = [] }: Spec): FieldError[] {
  if (type !== 'ClusterIP') return [];
  return ports.flatMap(({ nodePort }, index) =>
    nodePort ? [fieldForbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")] : [],
  );
}

const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
/** Upstream writes the field with a capital letter here. */
function sourceRangeErrors({ type, loadBalancerSourceRanges = [] }: Spec, annotation: string | undefined): FieldError[] {
  const ranges = loadBalancerSourceRanges.length > 0;
  if (!ranges && annotation === undefined) return [];
  const at = ranges ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${rangesAnnotation}]`;
  const errors = type === 'LoadBalancer' ? [] : [fieldForbidden(at, onlyBalanced)];
  if (ranges) return [...errors, ...loadBalancerSourceRanges.flatMap((range, index) => rangeErrors(`${at}[${index}]`, range.trim()))];
  const texts = (annotation ?? '').trim() === '' ? [] : (annotation as string).trim().split(',');
  return [...errors, ...texts.flatMap((range) => rangeErrors(at, range.trim()))];
}
function loadBalancerErrors(spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const { type, allocateLoadBalancerNodePorts: allocate, loadBalancerClass } = spec;
  if (allocate !== undefined && type !== 'LoadBalancer') errors.push(fieldForbidden('spec.allocateLoadBalancerNodePorts', onlyBalanced));
  if (allocate === undefined && type === 'LoadBalancer') errors.push(required('allocateLoadBalancerNodePorts'));
  if (loadBalancerClass === undefined) return errors;
  if (type !== 'LoadBalancer') return [...errors, fieldForbidden('spec.loadBalancerClass', onlyBalanced)];
  return [...errors, ...invalidEach('spec.loadBalancerClass', loadBalancerClass, qualifiedName(loadBalancerClass))];
}

/** Can it be reached from outside of the cluster? */
export function isExternal({ type, externalIPs = [] }: Spec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);
}
function externalTrafficErrors(spec: Spec): FieldError[] {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort: port = 0 } = spec;
  const errors: FieldError[] = [];
  if (isExternal(spec)) errors.push(...choiceErrors('spec.externalTrafficPolicy', policy, policies));
  else if (policy !== '') {
    errors.push(invalidValue('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'));
  }
  const at = 'spec.healthCheckNodePort';
  // Without one the server gives it one.
  if (port === 0) return errors;
  if (needsHealthCheck(spec)) return [...errors, ...invalidEach(at, port, portNumber(port))];
  return [...errors, invalidValue(at, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")];
}
function internalTrafficErrors({ type = '', internalTrafficPolicy: policy, trafficDistribution }: Spec): FieldError[] {
  const errors: FieldError[] = [];
  if (policy === undefined) {
    if (['ClusterIP', 'LoadBalancer', 'NodePort'].includes(type)) errors.push(required('spec.internalTrafficPolicy'));
  } else if (!policies.includes(policy)) errors.push(notSupported('spec.internalTrafficPolicy', policy, policies));
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, distributions));
  }
  return errors;
}
