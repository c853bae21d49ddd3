import type { Surroundings } from '../reconcile/run-controller.ts';
import type { PodFacts } from './state/pod-facts.ts';

/** What the events API takes of a message, and how a longer one ends. */
const longest = 1024;
const cut = ' ...';

/** Tells in an event why a pod has no node yet. The condition of the pod says it at full length. */
export function tellRefusal({ recorder }: Surroundings, pod: PodFacts, message: string): void {
  const text = message.length <= longest ? message : `${message.slice(0, longest - cut.length)}${cut}`;
  recorder.event(pod.pod, 'Warning', { reason: 'FailedScheduling', action: 'Scheduling', message: text });
}
