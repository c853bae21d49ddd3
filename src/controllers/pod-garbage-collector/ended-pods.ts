import { keyOf, keyText } from '../../api/object.ts';
import type { Pod } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import type { Informer } from '../../reconcile/controller.ts';
import { isPodFinished } from '../pods/pod-state.ts';

/** The pods that have ended and are still there, kept change by change. `changed` is told how many there are after each new one. */
export class EndedPods {
  readonly #pods = new Map<string, Readonly<Pod>>();

  constructor(pods: Informer<Pod>, changed: (count: number) => void) {
    pods.onChange((pod, previous) => {
      const text = keyText(keyOf((pod ?? previous) as Pod));
      if (pod === undefined || !isPodFinished(pod) || pod.metadata.deletionTimestamp !== undefined) return void this.#pods.delete(text);
      const fresh = !this.#pods.has(text);
      this.#pods.set(text, pod);
      if (fresh) changed(this.#pods.size);
    });
  }

  /** Those beyond so many: evicted ones first, then the oldest. */
  beyond(threshold: number): readonly Readonly<Pod>[] {
    const surplus = this.#pods.size - threshold;
    return surplus <= 0 ? [] : [...this.#pods.values()].sort(byWorth).slice(0, surplus);
  }
}

function byWorth(a: Readonly<Pod>, b: Readonly<Pod>): number {
  const evicted = (pod: Readonly<Pod>): number => (pod.status?.reason === 'Evicted' ? 0 : 1);
  const made = (pod: Readonly<Pod>): number => parseTime(pod.metadata.creationTimestamp) ?? 0;
  return evicted(a) - evicted(b) || made(a) - made(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
