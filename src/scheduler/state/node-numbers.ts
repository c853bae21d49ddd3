/** So many for each node, which a processor reads at once. */
const width = 8;
/** Places in a row. */
export const cpuMillis = 0;
export const memoryBytes = 1;
export const podLimit = 2;
export const podCount = 3;
export const usedCpuMillis = 4;
export const usedMemoryBytes = 5;
export const scoredCpuMillis = 6;
export const scoredMemoryBytes = 7;

/** What is looked at of hundreds of nodes for each pod: the numbers of all nodes in one list, a row each, by slot. */
export class NodeNumbers {
  #values = new Float64Array(64 * width);

  /** Of the node that has this slot from now on: all 0. */
  begin(slot: number): void {
    if ((slot + 1) * width > this.#values.length) {
      const more = new Float64Array(2 * (slot + 1) * width);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values.fill(0, slot * width, (slot + 1) * width);
  }

  get(slot: number, place: number): number {
    return this.#values[slot * width + place] as number;
  }
  set(slot: number, place: number, value: number): void {
    this.#values[slot * width + place] = value;
  }
  add(slot: number, place: number, value: number): void {
    this.#values[slot * width + place] = this.get(slot, place) + value;
  }
}
