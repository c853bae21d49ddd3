import { keyOf, keyText, type ObjectKey } from '../../api/object.ts';
import { Pod } from '../../api/kinds.generated.ts';
import { controllerOf } from '../../api/owner.ts';
import { isConflict, isNotFound } from '../../api/status.ts';
import type { Context, Informer } from '../../reconcile/controller.ts';
import { removeFinalizer } from '../../reconcile/finalizers.ts';
import { together } from '../pods/slow-start.ts';
import { hasTracking, trackingFinalizer } from './accounting.ts';

const nameLabels = ['batch.kubernetes.io/job-name', 'job-name'];

/** The Job that a pod belongs to: by its controller, or by its label where it has none. */
export function jobKeyOf(pod: Pod): ObjectKey | undefined {
  const owner = controllerOf(pod);
  const namespace = pod.metadata.namespace ?? '';
  if (owner !== undefined) return owner.kind === 'Job' ? { namespace, name: owner.name } : undefined;
  const name = nameLabels.map((label) => pod.metadata.labels?.[label]).find((value) => value !== undefined);
  return name === undefined ? undefined : { namespace, name };
}

/** The pods that carry the tracking finalizer, by the key of their Job, and which of them we have taken it from. */
export class TrackedPods {
  readonly #tracked = new Map<string, Map<string, Readonly<Pod>>>();
  /** Finalizers that are gone while the cache may still show them; by uid. */
  readonly released = new Set<string>();

  constructor(pods: Informer<Pod>) {
    pods.onChange((pod, previous) => {
      const known = pod ?? previous;
      if (known === undefined) return;
      if (previous !== undefined) this.#drop(previous);
      if (pod !== undefined && hasTracking(pod)) this.#add(pod);
      else this.released.delete(known.metadata.uid ?? '');
    });
  }

  of(key: ObjectKey): readonly Readonly<Pod>[] {
    return [...(this.#tracked.get(keyText(key))?.values() ?? [])];
  }

  #add(pod: Readonly<Pod>): void {
    const job = jobKeyOf(pod);
    if (job === undefined) return;
    const here = this.#tracked.get(keyText(job));
    if (here === undefined) this.#tracked.set(keyText(job), new Map([[pod.metadata.uid ?? '', pod]]));
    else here.set(pod.metadata.uid ?? '', pod);
  }

  #drop(pod: Readonly<Pod>): void {
    const job = jobKeyOf(pod);
    const here = job === undefined ? undefined : this.#tracked.get(keyText(job));
    here?.delete(pod.metadata.uid ?? '');
    if (job !== undefined && here?.size === 0) this.#tracked.delete(keyText(job));
  }
}

/** Takes the finalizer from the pods, all at once. Answers the uids of those that have none now, and the first failure. */
export async function releasePods(
  context: Context,
  tracked: TrackedPods,
  pods: readonly Readonly<Pod>[],
): Promise<{ readonly released: ReadonlySet<string>; readonly failure: Error | undefined }> {
  const released = new Set<string>();
  const failures = await together(
    pods.map((pod) => async () => {
      const uid = pod.metadata.uid ?? '';
      tracked.released.add(uid);
      try {
        await releasePod(context, pod);
        released.add(uid);
      } catch (error) {
        tracked.released.delete(uid);
        throw error;
      }
    }),
  );
  return { released, failure: failures[0] };
}

/** A pod that is gone has no finalizer; of one that has changed since, the present state is taken. */
async function releasePod(context: Context, cached: Readonly<Pod>): Promise<void> {
  let pod = cached;
  for (let attempt = 0; ; attempt++) {
    try {
      await removeFinalizer(context.cluster, Pod, pod, trackingFinalizer);
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || attempt === 3) throw error;
    }
    try {
      pod = await context.cluster.get(Pod, keyOf(cached));
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (pod.metadata.uid !== cached.metadata.uid) return;
  }
}
