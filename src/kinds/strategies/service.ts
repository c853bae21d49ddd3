import { Service, type ServicePort, type ServiceSpec } from '../../api/kinds.generated.ts';
import { ageCell, labelsCell } from '../cells.ts';
import { ipFamilyOf } from '../addresses.ts';
import { dnsServiceLabel } from '../names.ts';
import type { KindRules } from '../rules.ts';
import { keepAllocated } from '../service/allocated.ts';
import { serviceErrors, serviceUpdateErrors } from '../service/validate.ts';

const affinitySeconds = 10_800;

export const service: KindRules<Service> = {
  kind: Service,
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
  },
  prepare: (object, old) => {
    if (old !== undefined) keepAllocated(object, old);
    defaultFamilies(object.spec);
  },
  validate: (object, old) => [...serviceErrors(object), ...(old === undefined ? [] : serviceUpdateErrors(object, old))],
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

function defaultAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
  }
}
function defaultTraffic(spec: ServiceSpec): void {
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.type === 'ClusterIP' && hasExternal(spec));
  if (external) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}
const hasExternal = (spec: ServiceSpec): boolean => (spec.externalIPs ?? []).length > 0;

/** One family, that of the addresses it has; a headless Service without a selector may have both. */
function defaultFamilies(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  const addresses = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const families = [...new Set(addresses.map(ipFamilyOf).filter((family) => family !== undefined))];
  const anyFamily = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= anyFamily ? 'RequireDualStack' : 'SingleStack';
  if (spec.ipFamilies !== undefined) return;
  if (families.length > 0) spec.ipFamilies = families;
  else spec.ipFamilies = spec.ipFamilyPolicy === 'RequireDualStack' ? ['IPv4', 'IPv6'] : ['IPv4'];
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
