import { Service, type LoadBalancerIngress, type ServicePort, type ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, labelsCell } from '../cells.ts';
import { fieldForbidden } from '../field-errors.ts';
import { loadBalancerErrors } from '../load-balancer.ts';
import { dnsServiceLabel } from '../names.ts';
import type { KindRules } from '../rules.ts';
import { allocationErrors } from '../service-allocation.ts';
import { clusterAddressErrors } from '../service/addresses.ts';
import { keepAllocated } from '../service/allocated.ts';
import { alignAddresses, defaultFamilies } from '../service/families.ts';
import { serviceUpdateErrors } from '../service/update.ts';
import { isExternal, serviceErrors } from '../service/validate.ts';
import { serviceWarnings } from '../service/warnings.ts';

const affinitySeconds = 10_800;

export const service: KindRules<Service> = {
  kind: Service,
  complete: true,
  generation: 'none',
  nameRule: dnsServiceLabel,
  defaults: (object) => {
    const spec = (object.spec ??= {});
    spec.type ||= 'ClusterIP';
    defaultAffinity(spec);
    for (const port of spec.ports ?? []) {
      port.protocol ||= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    }
    defaultTraffic(spec);
    if (spec.type === 'LoadBalancer') defaultModes(object.status?.loadBalancer?.ingress ?? []);
  },
  prepare: (object, old) => {
    if (old !== undefined) keepAllocated(object, old);
    alignAddresses(object, old);
    if (clusterAddressErrors(object.spec).length === 0) defaultFamilies(object, old);
  },
  validate: (object, old) => {
    const impossible = allocationErrors(object.spec, old?.spec);
    if (impossible.length > 0) return impossible;
    const errors = old === undefined ? [] : serviceUpdateErrors(object, old);
    return [...errors, ...serviceErrors(object), ...statusErrors(object, old)];
  },
  warnings: serviceWarnings,
  cells: (object, now) => [
    object.metadata.name,
    object.spec.type ?? '',
    object.spec.type === 'ExternalName' ? '<none>' : object.spec.clusterIP || '<none>',
    externalCell(object),
    portsCell(object.spec.ports ?? []),
    ageCell(object.metadata.creationTimestamp, now),
    labelsCell(object.spec.selector),
  ],
  selectableFields: { 'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '', 'spec.type': ({ spec }) => spec.type ?? '' },
};

/** The status is written apart, so it is looked at when it changes. */
function statusErrors({ spec, status }: Service, old: Service | undefined): FieldError[] {
  const balancer = status?.loadBalancer;
  if (balancer === undefined || jsonEqual(balancer, old?.status?.loadBalancer)) return [];
  if (spec.type === 'LoadBalancer' || (balancer.ingress ?? []).length === 0)
    return loadBalancerErrors(balancer, 'status.loadBalancer', 'Service');
  return [fieldForbidden('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'")];
}

function defaultModes(addresses: LoadBalancerIngress[]): void {
  for (const address of addresses) if (address.ip) address.ipMode ??= 'VIP';
}
function defaultAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
  }
}
function defaultTraffic(spec: ServiceSpec): void {
  if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (['ClusterIP', 'LoadBalancer', 'NodePort'].includes(spec.type ?? '')) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

function externalCell({ spec, status }: Service): string {
  const own = (spec.externalIPs ?? []).join(',');
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const given = (status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || '').filter((address) => address !== '');
      const shown = [...given, ...(spec.externalIPs ?? [])].join(',');
      return shown === '' ? '<pending>' : shown;
    }
    default:
      return own === '' ? '<none>' : own;
  }
}
function portsCell(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return '<none>';
  return ports.map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`).join(',');
}
