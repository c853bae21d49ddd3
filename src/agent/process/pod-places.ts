import { createHash } from 'node:crypto';
import type { Pod } from '../../api/kinds.generated.ts';
import type { LoopbackPorts } from '../../api/loopback-ports.ts';
import { addressPool } from './addresses.ts';
import { portsNamedBy } from './pod-record.ts';
import { portPool, sharedAddress } from './port-pool.ts';

/** Of plain pods' addresses. */
export const plainNetwork = '127.64';

/** Where a pod is reached. */
export interface PodPlace {
  readonly address: string;
  /** Where pods share the address. */
  readonly loopbackPorts?: LoopbackPorts;
}
/** The places of one network. */
export interface PodPlaces {
  readonly network: string;
  /** Whoever claimed addresses for us has ended. */
  unclaimed(): void;
  /** @throws Error when all are taken */
  take(pod: Readonly<Pod>): Promise<PodPlace>;
  /** It is in use, by a pod of an earlier life. */
  hold(place: PodPlace): void;
  give(place: PodPlace): void;
}

/**
 * What is to survive is kept in `folder`. Two folders of one machine mostly begin in different parts of what they share; `claim` keeps a
 * block of plain pods' addresses (`127.64.7`) from the others.
 */
export function podPlaces(folder: string, network: string, claim: (block: string) => Promise<boolean>): PodPlaces {
  const start = createHash('sha256').update(folder).digest()[0] as number;
  if (network === sharedAddress) {
    const ports = portPool(folder, start);
    return {
      network,
      unclaimed: () => undefined,
      take: async (pod) => ({ address: sharedAddress, loopbackPorts: await ports.take(portsNamedBy(pod)) }),
      hold: ({ loopbackPorts = {} }) => ports.hold(loopbackPorts),
      give: ({ loopbackPorts = {} }) => ports.give(loopbackPorts),
    };
  }
  const shared = network === plainNetwork;
  const claimBlock = (block: number) => (shared ? claim(`${network}.${block}`) : Promise.resolve(true));
  const addresses = addressPool(folder, { network, start: shared ? start : 0, claim: claimBlock });
  return {
    network,
    unclaimed: () => addresses.unclaimed(),
    take: async () => ({ address: await addresses.take() }),
    hold: ({ address }) => addresses.hold(address),
    give: ({ address }) => addresses.give(address),
  };
}
