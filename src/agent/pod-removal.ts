import { Pod } from '../api/kinds.generated.ts';
import { keyOf, keyText } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';

/** Removes the object of a pod that has ended, with no grace left. Tries until it is gone, or another one of its name is there, or `signal`. */
export async function removeFromApi(
  pod: Readonly<Pod>,
  context: { readonly cluster: Cluster; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const { uid } = pod.metadata;
  for (let attempt = 0; ; attempt++) {
    try {
      await context.cluster.delete(Pod, keyOf(pod), { graceSeconds: 0, ...(uid === undefined ? {} : { uid }) });
      return;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      context.log.warn('cannot remove an ended pod', { pod: keyText(keyOf(pod)), error: errorText(error) });
      // The abort ends the sleep.
      await context.clock.sleep(Math.min(10_000, 200 * 2 ** attempt), { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}
