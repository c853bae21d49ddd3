import type { KubeObject } from '../api/object.ts';
import type { Random } from '../base/random.ts';
import type { Change } from '../store/store.ts';
import { NumberPool, parseIPv4, parseRange } from './address-pool.ts';

/** A Service, as far as addresses go. */
export interface ServiceShape extends KubeObject {
  spec: ServiceSpecShape;
}
export interface ServiceSpecShape {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  allocateLoadBalancerNodePorts?: boolean;
  healthCheckNodePort?: number;
  externalTrafficPolicy?: string;
  ports?: { name?: string; protocol?: string; port: number; nodePort?: number }[];
}

export const defaultServiceRange = '10.96.0.0/16';

export interface ServiceRanges {
  /** `defaultServiceRange` by default. */
  readonly clusterIPs?: string;
  /** Default 30000 to 32767. */
  readonly nodePorts?: { readonly first: number; readonly last: number };
}

const numbersOf = (value: KubeObject) => {
  const spec = (value as ServiceShape).spec as ServiceSpecShape | undefined;
  const addresses = (spec?.clusterIPs ?? []).map(parseIPv4).filter((address) => address !== undefined);
  const ports = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort), spec?.healthCheckNodePort].filter(
    (port) => port !== undefined && port > 0,
  ) as number[];
  return { addresses, ports };
};

/** Which addresses and node ports the Services of one cluster have. Follows the store, so it is right after any write and any restart. */
export class ServicePools {
  readonly addresses: NumberPool;
  readonly ports: NumberPool;

  constructor(ranges: ServiceRanges, random: Random) {
    const { first, last } = ranges.nodePorts ?? { first: 30000, last: 32767 };
    this.addresses = new NumberPool(parseRange(ranges.clusterIPs ?? defaultServiceRange), random);
    this.ports = new NumberPool({ first, size: last - first + 1 }, random);
  }

  /** Marks what a stored Service has. */
  keep(value: KubeObject): void {
    const { addresses, ports } = numbersOf(value);
    for (const address of addresses) this.addresses.take(address);
    for (const port of ports) this.ports.take(port);
  }

  /** What a Service no longer has is free again, what it has is taken. */
  follow(change: Change<KubeObject>): void {
    const before = change.previous === undefined ? undefined : numbersOf(change.previous.value());
    const now = change.type === 'put' ? numbersOf(change.entry.value()) : { addresses: [], ports: [] };
    for (const address of before?.addresses ?? []) if (!now.addresses.includes(address)) this.addresses.give(address);
    for (const port of before?.ports ?? []) if (!now.ports.includes(port)) this.ports.give(port);
    if (change.type === 'put') this.keep(change.entry.value());
  }
}
