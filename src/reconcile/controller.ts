import type { Kind, KubeObject, ObjectKey } from '../api/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Cluster } from '../client/cluster.ts';

/**
 * A frozen local copy of one kind, kept by list and watch. It starts again by itself after any failure. Its objects have no managedFields
 * unless its scope says so; an update without them leaves them as they are.
 */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  get(key: ObjectKey): Readonly<T> | undefined;
  list(filter?: { namespace?: string; labels?: Readonly<Record<string, string>> }): readonly Readonly<T>[];
  /** Objects whose controller owner has this uid. Indexed: costs what it answers. */
  ownedBy(uid: string): readonly Readonly<T>[];
  /** `previous` is undefined for a new object, `object` for a deleted one. A new listener is told of every object that is there. */
  onChange(listener: (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void): Disposable;
}
/** Fair, one worker per key, duplicates merge, a key added while worked on is worked on again. */
export interface WorkQueue {
  /** `upkeep`: a delay that recurs without work of its own (see Clock). */
  add(key: ObjectKey, afterMs?: number, options?: { upkeep?: true }): void;
  /** Works until `signal`, then waits for what is under way. A throw brings its key back with backoff. */
  run(work: (key: ObjectKey) => Promise<Result>, options: { concurrency: number; signal: AbortSignal }): Promise<void>;
}
export type Result = void | { readonly requeueAfterMs: number; readonly upkeep?: true };
/** Brings the world to what the named object asks for. It is told a name, never an event. */
export type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<Result>;

export interface Controller {
  readonly name: string;
  /**
   * Its user is `system:controller:<identity>`, as upstream's of the same task. Default: `<name>-controller`; ask with `identityOf`.
   */
  readonly identity?: string;
  /** Where its events come from. Default: its identity; ask with `componentOf`. */
  readonly component?: string;
  readonly reconciles: Kind;
  /** Their controller owner is queued when they change. */
  readonly owns?: readonly Kind[];
  readonly watches?: readonly { readonly kind: Kind; keysFor(object: KubeObject, context: Context): readonly ObjectKey[] }[];
  readonly concurrency?: number;
  /** Called once, when every informer named above has synced. */
  start(context: Context): Reconcile;
}
/** As whom a controller calls. */
export function identityOf(controller: Controller): string {
  return controller.identity ?? `${controller.name}-controller`;
}
/** What the events of a controller name as their component. */
export function componentOf(controller: Controller): string {
  return controller.component ?? identityOf(controller);
}
export interface Context {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Until the controller ends. */
  readonly signal: AbortSignal;
  /** Shared per kind and scope; one decoded copy per object in a process. An agent asks for `spec.nodeName=...`. */
  informer<T extends KubeObject>(kind: Kind<T>, scope?: InformerScope): Informer<T>;
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Queues a key of this controller, for what is seen outside the cluster (a Git ref, a process). */
  enqueue(key: ObjectKey, afterMs?: number, options?: { upkeep?: true }): void;
}
export interface InformerScope {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Objects come with their managedFields, which are half of an object and which few read. Default: without. */
  readonly managedFields?: true;
}

/** A failure that says what goes into the condition, and whether trying again can help. */
export class ReconcileError extends Error {
  readonly reason: string;
  readonly retry: boolean;

  constructor(reason: string, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ReconcileError';
    this.reason = reason;
    this.retry = options.retry ?? true;
  }
}
