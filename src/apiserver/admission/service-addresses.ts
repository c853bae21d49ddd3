import { internalError, invalid, type FieldError } from '../../api/status.ts';
import { formatIPv4, parseIPv4, type NumberPool } from '../address-pool.ts';
import { allocationErrors, needsHealthCheck } from '../../kinds/service-allocation.ts';
import type { ServiceShape, ServiceSpecShape } from '../service-pools.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';

/**
 * Gives Services their cluster address and node ports, as the REST layer of upstream does (kubernetes/kubernetes, registry/core/service):
 * what a Service asks for must be free, what it lacks is chosen. All is taken back when the write does not happen.
 */
export const serviceAddresses: AdmissionPlugin = {
  name: 'ServiceAddresses',
  allocate: (attempt) => {
    const { kind } = attempt.call.kind;
    if (kind.group !== '' || kind.plural !== 'services' || attempt.operation === 'delete' || attempt.subresource !== '') return;
    const service = attempt.object as ServiceShape;
    const old = (attempt.old as ServiceShape | undefined)?.spec;
    const impossible = allocationErrors(service.spec, old);
    if (impossible.length > 0) throw invalid(kind, service.metadata.name, impossible);
    if (service.spec.type !== 'ExternalName') setAddress(attempt, service, old);
    if (takesPorts(service.spec)) setNodePorts(attempt, service, old);
    if (needsHealthCheck(service.spec)) setHealthPort(attempt, service.spec, old);
  },
};

const takesPorts = (spec: ServiceSpecShape) => spec.type === 'NodePort' || spec.type === 'LoadBalancer';
/** Of each range the lower part is left to those who ask by number (upstream's ServiceIPStaticSubrange). */
const reserved = (pool: NumberPool, most: number, part: number) => Math.min(most, Math.max(16, Math.floor(pool.size / part)));

function setAddress(attempt: Attempt, service: ServiceShape, old: ServiceSpecShape | undefined): void {
  const { spec } = service;
  const pool = attempt.call.server.pools.addresses;
  const asked = spec.clusterIP || spec.clusterIPs?.[0] || '';
  if (asked !== '' && asked !== 'None' && asked !== old?.clusterIP) takeAddress(attempt, service, { asked, pool });
  const address = asked === '' ? anyAddress(attempt, pool) : asked;
  spec.clusterIP = address;
  if ((spec.clusterIPs?.length ?? 0) === 0) spec.clusterIPs = [address];
}

function anyAddress(attempt: Attempt, pool: NumberPool): string {
  const address = pool.any(reserved(pool, 256, 16));
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  attempt.undo.push(() => pool.give(address));
  return formatIPv4(address);
}

function takeAddress(attempt: Attempt, service: ServiceShape, of: { asked: string; pool: NumberPool }): void {
  const { asked, pool } = of;
  const address = parseIPv4(asked);
  const refuse = (why: string) =>
    refused(service, {
      type: 'FieldValueInvalid',
      field: 'spec.clusterIPs',
      value: [asked],
      detail: `failed to allocate IP ${asked}: ${why}`,
    });
  if (address === undefined || !pool.contains(address)) {
    const range = `${formatIPv4(pool.first - 1)}/${32 - Math.log2(pool.size + 2)}`;
    throw refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${range}`);
  }
  if (!pool.take(address)) throw refuse('provided IP is already allocated');
  attempt.undo.push(() => pool.give(address));
}

function setNodePorts(attempt: Attempt, service: ServiceShape, old: ServiceSpecShape | undefined): void {
  const { spec } = service;
  const pool = attempt.call.server.pools.ports;
  const had = new Set((old?.ports ?? []).map(({ nodePort }) => nodePort));
  const choose = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  // TCP and UDP may share one number within a Service.
  const taken = new Set<number>();
  for (const [index, { nodePort }] of (spec.ports ?? []).entries()) {
    if (!nodePort || taken.has(nodePort)) continue;
    if (!had.has(nodePort)) takePort(attempt, service, { wanted: nodePort, index });
    taken.add(nodePort);
  }
  if (!choose) return;
  for (const port of spec.ports ?? []) port.nodePort ||= anyPort(attempt, pool);
}

function anyPort(attempt: Attempt, pool: NumberPool): number {
  const port = pool.any(reserved(pool, 128, 32));
  if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
  attempt.undo.push(() => pool.give(port));
  return port;
}

function takePort(attempt: Attempt, service: ServiceShape, of: { wanted: number; index: number }): void {
  const pool = attempt.call.server.pools.ports;
  const { wanted, index } = of;
  const refuse = (detail: string) =>
    refused(service, { type: 'FieldValueInvalid', field: `spec.ports[${index}].nodePort`, value: wanted, detail });
  if (!pool.contains(wanted)) {
    throw refuse(`provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.first + pool.size - 1}`);
  }
  if (!pool.take(wanted)) throw refuse('provided port is already allocated');
  attempt.undo.push(() => pool.give(wanted));
}

/** A port at which a load balancer asks a node whether it has pods of the Service. */
function setHealthPort(attempt: Attempt, spec: ServiceSpecShape, old: ServiceSpecShape | undefined): void {
  const pool = attempt.call.server.pools.ports;
  const wanted = spec.healthCheckNodePort;
  if (wanted && wanted === old?.healthCheckNodePort) return;
  if (!wanted) {
    spec.healthCheckNodePort = anyPort(attempt, pool);
    return;
  }
  const why = pool.contains(wanted)
    ? 'provided port is already allocated'
    : `provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.first + pool.size - 1}`;
  if (!pool.contains(wanted) || !pool.take(wanted)) {
    throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${why}`);
  }
  attempt.undo.push(() => pool.give(wanted));
}

function refused(service: ServiceShape, error: FieldError): Error {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name, [error]);
}
