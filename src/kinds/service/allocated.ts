import type { Service, ServiceSpec } from '../../api/kinds.generated.ts';

const hasAddress = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName';
const hasNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

/**
 * What the server has given a Service stays with it when a writer leaves it out, and goes when the new type has no use for it
 * (kubernetes v1.35, patchAllocatedValues and dropTypeDependentFields).
 */
export function keepAllocated(object: Service, old: Service): void {
  const { spec } = object;
  const before = old.spec;
  if (hasAddress(spec) && hasAddress(before)) keepAddresses(spec, before);
  if (hasNodePorts(spec) && hasNodePorts(before)) keepNodePorts(spec, before);
  if (!hasAddress(spec)) dropAddresses(spec, before);
  if (!hasNodePorts(spec) && hasNodePorts(before)) dropNodePorts(spec, before);
  if (spec.type !== 'LoadBalancer' && before.type === 'LoadBalancer') dropLoadBalancer(spec, before);
}

function keepAddresses(spec: ServiceSpec, before: ServiceSpec): void {
  if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
  if ((spec.clusterIPs ?? []).length === 0 && before.clusterIPs !== undefined && spec.clusterIP === before.clusterIP) {
    spec.clusterIPs = [...before.clusterIPs];
  }
  if (before.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  if (before.ipFamilies !== undefined) spec.ipFamilies ??= [...before.ipFamilies];
}
function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const key = (port: { protocol?: string; port: number }): string => `${port.protocol ?? 'TCP'}/${port.port}`;
  const known = new Map((before.ports ?? []).map((port) => [key(port), port.nodePort]));
  const taken = new Set((spec.ports ?? []).map((port) => port.nodePort).filter((port) => port !== undefined && port !== 0));
  for (const port of spec.ports ?? []) {
    const former = known.get(key(port));
    if (port.nodePort || former === undefined || taken.has(former)) continue;
    port.nodePort = former;
    taken.add(former);
  }
  if (before.healthCheckNodePort && spec.externalTrafficPolicy === 'Local') spec.healthCheckNodePort ||= before.healthCheckNodePort;
}

/** Only what was not changed in the same write: a change that makes no sense is an error, not to be smoothed over. */
function dropAddresses(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP === before.clusterIP) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  delete spec.ipFamilies;
  delete spec.ipFamilyPolicy;
  delete spec.internalTrafficPolicy;
}
function dropNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const former = new Set((before.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) if (former.has(port.nodePort)) delete port.nodePort;
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy && (spec.externalIPs ?? []).length === 0)
    delete spec.externalTrafficPolicy;
  if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
}
function dropLoadBalancer(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
  if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
}
