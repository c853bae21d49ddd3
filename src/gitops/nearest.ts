/** The names most like `wanted`, nearest first; only those that a slip of the hand could have made of it. */
export function nearest(wanted: string, names: Iterable<string>, count = 1): string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const found: { name: string; far: number }[] = [];
  for (const name of names) {
    const far = wanted.toLowerCase() === name.toLowerCase() ? 0 : distance(wanted, name, limit);
    if (far <= limit && name !== wanted) found.push({ name, far });
  }
  found.sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1));
  return found.slice(0, count).map(({ name }) => name);
}

/** Insertions, deletions, replacements and swapped neighbours that lead from one text to the other; more than `limit` is not counted out. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] as number) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] as number;
}
