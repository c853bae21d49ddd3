import type { Pod, PodSpec } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import { parseQuantity, type Quantity } from '../../api/quantity.ts';
import { countOf, podAmounts, type Amounts } from '../amounts.ts';

/** A resource as its objects are counted. */
export interface Counted {
  readonly group: string;
  readonly plural: string;
}
/** What one object takes of any quota, and what scopes ask about it. */
export interface Usage {
  readonly amounts: Amounts;
  /** Undefined for kinds that have no scopes: a quota with scopes does not count them. */
  readonly scopes: ScopeFacts | undefined;
}
export interface ScopeFacts {
  readonly terminating?: boolean;
  readonly bestEffort?: boolean;
  readonly priorityClass?: string;
  readonly crossNamespaceAffinity?: boolean;
  readonly volumeAttributesClasses?: readonly string[];
}

const one = countOf(1);
/** Kinds of the core group that a quota may also name without `count/`. */
const named: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'resourcequotas',
]);

/** Of which resource a name in `spec.hard` counts the objects; undefined for names that mean nothing here. */
export function countedBy(name: string): Counted | undefined {
  if (name.startsWith('count/')) {
    const [plural = '', ...group] = name.slice('count/'.length).split('.');
    return { group: group.join('.'), plural };
  }
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return { group: '', plural: 'persistentvolumeclaims' };
  if (name === 'services.nodeports' || name === 'services.loadbalancers') return { group: '', plural: 'services' };
  if (named.has(name)) return { group: '', plural: name };
  return isCompute(name) ? { group: '', plural: 'pods' } : undefined;
}
function isCompute(name: string): boolean {
  const bare = name.replace(/^(requests|limits)\./, '');
  return bare === 'cpu' || bare === 'memory' || bare === 'ephemeral-storage' || bare.startsWith('hugepages-') || bare.includes('/');
}

/** What an object takes (kubernetes v1.35, pkg/quota/v1/evaluator/core). @throws QuantityError */
export function usageOf({ group, plural }: Counted, object: Readonly<KubeObject>): Usage {
  const amounts: Record<string, Quantity> = { [`count/${plural}${group === '' ? '' : `.${group}`}`]: one };
  if (group !== '') return { amounts, scopes: undefined };
  if (plural === 'pods') return podUsage(object as Pod, amounts);
  if (named.has(plural)) amounts[plural] = one;
  if (plural === 'services') Object.assign(amounts, serviceAmounts(object as ServiceShape));
  if (plural === 'persistentvolumeclaims') return claimUsage(object as ClaimShape, amounts);
  return { amounts, scopes: undefined };
}

/** A pod that has ended is only an object. */
function podUsage(pod: Readonly<Pod>, amounts: Record<string, Quantity>): Usage {
  const spec = (pod.spec ?? { containers: [] }) as PodSpec;
  const scopes: ScopeFacts = {
    terminating: spec.activeDeadlineSeconds !== undefined,
    bestEffort: isBestEffort(spec),
    priorityClass: spec.priorityClassName ?? '',
    crossNamespaceAffinity: looksElsewhere(spec),
  };
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return { amounts, scopes };
  amounts['pods'] = one;
  const [requests, limits] = [podAmounts(spec, 'requests'), podAmounts(spec, 'limits')];
  for (const name in requests) {
    const amount = requests[name] as Quantity;
    amounts[`requests.${name}`] = amount;
    if (!name.includes('/')) amounts[name] = amount;
  }
  for (const name in limits) if (!name.includes('/')) amounts[`limits.${name}`] = limits[name] as Quantity;
  return { amounts, scopes };
}

/** No container asks for processor time or memory, nor may use some of it only (component-helpers, qos). */
function isBestEffort(spec: PodSpec): boolean {
  const sides = [podAmounts(spec, 'requests', { withoutOverhead: true }), podAmounts(spec, 'limits', { withoutOverhead: true })];
  return sides.every((side) => (side['cpu']?.nano ?? 0n) === 0n && (side['memory']?.nano ?? 0n) === 0n);
}

interface AffinityTermShape {
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: object;
}
/** Do its affinity terms name pods of other namespaces? */
function looksElsewhere({ affinity }: PodSpec): boolean {
  const sides = [affinity?.podAffinity, affinity?.podAntiAffinity];
  const terms: (AffinityTermShape | undefined)[] = sides.flatMap((side) => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term) => (term?.namespaces?.length ?? 0) > 0 || term?.namespaceSelector !== undefined);
}

interface ServiceShape extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly allocateLoadBalancerNodePorts?: boolean;
    readonly ports?: readonly { readonly nodePort?: number }[];
  };
}
function serviceAmounts({ spec }: ServiceShape): Record<string, Quantity> {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return { 'services.nodeports': countOf(ports.length) };
  if (spec?.type !== 'LoadBalancer') return {};
  const counted = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort = 0 }) => nodePort !== 0) : ports;
  return { 'services.loadbalancers': one, 'services.nodeports': countOf(counted.length) };
}

interface ClaimShape extends KubeObject {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly volumeAttributesClassName?: string;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
  readonly status?: { readonly allocatedResources?: Readonly<Record<string, string>>; readonly currentVolumeAttributesClassName?: string };
}
function claimUsage(claim: ClaimShape, amounts: Record<string, Quantity>): Usage {
  const { spec, status, metadata } = claim;
  const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  const ofClass = `${storageClass}.storageclass.storage.k8s.io/`;
  if (storageClass !== '') amounts[`${ofClass}persistentvolumeclaims`] = one;
  const size = sizeOf(claim);
  if (size !== undefined) {
    amounts['requests.storage'] = size;
    if (storageClass !== '') amounts[`${ofClass}requests.storage`] = size;
  }
  const classes = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName];
  return { amounts, scopes: { volumeAttributesClasses: classes.filter((name) => name !== undefined && name !== '') as string[] } };
}

/** What is asked for, or what is there if that is more. */
function sizeOf({ spec, status }: ClaimShape): Quantity | undefined {
  const sizes = [spec?.resources?.requests?.['storage'], status?.allocatedResources?.['storage']].filter((size) => size !== undefined);
  return sizes.map(parseQuantity).sort((a, b) => (a.nano < b.nano ? 1 : -1))[0];
}

const explicit = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

/** What a pod must say because a quota counts it; undefined when it says all of it. */
export function unsaid(spec: PodSpec, hard: Readonly<Record<string, unknown>>): string | undefined {
  if (spec.resources !== undefined) return undefined;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const missing = explicit
    .filter((name) => hard[name] !== undefined)
    .flatMap((name) => {
      const [side, resource] = name.startsWith('limits.')
        ? (['limits', name.slice(7)] as const)
        : (['requests', name.replace('requests.', '')] as const);
      const silent = containers.filter(({ resources }) => resources?.[side]?.[resource] === undefined).map((container) => container.name);
      return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent)].sort().join(',')}`];
    });
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}
