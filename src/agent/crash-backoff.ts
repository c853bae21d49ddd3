/** Kubelet's restart back-off: 10 s doubling to 5 min, forgotten after a run of 10 min. The first restart waits for nothing. */
export const crashBackoff = { firstMs: 10_000, maxMs: 300_000, forgetAfterMs: 600_000 };

/** The pause before restart number `failures` (1: the first failure in a row). */
export function backoffMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(crashBackoff.maxMs, crashBackoff.firstMs * 2 ** (failures - 2));
}

/** The failures in a row after which the pause is `ms`: the other way round. */
export function failuresBehind(ms: number): number {
  return ms < crashBackoff.firstMs ? 1 : 2 + Math.ceil(Math.log2(Math.min(ms, crashBackoff.maxMs) / crashBackoff.firstMs));
}
