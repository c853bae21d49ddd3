import type { Clock } from '../base/clock.ts';
import { RevisionMarks } from './revision-marks.ts';
import type { Revision } from './store.ts';

/** How long changes are kept for watches and lists that start in the past: five minutes, as Kubernetes' API server compacts etcd. */
export const defaultHistoryMs = 5 * 60_000;

/**
 * Compacts by age until `signal`: what was the newest revision `historyMs` ago becomes the oldest. Looks five times in that span, so
 * history may live a fifth longer.
 */
export async function compactByAge(
  store: { revision(): Revision; compact(before: Revision): void },
  options: { clock: Clock; historyMs: number; signal: AbortSignal },
): Promise<void> {
  const { clock, historyMs, signal } = options;
  const marks = new RevisionMarks();
  while (!signal.aborted) {
    marks.add(clock.now(), store.revision());
    const old = marks.newestAt(clock.now() - historyMs);
    if (old !== undefined) store.compact(old);
    try {
      await clock.sleep(historyMs / 5, { signal, upkeep: true });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
