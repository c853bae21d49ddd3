import { controllerOf } from '../api/owner.ts';
import { keyOf, keyText, splitApiVersion, type Kind, type KubeObject, type ObjectKey } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { aborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Cluster } from '../client/cluster.ts';
import { ReconcileError, type Context, type Controller, type Reconcile, type Result, type WorkQueue } from './controller.ts';
import type { Recorder } from './events.ts';
import type { Informers } from './informers.ts';
import { createWorkQueue } from './work-queue.ts';

/** What a controller is run with. `cluster` calls as the controller's own user; the informers may be shared by many. */
export interface Surroundings {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly informers: Informers;
  readonly recorder: Recorder;
}

/**
 * Runs one controller until the signal, then waits for what is under way. Waits first for the informers it names; then every object
 * of its kind is queued once, and again whenever it, what it owns or what it watches changes.
 *
 * A reconcile that throws is tried again with back-off: Conflict and NotFound quietly (the cache was stale), a ReconcileError with a
 * Warning event of its reason, all others with an error in the log. `retry: false` waits for a change instead.
 */
export async function runController(controller: Controller, surroundings: Surroundings): Promise<void> {
  const log = surroundings.log.with({ controller: controller.name });
  const { clock, signal } = surroundings;
  const queue = createWorkQueue({ clock, signal });
  const context = contextOf(queue, { ...surroundings, log });
  if (!(await synced(controller, context))) return;
  const reconcile = controller.start(context);
  const listening = subscriptions(controller, context, queue);
  await queue.run((key) => attempt(controller, context, { reconcile, key }), { concurrency: controller.concurrency ?? 1, signal });
  for (const subscription of listening) subscription[Symbol.dispose]();
}

function contextOf(queue: WorkQueue, surroundings: Surroundings): Context {
  const { cluster, clock, random, log, signal, informers, recorder } = surroundings;
  return {
    cluster,
    clock,
    random,
    log,
    signal,
    informer: (kind, scope) => informers.informer(kind, scope),
    event: (about, type, reason, message) => recorder.event(about, type, { reason, message }),
    enqueue: (key, afterMs, options) => queue.add(key, afterMs, options),
  };
}

/** False when the signal came first. */
async function synced(controller: Controller, context: Context): Promise<boolean> {
  const kinds = [controller.reconciles, ...(controller.owns ?? []), ...(controller.watches ?? []).map((watch) => watch.kind)];
  const all = Promise.all(kinds.map((kind) => context.informer(kind).synced));
  await Promise.race([all, aborted(context.signal)]);
  return !context.signal.aborted;
}

/** Owned and watched kinds first, so that what is queued by name at the start merges in the order of the reconciled kind. */
function subscriptions(controller: Controller, context: Context, queue: WorkQueue): Disposable[] {
  const all: Disposable[] = [];
  const follow = (kind: Kind, keys: (object: KubeObject) => readonly ObjectKey[]): void => {
    all.push(
      context.informer(kind).onChange((object, previous) => {
        for (const state of [previous, object]) if (state !== undefined) for (const key of keys(state)) queue.add(key);
      }),
    );
  };
  follow(controller.reconciles, (object) => [keyOf(object)]);
  for (const kind of controller.owns ?? []) follow(kind, (object) => ownerKeys(controller, context, object));
  for (const watch of controller.watches ?? []) follow(watch.kind, (object) => watch.keysFor(object, context));
  return all;
}

/** The controller owner when it is of the reconciled kind; not when the cache knows another object of its name. */
function ownerKeys(controller: Controller, context: Context, object: KubeObject): ObjectKey[] {
  const owner = controllerOf(object);
  const { kind, group, namespaced } = controller.reconciles;
  if (owner === undefined || owner.kind !== kind || splitApiVersion(owner.apiVersion).group !== group) return [];
  const key = { namespace: namespaced ? (object.metadata.namespace ?? '') : '', name: owner.name };
  const cached = context.informer(controller.reconciles).get(key);
  return cached !== undefined && cached.metadata.uid !== owner.uid ? [] : [key];
}

async function attempt(controller: Controller, context: Context, job: { reconcile: Reconcile; key: ObjectKey }): Promise<Result> {
  try {
    return await job.reconcile(job.key, context.signal);
  } catch (error) {
    if (context.signal.aborted) return;
    const fields = { key: keyText(job.key), error: errorText(error) };
    if (error instanceof ReconcileError) {
      const object = context.informer(controller.reconciles).get(job.key);
      if (object !== undefined) context.event(object, 'Warning', error.reason, error.message);
      context.log.warn('reconcile failed', { ...fields, reason: error.reason, retry: error.retry });
      if (!error.retry) return;
    } else if (isStale(error)) context.log.debug('reconcile met a stale cache', fields);
    else context.log.error('reconcile failed', fields);
    throw error;
  }
}

/** Somebody else wrote or deleted meanwhile. A conflict between field managers is no such thing: it stays until somebody yields. */
function isStale(error: unknown): boolean {
  if (isNotFound(error)) return true;
  return isConflict(error) && !(error.details?.causes ?? []).some((cause) => cause.reason === 'FieldManagerConflict');
}
