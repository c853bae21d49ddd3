import type { Volume } from '../../api/kinds.generated.ts';
import { wholeValue } from '../../api/quantity.ts';
import type { Clock } from '../../base/clock.ts';
import { usedBytes } from './used-bytes.ts';

/** As a kubelet's eviction loop. */
const everyMs = 10_000;

/**
 * Measures the emptyDirs on disk that have a limit until one exceeds it, or `signal`. Answers the words of a kubelet for it (pkg/kubelet/eviction);
 * undefined when none did. In memory the folder itself has the limit.
 */
export async function limitExceeded(
  volumes: readonly Volume[],
  about: { folderOf(volume: Volume): string; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { clock, signal } = about;
  const limited = volumes.filter(({ emptyDir }) => emptyDir?.sizeLimit !== undefined && emptyDir.medium !== 'Memory');
  while (limited.length > 0 && !signal.aborted) {
    for (const volume of limited) {
      const limit = volume.emptyDir?.sizeLimit ?? '0';
      if ((await clock.outside(usedBytes(about.folderOf(volume)))) <= wholeValue(limit)) continue;
      return signal.aborted ? undefined : `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `;
    }
    await clock.sleep(everyMs, { signal, upkeep: true }).catch(() => undefined); // The abort ends the sleep.
  }
  return undefined;
}
