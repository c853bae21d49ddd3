/** On how many nodes each image is: one that many have is no reason to choose any of them. */
export class ImageSpread {
  readonly #nodes = new Map<string, number>();

  nodesWith(image: string): number {
    return this.#nodes.get(image) ?? 0;
  }

  get empty(): boolean {
    return this.#nodes.size === 0;
  }

  add(images: ReadonlyMap<string, number>): void {
    for (const name of images.keys()) this.#nodes.set(name, this.nodesWith(name) + 1);
  }

  remove(images: ReadonlyMap<string, number>): void {
    for (const name of images.keys()) {
      const left = this.nodesWith(name) - 1;
      if (left > 0) this.#nodes.set(name, left);
      else this.#nodes.delete(name);
    }
  }
}
