import { join } from 'node:path';
import { readRecord, writeRecord } from './records.ts';

/** A range of addresses of which the first two numbers are fixed: `127.64` or `10.244`; given in blocks, `127.64.7` for one. */
export interface AddressPool {
  /**
   * The address that has been unused for longest; never .0, .1, .255 or those kept for the network itself.
   * @throws Error when all are taken
   */
  take(): Promise<string>;
  /** It is in use, by a pod of an earlier life. */
  hold(address: string): void;
  give(address: string): void;
  /** Whoever claimed the blocks has ended: they are claimed once more before an address is taken. */
  unclaimed(): void;
}
export interface AddressRange {
  /** `127.64` */
  readonly network: string;
  /** Where a fresh range begins (0 to 255). */
  readonly start: number;
  /** Keeps a block (1 to 254) from every other cluster of the machine; false where another has it. */
  claim(block: number): Promise<boolean>;
}
/** What is kept of a pool. `next`: how many of the last block were ever given; `free`: given back, longest first. */
interface Kept {
  blocks: number[];
  next: number;
  free: string[];
}

const perBlock = 250;
const mostBlocks = 254;
/** With as many unused addresses a pool does not claim a further block: none of them was given a moment ago. */
const manyFree = perBlock / 2;

/** Addresses kept in `<folder>/addresses-<network>.json` over restarts, so that one is not given again while clients may remember its last owner. */
export function addressPool(folder: string, range: AddressRange): AddressPool {
  const path = join(folder, `addresses-${range.network}.json`);
  const kept: Kept = { blocks: [], next: perBlock, free: [], ...(readRecord(path) as Partial<Kept> | undefined) };
  const taken = new Set<string>();
  let claimed: Promise<void> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const freeOnes = () => kept.free.filter((one) => !taken.has(one));
  const take = async () => {
    await (claimed ??= claimAgain(kept, range));
    const address = freshOf(kept, range, taken) ?? (await unused());
    kept.free = kept.free.filter((one) => one !== address);
    taken.add(address);
    writeRecord(path, kept);
    return address;
  };
  const unused = async () => {
    const free = freeOnes();
    const address = (free.length >= manyFree || !(await claimNext(kept, range)) ? free[0] : undefined) ?? freshOf(kept, range, taken);
    if (address === undefined)
      throw new Error(`all addresses of ${range.network}.0.0/16 are taken, by this cluster or others of this machine`);
    return address;
  };
  return {
    take: () => {
      const address = turn.then(take, take);
      turn = address;
      return address;
    },
    hold: (address) => void taken.add(address),
    give: (address) => {
      if (!taken.delete(address)) return;
      if (kept.blocks.includes(blockOf(address))) kept.free.push(address);
      writeRecord(path, kept);
    },
    unclaimed: () => (claimed = undefined),
  };
}

/** The next address that was never given. */
function freshOf(kept: Kept, { network }: AddressRange, taken: ReadonlySet<string>): string | undefined {
  const block = kept.blocks.at(-1);
  while (block !== undefined && kept.next < perBlock) {
    const address = `${network}.${block}.${2 + kept.next++}`;
    if (!taken.has(address)) return address;
  }
  return undefined;
}
/** A block that somebody else took while nobody of ours ran is given up. */
async function claimAgain(kept: Kept, range: AddressRange): Promise<void> {
  for (const block of [...kept.blocks]) {
    if (await range.claim(block)) continue;
    if (kept.blocks.at(-1) === block) kept.next = perBlock;
    kept.blocks = kept.blocks.filter((one) => one !== block);
    kept.free = kept.free.filter((one) => blockOf(one) !== block);
  }
}
async function claimNext(kept: Kept, range: AddressRange): Promise<boolean> {
  for (let count = 0; count < mostBlocks; count++) {
    const block = 1 + ((range.start + count) % mostBlocks);
    if (kept.blocks.includes(block) || !(await range.claim(block))) continue;
    kept.blocks.push(block);
    kept.next = 0;
    return true;
  }
  return false;
}
function blockOf(address: string): number {
  return Number(address.split('.')[2]);
}
