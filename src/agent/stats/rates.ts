interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** Samples closer together say little; those older than this are forgotten. */
const leastMs = 5000;
const keptMs = 90_000;

/** Turns totals that only grow into rates over the last while. */
export class Rates {
  readonly #samples = new Map<string, Sample[]>();

  /**
   * Takes a sample. Answers the growth per second since the newest sample that is 5 s old or older, or since `startMs`, when the total
   * was 0, where there is none; and over how long that is.
   */
  take(key: string, sample: Sample, startMs: number): { perSecond: number; windowMs: number } {
    const samples = (this.#samples.get(key) ?? []).filter((one) => one.atMs > sample.atMs - keptMs && one.total <= sample.total);
    const base = samples.findLast((one) => one.atMs <= sample.atMs - leastMs) ?? { atMs: startMs, total: 0 };
    const last = samples.at(-1);
    if (last === undefined || last.atMs <= sample.atMs - 1000) samples.push(sample);
    this.#samples.set(key, samples);
    const windowMs = Math.max(1, sample.atMs - base.atMs);
    return { perSecond: ((sample.total - base.total) / windowMs) * 1000, windowMs };
  }

  /** Forgets all others. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#samples.delete(key);
  }
}
