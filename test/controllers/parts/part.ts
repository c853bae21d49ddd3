import type { Pod } from '../../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import type { SimulatedClock } from '../../../src/base/simulated-clock.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Cluster } from '../../../src/client/cluster.ts';
import type { Controller } from '../../../src/reconcile/controller.ts';
import type { TestCluster } from '../../support/cluster.ts';

/** A cluster with simulated nodes whose controllers meet faults and die now and then; who calls `api` meets none. */
export interface World {
  readonly cluster: TestCluster;
  /** The administrator. */
  readonly api: Cluster;
  readonly clock: SimulatedClock;
  readonly random: Random;
}
/** One write to the store; both are undefined in no write. */
export interface Write {
  readonly before?: KubeObject;
  readonly after?: KubeObject;
}
/** Is told every write in its order, and answers the rule that is broken now, in words. */
export type Watcher = (write: Write) => string | undefined;

/** What one controller has to do in a world of faults, and how one sees that it does. Its objects are in a namespace of its name. */
export interface Part {
  readonly name: string;
  /** Makes its objects. The namespace is there. */
  begin(world: World): Promise<void>;
  /** What users do in between: one of them at a time, by chance, any number of times. */
  readonly steps: readonly ((world: World) => Promise<void>)[];
  /** What a user does when the faults have ended. */
  end?(world: World): Promise<void>;
  /** A fresh watcher of what must not be seen at any moment. */
  watch?(): Watcher;
  /** How long after the last fault everything must be so; 4 minutes by default. */
  readonly quietMs?: number;
  /** The rules that are broken then, in words. */
  broken(world: World): Promise<readonly string[]>;
  /** Controllers that run beside those of the list, unless there is one of the name already. */
  readonly beside?: readonly Controller[];
  /** Broken copies of its controller, by what is wrong with them: each must be caught by a seed. */
  readonly mutants: Readonly<Record<string, readonly Controller[]>>;
}

/** `what: expected ..., found ...` where they differ as JSON. */
export function differs(what: string, found: unknown, expected: unknown): string[] {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? [] : [`${what}: expected ${should}, found ${is}`];
}

/** Objects of one kind and namespace as they are after each write. */
export class Seen<T extends KubeObject> {
  readonly #kind: string;
  readonly #namespace: string;
  readonly #objects = new Map<string, T>();

  constructor(kind: string, namespace: string) {
    this.#kind = kind;
    this.#namespace = namespace;
  }

  /** Answers whether the write was about one of them. */
  take({ before, after }: Write): boolean {
    const object = after ?? before;
    if (object?.kind !== this.#kind || object.metadata.namespace !== this.#namespace) return false;
    if (after === undefined) this.#objects.delete(object.metadata.name);
    else this.#objects.set(object.metadata.name, after as T);
    return true;
  }

  get all(): readonly T[] {
    return [...this.#objects.values()];
  }
}

/** Neither ended nor asked to end. */
export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded';
}
export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}
