export interface RangeOptions {
  /** All of the cluster's pods: `10.244.0.0/16`. */
  readonly clusterRange?: string;
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
  constructor({ clusterRange = '10.244.0.0/16', nodeBits = 24 }: RangeOptions = {}) {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(clusterRange);
    const [bits = 0] = [Number(match?.[5] ?? -1)];
    const bytes = match?.slice(1, 5).map(Number) ?? [];
    if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || bits < 0 || bits > nodeBits || nodeBits > 32) {
      throw new Error(`${clusterRange} cannot be cut into ranges of /${nodeBits}`);
    }
    this.#bits = nodeBits;
    this.#count = 2 ** (nodeBits - bits);
    const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    this.#first = number - (number % 2 ** (32 - bits));
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
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\//.exec(range);
    if (match === null) return undefined;
    const number = match.slice(1, 5).reduce((sum, byte) => sum * 256 + Number(byte), 0);
    const index = Math.floor((number - this.#first) / 2 ** (32 - this.#bits));
    return index >= 0 && index < this.#count ? index : undefined;
  }
}
