import type { ObjectKey } from '../../api/object.ts';

/** Owners that are known to be gone, so that the next dependent need not ask; a uid never comes back. The oldest are forgotten. */
export class AbsentOwners {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most = 500) {
    this.#most = most;
  }

  add(kindId: string, key: ObjectKey, uid: string): void {
    this.#known.add(textOf(kindId, key, uid));
    for (const oldest of this.#known) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
    }
  }

  has(kindId: string, key: ObjectKey, uid: string): boolean {
    return this.#known.has(textOf(kindId, key, uid));
  }
}

function textOf(kindId: string, key: ObjectKey, uid: string): string {
  return `${kindId} ${key.namespace}/${key.name} ${uid}`;
}
