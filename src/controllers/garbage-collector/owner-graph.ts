import { keyOf, splitApiVersion, type Kind, type KubeObject, type ObjectKey, type OwnerReference } from '../../api/object.ts';
import { idOf, kindId } from '../kinds/served-kinds.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** One object, seen or only named as an owner. */
export interface GraphNode {
  readonly uid: string;
  apiVersion: string;
  /** `apps/Deployment`, whatever the version. */
  kindId: string;
  key: ObjectKey;
  owners: readonly OwnerReference[];
  /** Most objects have none, and then there is one map for all. */
  dependents: ReadonlyMap<string, GraphNode>;
  /** Whether it is being deleted, and what that waits for. */
  deletion: 'no' | 'plain' | 'foreground' | 'orphan';
  /** Only named by a dependent: it may not exist, or not as it is named. */
  virtual: boolean;
}

export interface GraphEvents {
  /** The object must be looked at: an owner may be gone, or the last dependent. */
  touch(node: GraphNode): void;
  /** The owner that is named is in another namespace. */
  invalidOwner(dependent: GraphNode, owner: OwnerReference): void;
}

/** Who owns whom, by uid, over all kinds; kept from what informers show. No I/O. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #events: GraphEvents;

  constructor(events: GraphEvents) {
    this.#events = events;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }
  get size(): number {
    return this.#nodes.size;
  }

  /** Objects of this kind can be looked for from now on. */
  touchVirtual(kindId: string): void {
    for (const node of this.#nodes.values()) if (node.virtual && node.kindId === kindId) this.#events.touch(node);
  }

  /** A new or changed object. */
  observe(kind: Kind, object: Readonly<KubeObject>): void {
    const uid = object.metadata.uid ?? '';
    const known = this.#nodes.get(uid);
    const node = known ?? this.#add(uid, kind, object);
    if (node.virtual) this.#appear(node, kind, object);
    this.#setOwners(node, object.metadata.ownerReferences ?? []);
    const deletion = deletionOf(object);
    const started = node.deletion !== deletion;
    node.deletion = deletion;
    if (!started) return;
    if (deletion === 'orphan') this.#events.touch(node);
    if (deletion === 'foreground') for (const each of [...node.dependents.values(), node]) this.#events.touch(each);
  }

  /** The object is gone: its dependents have lost an owner, and owners that waited for it may go on. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    for (const owner of node.owners) this.#unlink(node, owner.uid);
    for (const dependent of node.dependents.values()) this.#events.touch(dependent);
  }

  #add(uid: string, kind: Kind, object: Readonly<KubeObject>): GraphNode {
    const node: GraphNode = {
      uid,
      apiVersion: object.apiVersion,
      kindId: idOf(kind),
      key: keyOf(object),
      owners: [],
      dependents: none,
      deletion: 'no',
      virtual: false,
    };
    this.#nodes.set(uid, node);
    return node;
  }

  /** What was only named is seen: dependents that named it wrongly are looked at. */
  #appear(node: GraphNode, kind: Kind, object: Readonly<KubeObject>): void {
    node.virtual = false;
    node.apiVersion = object.apiVersion;
    node.kindId = idOf(kind);
    node.key = keyOf(object);
    for (const dependent of node.dependents.values()) {
      const owner = dependent.owners.find((each) => each.uid === node.uid);
      if (owner !== undefined) this.#check(dependent, owner, node);
    }
  }

  #setOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const former = node.owners;
    node.owners = owners;
    for (const owner of former) {
      const now = owners.find((each) => each.uid === owner.uid);
      if (now === undefined) this.#unlink(node, owner.uid);
      else if (owner.blockOwnerDeletion === true && now.blockOwnerDeletion !== true) this.#touchWaiting(owner.uid);
    }
    for (const owner of owners) if (!former.some((each) => each.uid === owner.uid)) this.#link(node, owner);
  }

  #link(node: GraphNode, reference: OwnerReference): void {
    let owner = this.#nodes.get(reference.uid);
    if (owner === undefined) {
      owner = namedBy(node, reference);
      this.#nodes.set(owner.uid, owner);
      this.#events.touch(owner);
    } else this.#check(node, reference, owner);
    addDependent(owner, node);
    // It waits for its dependents already: this one as well has to go.
    if (owner.deletion === 'foreground') this.#events.touch(node);
  }

  #unlink(node: GraphNode, ownerUid: string): void {
    const owner = this.#nodes.get(ownerUid);
    if (owner === undefined) return;
    removeDependent(owner, node.uid);
    this.#touchWaiting(ownerUid);
    if (owner.virtual && owner.dependents.size === 0) this.#nodes.delete(ownerUid);
  }

  #touchWaiting(ownerUid: string): void {
    const owner = this.#nodes.get(ownerUid);
    if (owner?.deletion === 'foreground') this.#events.touch(owner);
  }

  #check(dependent: GraphNode, reference: OwnerReference, owner: GraphNode): void {
    const { group } = splitApiVersion(reference.apiVersion);
    const elsewhere = owner.key.namespace !== '' && owner.key.namespace !== dependent.key.namespace;
    if (elsewhere && !owner.virtual) this.#events.invalidOwner(dependent, reference);
    if (elsewhere || owner.kindId !== kindId(group, reference.kind) || owner.key.name !== reference.name) this.#events.touch(dependent);
  }
}

const none: ReadonlyMap<string, GraphNode> = new Map();

function addDependent(owner: GraphNode, node: GraphNode): void {
  if (owner.dependents === none) owner.dependents = new Map();
  (owner.dependents as Map<string, GraphNode>).set(node.uid, node);
}

function removeDependent(owner: GraphNode, uid: string): void {
  if (owner.dependents === none) return;
  (owner.dependents as Map<string, GraphNode>).delete(uid);
  if (owner.dependents.size === 0) owner.dependents = none;
}

/** An owner that is not known: as the reference names it, taken to be in the dependent's namespace. */
function namedBy(dependent: GraphNode, reference: OwnerReference): GraphNode {
  return {
    uid: reference.uid,
    apiVersion: reference.apiVersion,
    kindId: kindId(splitApiVersion(reference.apiVersion).group, reference.kind),
    key: { namespace: dependent.key.namespace, name: reference.name },
    owners: [],
    dependents: none,
    deletion: 'no',
    virtual: true,
  };
}

function deletionOf(object: Readonly<KubeObject>): GraphNode['deletion'] {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined) return 'no';
  if (finalizers.includes(orphanFinalizer)) return 'orphan';
  return finalizers.includes(foregroundFinalizer) ? 'foreground' : 'plain';
}

/** Dependents whose reference says that the owner must not go before them. */
export function blockingDependents(node: GraphNode): readonly GraphNode[] {
  return [...node.dependents.values()].filter((dependent) =>
    dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
  );
}
