import { join } from 'node:path';
import { readRecord, writeRecord } from './records.ts';

/** A range of addresses of which the first two numbers are fixed: `127.64` or `10.244`. */
export interface AddressPool {
  /** The address that has been unused for longest; never .0, .255 or those kept for the network itself. */
  take(): string;
  /** It is in use, by a pod of an earlier life. */
  hold(address: string): void;
  give(address: string): void;
}

/**
 * Addresses kept in `<folder>/addresses.json` over restarts, so that one is not given again while clients may remember its last owner.
 * `start` is where a fresh range begins (0 to 255): two ranges of one machine begin apart. @throws Error when all are taken
 */
export function addressPool(folder: string, network: string, start: number): AddressPool {
  const path = join(folder, `addresses-${network}.json`);
  // `next`: how many were ever given; `free`: given back, longest first.
  const kept = (readRecord(path) ?? { next: 0, free: [] }) as { next: number; free: string[] };
  const taken = new Set<string>();
  const save = () => writeRecord(path, kept);
  const fresh = () => {
    while (kept.next < total) {
      const address = addressAt(network, start, kept.next++);
      if (!taken.has(address)) return address;
    }
    return undefined;
  };
  return {
    take: () => {
      const address = fresh() ?? kept.free.find((one) => !taken.has(one));
      if (address === undefined) throw new Error(`all addresses of ${network}.0.0/16 are taken`);
      kept.free = kept.free.filter((one) => one !== address);
      taken.add(address);
      save();
      return address;
    },
    hold: (address) => void taken.add(address),
    give: (address) => {
      if (!taken.delete(address)) return;
      kept.free.push(address);
      save();
    },
  };
}

const perBlock = 250;
const total = 254 * perBlock;
/** Blocks 0 and 255 hold what is not a pod's. */
function addressAt(network: string, start: number, count: number): string {
  const block = 1 + ((start + Math.floor(count / perBlock)) % 254);
  return `${network}.${block}.${2 + (count % perBlock)}`;
}
