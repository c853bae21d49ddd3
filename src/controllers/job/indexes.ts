import type { Job, Pod } from '../../api/kinds.generated.ts';

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** The completion index of a pod; undefined where it has none, or one that the job does not have. */
export function indexOf(job: Job, pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Number(text) < (job.spec.completions ?? 0) ? Number(text) : undefined;
}

/** Indexes as a Job's status writes them: `0,2-4`. Numbers beyond `completions` are left out. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const out = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    for (let index = Number(first); index <= Number(last ?? first) && index < completions; index++) out.add(index);
  }
  return out;
}

/** Two neighbours are written `1,2`, three or more `1-3`, as upstream does. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (sorted[to + 1] === (sorted[to] as number) + 1) to++;
    if (to - from >= 2) parts.push(`${sorted[from]}-${sorted[to]}`);
    else parts.push(...sorted.slice(from, to + 1).map(String));
    from = to + 1;
  }
  return parts.join(',');
}

/** The lowest `count` indexes that are neither done nor worked on. */
export function pendingIndexes(completions: number, taken: ReadonlySet<number>, count: number): readonly number[] {
  const out: number[] = [];
  for (let index = 0; index < completions && out.length < count; index++) if (!taken.has(index)) out.push(index);
  return out;
}
