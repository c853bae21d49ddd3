import type { Pod, StatefulSet } from '../../api/kinds.generated.ts';

/** Ordinals are 32 bit numbers; what is larger is a name like any other. */
const largest = 2 ** 31 - 1;

/** The ordinal of a pod by its name `<set>-<ordinal>`; undefined where it has another name. */
export function ordinalOf(set: Readonly<StatefulSet>, pod: Readonly<Pod>): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const { name } = pod.metadata;
  const text = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d+$/.test(text) && Number(text) <= largest ? Number(text) : undefined;
}

export function podName(set: Readonly<StatefulSet>, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The first ordinal, and how many there are. */
export function ordinals(set: Readonly<StatefulSet>): { readonly start: number; readonly count: number } {
  return { start: set.spec.ordinals?.start ?? 0, count: set.spec.replicas ?? 1 };
}

export function isInRange(set: Readonly<StatefulSet>, ordinal: number): boolean {
  const { start, count } = ordinals(set);
  return ordinal >= start && ordinal < start + count;
}
