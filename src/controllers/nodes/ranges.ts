export interface RangeOptions {
  /** All of the cluster's pods: `10.128.0.0/9`, which has room for 32,768 nodes. */
  readonly clusterRange?: string;
  /** Address of the first range that is given; the others follow it, and after the last one come those before it. `10.244.0.0`, as everywhere. */
  readonly begin?: string;
  /** Bits of a node's range: 24. */
  readonly nodeBits?: number;
}

/** The ranges of nodes, cut out of that of the cluster in their order, so that one that was given back is the last to be given again. */
export class RangeSet {
  readonly #first: number;
  readonly #bits: number;
  readonly #count: number;
  readonly #takenBy = new Map<number, string>();
  readonly #ofNode = new Map<string, number>();
  #next = 0;

  /** @throws Error for a range that cannot be cut so */
  constructor({ clusterRange = '10.128.0.0/9', nodeBits = 24, begin = '10.244.0.0' }: RangeOptions = {}) {
    const [address = '', length = ''] = clusterRange.split('/');
    const [number, bits] = [numberOf(address), /^\d+$/.test(length) ? Number(length) : -1];
    if (number === undefined || bits < 0 || bits > nodeBits || nodeBits > 32) {
      throw new Error(`${clusterRange} cannot be cut into ranges of /${nodeBits}`);
    }
    this.#bits = nodeBits;
    this.#count = 2 ** (nodeBits - bits);
    this.#first = number - (number % 2 ** (32 - bits));
    this.#next = this.#indexOf(`${begin}/`) ?? 0;
  }

  /** The range of a node: the one that it was given before, or the next free one; undefined when there is none. */
  allocate(node: string): string | undefined {
    const known = this.#ofNode.get(node);
    if (known !== undefined) return this.#text(known);
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#takenBy.has(index)) continue;
      this.#next = (index + 1) % this.#count;
      this.#take(index, node);
      return this.#text(index);
    }
    return undefined;
  }

  /** A node says that it has this range. One that is not of this cluster's needs no place. */
  occupy(range: string, node: string): void {
    const index = this.#indexOf(range);
    if (index === undefined || this.#ofNode.get(node) === index) return;
    this.release(node);
    if (!this.#takenBy.has(index)) this.#take(index, node);
  }

  release(node: string): void {
    const index = this.#ofNode.get(node);
    if (index === undefined) return;
    this.#ofNode.delete(node);
    this.#takenBy.delete(index);
  }

  #take(index: number, node: string): void {
    this.#takenBy.set(index, node);
    this.#ofNode.set(node, index);
  }

  #text(index: number): string {
    const address = this.#first + index * 2 ** (32 - this.#bits);
    const bytes = [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256);
    return `${bytes.join('.')}/${this.#bits}`;
  }

  #indexOf(range: string): number | undefined {
    const number = numberOf(range.slice(0, range.indexOf('/')));
    if (number === undefined) return undefined;
    const index = Math.floor((number - this.#first) / 2 ** (32 - this.#bits));
    return index >= 0 && index < this.#count ? index : undefined;
  }
}

/** `10.244.0.0` as one number. */
function numberOf(address: string): number | undefined {
  const bytes = address.split('.');
  if (bytes.length !== 4 || !bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
