import { internalError, invalid, type FieldError } from '../../api/status.ts';
import { formatIPv4, parseIPv4, type NumberPool } from '../address-pool.ts';
import type { ServicePools, ServiceShape, ServiceSpecShape } from '../service-pools.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';

/**
 * Gives Services their cluster address and node ports, as the REST layer of upstream does (kubernetes/kubernetes, registry/core/service):
 * what a Service has stays, what it asks for must be free, what it lacks is chosen. All is taken back when the write does not happen.
 */
export const serviceAddresses: AdmissionPlugin = {
  name: 'ServiceAddresses',
  mutate: (attempt) => {
    const { kind } = attempt.call.kind;
    if (kind.group !== '' || kind.plural !== 'services' || attempt.operation === 'delete' || attempt.subresource !== '') return;
    const service = attempt.object as ServiceShape;
    if ((service.spec as unknown) === undefined) return;
    const old = attempt.old as ServiceShape | undefined;
    if (old !== undefined) keepAllocated(service.spec, old.spec);
    const { pools } = attempt.call.server;
    setAddress(attempt, service, { old: old?.spec, pools });
    setNodePorts(attempt, service, { old: old?.spec, pools });
  },
};

interface With {
  readonly old: ServiceSpecShape | undefined;
  readonly pools: ServicePools;
}
const needsAddress = (spec: ServiceSpecShape | undefined) => spec !== undefined && spec.type !== 'ExternalName';
const takesPorts = (spec: ServiceSpecShape | undefined) => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';

/** A write that leaves out what was allocated means to keep it, as a replace from a file does. */
function keepAllocated(spec: ServiceSpecShape, old: ServiceSpecShape): void {
  if (needsAddress(spec) && needsAddress(old)) {
    if ((spec.clusterIP ?? '') === '' && (spec.clusterIPs?.length ?? 0) === 0)
      Object.assign(spec, pick(old, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']));
  }
  if (!takesPorts(spec) || !takesPorts(old)) return;
  for (const port of spec.ports ?? []) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const same = old.ports?.find((other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    const used = spec.ports?.some(({ nodePort }) => nodePort !== undefined && nodePort === same?.nodePort);
    if (same?.nodePort !== undefined && !used) port.nodePort = same.nodePort;
  }
}

function pick(spec: ServiceSpecShape, fields: readonly (keyof ServiceSpecShape)[]): Partial<ServiceSpecShape> {
  return Object.fromEntries(
    fields
      .filter((field) => spec[field] !== undefined)
      .map((field) => [field, Array.isArray(spec[field]) ? [...spec[field]] : spec[field]]),
  );
}

function setAddress(attempt: Attempt, service: ServiceShape, { old, pools }: With): void {
  const { spec } = service;
  if (!needsAddress(spec)) {
    if (needsAddress(old) && spec.clusterIP === old?.clusterIP)
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[field];
    return;
  }
  const asked = (spec.clusterIP ?? '') ? spec.clusterIP : (spec.clusterIPs?.[0] ?? '');
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (asked === 'None') {
    spec.clusterIP = 'None';
    spec.clusterIPs ??= ['None'];
    return;
  }
  const address = asked === undefined || asked === '' ? formatIPv4(anyAddress(attempt, pools.addresses)) : asked;
  if (address === asked && old?.clusterIP !== asked) takeAddress(attempt, service, { asked: address, pool: pools.addresses });
  spec.clusterIP = address;
  spec.clusterIPs ??= [address];
  if (spec.clusterIPs.length === 0) spec.clusterIPs = [address];
}

function anyAddress(attempt: Attempt, pool: NumberPool): number {
  const address = pool.any(Math.min(256, Math.max(16, Math.floor(pool.size / 16))));
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  attempt.undo.push(() => pool.give(address));
  return address;
}

function takeAddress(attempt: Attempt, service: ServiceShape, { asked, pool }: { asked: string; pool: NumberPool }): void {
  const number = parseIPv4(asked);
  const why =
    number === undefined || !pool.contains(number)
      ? `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${formatIPv4(pool.first - 1)}/${32 - Math.log2(pool.size + 2)}`
      : pool.take(number)
        ? undefined
        : 'provided IP is already allocated';
  if (why === undefined) {
    attempt.undo.push(() => pool.give(number as number));
    return;
  }
  refuse(service, {
    type: 'FieldValueInvalid',
    field: 'spec.clusterIPs',
    value: [asked],
    detail: `failed to allocate IP ${asked}: ${why}`,
  });
}

function setNodePorts(attempt: Attempt, service: ServiceShape, { old, pools }: With): void {
  const { spec } = service;
  if (!takesPorts(spec)) {
    if (takesPorts(old))
      for (const port of spec.ports ?? []) if (old?.ports?.some(({ nodePort }) => nodePort === port.nodePort)) delete port.nodePort;
    return;
  }
  const had = new Set((old?.ports ?? []).map(({ nodePort }) => nodePort));
  const chosen = new Map<number, Set<string>>();
  const choose = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const wanted = port.nodePort ?? 0;
    if (wanted === 0) {
      if (choose) port.nodePort = anyPort(attempt, pools.ports);
      continue;
    }
    const protocols = chosen.get(wanted);
    // TCP and UDP may share one number within a Service.
    if (protocols === undefined && !had.has(wanted)) takePort(attempt, service, { wanted, index, pool: pools.ports });
    chosen.set(wanted, new Set([...(protocols ?? []), port.protocol ?? 'TCP']));
  }
}

function anyPort(attempt: Attempt, pool: NumberPool): number {
  const port = pool.any(Math.min(128, Math.max(16, Math.floor(pool.size / 32))));
  if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
  attempt.undo.push(() => pool.give(port));
  return port;
}

function takePort(
  attempt: Attempt,
  service: ServiceShape,
  { wanted, index, pool }: { wanted: number; index: number; pool: NumberPool },
): void {
  const field = `spec.ports[${index}].nodePort`;
  if (!pool.contains(wanted)) {
    const detail = `provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.first + pool.size - 1}`;
    refuse(service, { type: 'FieldValueInvalid', field, value: wanted, detail });
  }
  if (!pool.take(wanted))
    refuse(service, { type: 'FieldValueInvalid', field, value: wanted, detail: 'provided port is already allocated' });
  attempt.undo.push(() => pool.give(wanted));
}

function refuse(service: ServiceShape, error: FieldError): never {
  throw invalid({ group: '', kind: 'Service' }, service.metadata.name, [error]);
}
