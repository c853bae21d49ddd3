import type { Pod, Service } from '../../api/kinds.generated.ts';

interface Known {
  readonly pods: ReadonlyMap<string, string>;
  readonly service: string;
}

/**
 * When what led to a change of endpoints happened: the earliest moment, among those not seen before, at which a pod became ready (or ceased
 * to be) or the Service was made. Consumers measure by it how long they take (`endpoints.kubernetes.io/last-change-trigger-time`).
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** Undefined where nothing new has happened. RFC 3339, as in the objects. */
  next(key: string, service: Readonly<Service>, pods: readonly Readonly<Pod>[]): string | undefined {
    const before = this.#known.get(key);
    const times = new Map<string, string>();
    const fresh: string[] = [];
    for (const { metadata, status } of pods) {
      const time = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
      if (time === '') continue;
      times.set(metadata.name, time);
      if (time > (before?.pods.get(metadata.name) ?? '')) fresh.push(time);
    }
    const made = service.metadata.creationTimestamp ?? '';
    if (made > (before?.service ?? '')) fresh.push(made);
    this.#known.set(key, { pods: times, service: made });
    return fresh.sort()[0];
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
