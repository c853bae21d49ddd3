import { keyText, type ObjectKey } from '../api/object.ts';
import { CustomResourceDefinition, Namespace, Pod } from '../api/kinds.generated.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { parseTime } from '../base/clock.ts';
import { clone, jsonEqual } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { servedKinds } from './kinds/served-kinds.ts';
import { deletionConditions } from './namespace/conditions.ts';
import { deleteContent, type Leftovers } from './namespace/content.ts';

const finalizer = 'kubernetes';
/** How long after the last change of a pod in a namespace that goes it is looked at again. */
const settleMs = 100;

/** Empties a namespace that is being deleted, of every kind that is served, and lets it go when nothing is left. */
export const namespace: Controller = {
  name: 'namespace',
  reconciles: Namespace,
  watches: [
    { kind: CustomResourceDefinition, keysFor: () => [] },
    { kind: Pod, keysFor: () => [] },
  ],
  concurrency: 10,
  start(context) {
    const tries = new Map<string, number>();
    // The last pods of a namespace are what its deletion waits for most often.
    context.informer(Pod).onChange((pod, previous) => {
      if (pod !== undefined || previous === undefined) return;
      const key = { namespace: '', name: previous.metadata.namespace ?? '' };
      if (context.informer(Namespace).get(key)?.metadata.deletionTimestamp !== undefined) context.enqueue(key, settleMs);
    });
    return (key) => reconcile(context, tries, key);
  },
};

async function reconcile(context: Context, tries: Map<string, number>, key: ObjectKey): Promise<Result> {
  const cached = context.informer(Namespace).get(key);
  if (cached?.metadata.deletionTimestamp === undefined) return void tries.delete(keyText(key));
  // The cache may show a namespace whose finalizer is gone already, or one that was made anew.
  const live = await read(context, key);
  if (live?.metadata.deletionTimestamp === undefined || !(live.spec.finalizers ?? []).includes(finalizer)) {
    return void tries.delete(keyText(key));
  }
  const { left, discovery } = await empty(context, live);
  const written = await writeConditions(context, live, { left, discovery });
  if (left !== undefined && left.remaining.size === 0 && left.errors.length === 0) {
    await finalize(context, written);
    return void tries.delete(keyText(key));
  }
  const attempt = tries.get(keyText(key)) ?? 0;
  tries.set(keyText(key), attempt + 1);
  return { requeueAfterMs: Math.min(100 * 2 ** Math.min(attempt, 20), longestMs(left)) };
}

/** Half the time that the rest may take and a second, as upstream; a minute after failures. */
function longestMs(left: Leftovers | undefined): number {
  return left === undefined || left.estimateSeconds === 0 ? 60_000 : Math.floor(left.estimateSeconds / 2) * 1000 + 1000;
}

async function read(context: Context, key: ObjectKey): Promise<Readonly<Namespace> | undefined> {
  try {
    return await context.cluster.get(Namespace, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function empty(context: Context, live: Readonly<Namespace>): Promise<{ left: Leftovers | undefined; discovery: string | undefined }> {
  let kinds;
  try {
    kinds = (await servedKinds(context)).filter((kind) => kind.namespaced);
  } catch (error) {
    context.log.warn('the served kinds could not be found', { namespace: live.metadata.name, error: errorText(error) });
    return { left: undefined, discovery: errorText(error) };
  }
  const deletedAt = parseTime(live.metadata.deletionTimestamp) ?? context.clock.now();
  return { left: await deleteContent(context, kinds, { name: live.metadata.name, deletedAt }), discovery: undefined };
}

async function writeConditions(
  context: Context,
  live: Readonly<Namespace>,
  found: { left: Leftovers | undefined; discovery: string | undefined },
): Promise<Readonly<Namespace>> {
  const former = live.status?.conditions ?? [];
  const conditions = deletionConditions(former, found.left, { discovery: found.discovery, now: context.clock.now() });
  if (live.status?.phase === 'Terminating' && jsonEqual(conditions, former)) return live;
  const next = { ...live, status: { ...live.status, phase: 'Terminating', conditions } };
  return context.cluster.update(Namespace, next, { subresource: 'status' });
}

async function finalize(context: Context, live: Readonly<Namespace>): Promise<void> {
  const next = clone(live);
  next.spec.finalizers = (next.spec.finalizers ?? []).filter((name) => name !== finalizer);
  try {
    await context.cluster.update(Namespace, next, { subresource: 'finalize' });
  } catch (error) {
    // NotFound: gone. Conflict: somebody else wrote; the change brings the key back.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
