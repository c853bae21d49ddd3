import type { Clock } from '../base/clock.ts';
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
  const marks: { readonly at: number; readonly revision: Revision }[] = [];
  while (!signal.aborted) {
    marks.push({ at: clock.now(), revision: store.revision() });
    while (marks[0] !== undefined && marks[0].at <= clock.now() - historyMs) {
      store.compact(marks[0].revision);
      marks.shift();
    }
    try {
      await clock.sleep(historyMs / 5, { signal, upkeep: true });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
