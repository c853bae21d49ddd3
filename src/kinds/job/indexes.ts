/** Indexes of a Job as text, `0,3-5`. */
type Interval = readonly [from: number, to: number];
type Read<T> = { readonly value: T } | { readonly fault: string };

/** How many indexes the text names, of those below `completions`; or why it is none (kubernetes v1.35, validateIndexesFormat). */
export function countIndexes(text: string, completions: number): Read<number> {
  let total = 0;
  let last: number | undefined;
  for (const part of text === '' ? [] : text.split(',')) {
    const read = interval(part, completions);
    if ('fault' in read) return read;
    const [from, to] = read.value;
    if (last !== undefined && last >= from) return { fault: `non-increasing order, previous: ${last}, current: ${from}` };
    total += to - from + 1;
    last = to;
  }
  return { value: total };
}
function interval(text: string, completions: number): Read<Interval> {
  const limits = text.split('-');
  if (limits.length > 2) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
    return { fault: `the fragment ${JSON.stringify(text)} ${rule}` };
  }
  for (const limit of limits) {
    if (!/^[+-]?\d+$/.test(limit)) return { fault: `cannot convert string to integer for index: ${JSON.stringify(limit)}` };
    if (Number(limit) >= completions) return { fault: `too large index: ${JSON.stringify(limit)}` };
  }
  const [from = 0, to = from] = limits.map(Number);
  if (limits.length === 2 && from >= to) return { fault: `non-increasing order, previous: ${from}, current: ${to}` };
  return { value: [from, to] };
}

/** The first index that both texts name; what cannot be read is told elsewhere. */
export function sharedIndex(a: string, b: string, completions: number): number | undefined {
  const read = (text: string): Interval[] =>
    text.split(',').flatMap((part) => {
      const one = interval(part, completions);
      return 'value' in one ? [one.value] : [];
    });
  const others = read(b);
  for (const [from, to] of read(a)) {
    const other = others.find((one) => from <= one[1] && one[0] <= to);
    if (other !== undefined) return Math.max(from, other[0]);
  }
  return undefined;
}
