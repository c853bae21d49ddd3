import { keyOf, type KubeObject } from '../../api/object.ts';
import { Pod } from '../../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound, isPassing, StatusError } from '../../api/status.ts';
import { Backoff } from '../../base/backoff.ts';
import { errorText } from '../../base/log.ts';
import { nameSuffix } from '../../base/random.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { Expectations } from '../../reconcile/expectations.ts';
import { slowStart, together } from './slow-start.ts';

/** At most so many pods are made or deleted in one pass, as upstream's BurstReplicas. */
export const burst = 500;
/** After this time what was expected is given up (Expectations): who waits for it looks again then. */
export const expectationMs = 5 * 60_000 + 1;

export interface PodBatch {
  readonly context: Context;
  readonly expectations: Expectations;
  /** Under which the expectations stand. */
  readonly key: string;
  /** Whom the events are about. */
  readonly owner: KubeObject;
}

/**
 * Makes `count` pods in growing batches and expects those that it made. Tells of each in an event of the owner.
 * Answers how many were made, and the first failure.
 */
export async function createPods(
  batch: PodBatch,
  count: number,
  podAt: (index: number) => Pod,
): Promise<{ readonly created: number; readonly failure: Error | undefined }> {
  const { context, expectations, key, owner } = batch;
  expectations.expectCreations(key, count);
  const { succeeded, failures } = await slowStart(count, async (index) => {
    try {
      const pod = await createOnce(context, podAt(index));
      context.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      // Where the namespace is going every create fails: nobody needs to be told.
      if (!isTerminating(error)) context.event(owner, 'Warning', 'FailedCreate', `Error creating: ${errorText(error)}`);
      throw error;
    }
  });
  for (let never = succeeded; never < count; never++) expectations.creationObserved(key);
  return { created: succeeded, failure: failures.find((error) => !isTerminating(error)) };
}

/**
 * Creates a pod under a name of our own choice, so that a create whose answer was lost can be sent again and finds what it made: a Job's
 * pod must not be made twice. It is sent until there is an answer, for some seconds: giving it up would mean another name. A name by chance
 * that somebody has already when it is first sent is replaced by another.
 */
async function createOnce(context: Context, pod: Pod, names = 8): Promise<Readonly<Pod>> {
  const named = withName(context, pod);
  const pause = new Backoff({ firstMs: 20, maxMs: 5000 });
  for (let attempt = 1; ; attempt++) {
    try {
      return attempt === 1 ? await context.cluster.create(Pod, named) : await createAgain(context, named);
    } catch (error) {
      if (attempt === 1 && isAlreadyExists(error) && named !== pod && names > 1) return createOnce(context, pod, names - 1);
      if (error instanceof StatusError && !isPassing(error)) throw error;
      if (attempt === attempts || context.signal.aborted) throw error;
    }
    await context.clock.sleep(pause.nextMs(''), { signal: context.signal });
  }
}
const attempts = 8;

/** The pod itself where it has a name. */
function withName({ random }: Context, pod: Pod): Pod {
  const { name, generateName = '' } = pod.metadata;
  return name === '' ? { ...pod, metadata: { ...pod.metadata, name: `${generateName}${nameSuffix(random)}` } } : pod;
}

async function createAgain(context: Context, named: Pod): Promise<Readonly<Pod>> {
  try {
    return await context.cluster.create(Pod, named);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return context.cluster.get(Pod, keyOf(named));
  }
}

/** Deletes the pods all at once and expects them to go. Answers how many are going, and the first failure. */
export async function deletePods(
  batch: PodBatch,
  pods: readonly Pod[],
  before: (pod: Pod) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly deleted: readonly Pod[]; readonly failure: Error | undefined }> {
  const { context, expectations, key, owner } = batch;
  expectations.expectDeletions(
    key,
    pods.map((pod) => pod.metadata.uid ?? ''),
  );
  const deleted: Pod[] = [];
  const failures = await together(
    pods.map((pod) => async () => {
      try {
        await before(pod);
        await context.cluster.delete(Pod, keyOf(pod), { uid: pod.metadata.uid ?? '' });
        context.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        expectations.deletionObserved(key, pod.metadata.uid ?? '');
        if (!isNotFound(error)) {
          context.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${errorText(error)}`);
          throw error;
        }
      }
      deleted.push(pod);
    }),
  );
  return { deleted, failure: failures[0] };
}

/** The namespace is being deleted: nothing can be made in it. */
export function isTerminating(error: unknown): boolean {
  return error instanceof StatusError && (error.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating');
}
