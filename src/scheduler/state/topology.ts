/** The values of one node label, numbered, so that counting by them is arithmetic on arrays. A number is free again when its last node is gone. */
export class Topology {
  readonly key: string;
  /** By node slot: the number of its value, or -1. */
  #domains = new Int32Array(64).fill(-1);
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #nodes: number[] = [];
  readonly #free: number[] = [];

  constructor(key: string) {
    this.key = key;
  }

  /** Numbers are below it. */
  get size(): number {
    return this.#names.length;
  }

  domain(slot: number): number {
    return slot < this.#domains.length ? (this.#domains[slot] as number) : -1;
  }

  /** Answers whether the node's number changed. */
  place(slot: number, value: string | undefined): void {
    if (slot >= this.#domains.length) this.#domains = grown(this.#domains, slot, -1);
    const before = this.#domains[slot] as number;
    if (before >= 0 && this.#names[before] === value) return;
    // The new number first: the old one must not be given away in between.
    this.#domains[slot] = value === undefined ? -1 : this.#enter(value);
    if (before >= 0) this.#leave(before);
  }

  #enter(value: string): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#names.length;
      this.#numbers.set(value, number);
      this.#names[number] = value;
      this.#nodes[number] = 0;
    }
    this.#nodes[number] = (this.#nodes[number] as number) + 1;
    return number;
  }

  #leave(number: number): void {
    this.#nodes[number] = (this.#nodes[number] as number) - 1;
    if (this.#nodes[number] !== 0) return;
    this.#numbers.delete(this.#names[number] as string);
    this.#free.push(number);
  }
}

/** A larger copy with room for `index`; what is new is `filler`. */
export function grown(array: Int32Array, index: number, filler: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(index + 1, array.length * 2)).fill(filler, array.length);
  larger.set(array);
  return larger;
}
