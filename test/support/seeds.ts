const { STEER_SEEDS, STEER_SOAK, CI } = process.env;

/** Time is not short: each seed may have all of what a story has. */
export const isSoak = STEER_SOAK !== undefined;
export const isCi = !isSoak && CI !== undefined;

/** The seeds of a story: `STEER_SEEDS`, as `200` (from 1) or `501-1000`, else as many as there is time for. */
export function seedsFor(counts: { readonly soak: number; readonly ci: number; readonly quick: number }): readonly number[] {
  const [first = '', last] = (STEER_SEEDS ?? String(isSoak ? counts.soak : isCi ? counts.ci : counts.quick)).split('-');
  const [from, to] = last === undefined ? [1, Number(first)] : [Number(first), Number(last)];
  if (!Number.isInteger(from) || !Number.isInteger(to) || to < from)
    throw new Error(`STEER_SEEDS is no number and no range: ${STEER_SEEDS}`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
