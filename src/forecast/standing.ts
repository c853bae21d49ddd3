import type { Pod } from '../api/kinds.generated.ts';
import type { KubeObject } from '../api/object.ts';
import { timestamp } from '../base/clock.ts';
import { clone, type Mutable } from '../base/json.ts';
import type { Random } from '../base/random.ts';
import type { Store } from '../store/store.ts';
import { runningStatus } from './running-status.ts';

/** Their addresses begin after those of the applications' own pods. */
const firstNumber = 1 << 19;

/**
 * Writes pods of others as they stand, behind the back of the server: the one that they come from has let them in, whatever quotas and
 * policies say now. For a store to which nobody else writes.
 */
export async function standPods(pods: readonly Pod[], about: { store: Store<KubeObject>; random: Random; nowMs: number }): Promise<void> {
  const { store, random, nowMs } = about;
  const since = timestamp({ now: () => nowMs - ageMs });
  for (const [at, given] of pods.entries()) {
    const pod = clone(given) as Mutable<Pod>;
    pod.status = runningStatus(given, { since, number: firstNumber + at, random });
    await store.put(`core/pods/${pod.metadata.namespace}/${pod.metadata.name}`, pod as unknown as KubeObject, 0);
  }
}
const ageMs = 3_600_000;
