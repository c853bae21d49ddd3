import type { KubeObject, ObjectKey } from '../api/object.ts';
import { controllerOf } from '../api/owner.ts';

/** Objects of one kind by name, by namespace and by the uid of their controller owner. Answers in the order of arrival. */
export class ObjectIndex<T extends KubeObject> {
  readonly #all = new Map<string, Readonly<T>>();
  readonly #byNamespace = new Map<string, Map<string, Readonly<T>>>();
  /** Made when it is first asked for: a node's informer never is. */
  #byOwner: Map<string, Map<string, Readonly<T>>> | undefined;

  /** `namespace/name`, also where the namespace is empty: unique and never ambiguous. */
  static keyOf(object: KubeObject): string {
    return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  }

  get size(): number {
    return this.#all.size;
  }

  get(key: ObjectKey): Readonly<T> | undefined {
    return this.#all.get(`${key.namespace}/${key.name}`);
  }

  list(filter: { namespace?: string; labels?: Readonly<Record<string, string>> } = {}): readonly Readonly<T>[] {
    const from = filter.namespace === undefined ? this.#all : this.#byNamespace.get(filter.namespace);
    if (from === undefined) return [];
    if (filter.labels === undefined) return [...from.values()];
    const wanted = Object.entries(filter.labels);
    return [...from.values()].filter((object) => wanted.every(([key, value]) => object.metadata.labels?.[key] === value));
  }

  ownedBy(uid: string): readonly Readonly<T>[] {
    return [...(this.#owners().get(uid)?.values() ?? [])];
  }

  #owners(): Map<string, Map<string, Readonly<T>>> {
    if (this.#byOwner !== undefined) return this.#byOwner;
    this.#byOwner = new Map();
    for (const [key, object] of this.#all) placeByOwner(this.#byOwner, key, object);
    return this.#byOwner;
  }

  put(object: Readonly<T>): void {
    const key = ObjectIndex.keyOf(object);
    const previous = this.#all.get(key);
    this.#all.set(key, object);
    place(this.#byNamespace, object.metadata.namespace ?? '', key, object);
    if (this.#byOwner === undefined) return;
    const owner = controllerOf(object)?.uid;
    const formerOwner = previous === undefined ? undefined : controllerOf(previous)?.uid;
    if (formerOwner !== undefined && formerOwner !== owner) displace(this.#byOwner, formerOwner, key);
    placeByOwner(this.#byOwner, key, object);
  }

  /** Answers whether an object of that name was there. */
  remove(object: KubeObject): boolean {
    const key = ObjectIndex.keyOf(object);
    const previous = this.#all.get(key);
    if (previous === undefined) return false;
    this.#all.delete(key);
    displace(this.#byNamespace, previous.metadata.namespace ?? '', key);
    const owner = controllerOf(previous)?.uid;
    if (owner !== undefined && this.#byOwner !== undefined) displace(this.#byOwner, owner, key);
    return true;
  }
}

function placeByOwner<T extends KubeObject>(index: Map<string, Map<string, Readonly<T>>>, key: string, object: Readonly<T>): void {
  const owner = controllerOf(object)?.uid;
  if (owner !== undefined) place(index, owner, key, object);
}

function place<T>(index: Map<string, Map<string, T>>, bucket: string, key: string, object: T): void {
  const entries = index.get(bucket);
  if (entries === undefined) index.set(bucket, new Map([[key, object]]));
  else entries.set(key, object);
}

function displace<T>(index: Map<string, Map<string, T>>, bucket: string, key: string): void {
  const entries = index.get(bucket);
  entries?.delete(key);
  if (entries?.size === 0) index.delete(bucket);
}
