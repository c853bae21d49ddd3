import type { LabelSelector } from '../../api/kinds.generated.ts';
import { requirementsOf, type LabelRequirement } from '../../api/selector.ts';
import { controllerOf } from '../../api/owner.ts';
import type { PodFacts } from './pod-facts.ts';
import { podChoice, pairOf, type PodChoice } from './terms.ts';

/** Selectors of Services and of controllers of pods: by them pods that say nothing about it are spread. */
export class Workloads {
  readonly #services = new Map<string, Map<string, PodChoice>>();
  /** Namespace, then `key=value`, then service name: those that may select a pod are found by its labels. */
  readonly #byPair = new Map<string, Map<string, Map<string, Readonly<Record<string, string>>>>>();
  readonly #controllers = new Map<string, readonly LabelRequirement[]>();

  setService(namespace: string, name: string, selector: Readonly<Record<string, string>> | undefined): void {
    const services = this.#services.get(namespace);
    const old = services?.get(name);
    if (old !== undefined) {
      this.#pairs(namespace, old)?.delete(name);
      services?.delete(name);
    }
    if (selector === undefined || Object.keys(selector).length === 0) return;
    const choice = podChoice([namespace], requirementsOf({ matchLabels: selector }));
    if (services === undefined) this.#services.set(namespace, new Map([[name, choice]]));
    else services.set(name, choice);
    this.#pairs(namespace, choice)?.set(name, selector);
  }

  /** A ReplicationController, ReplicaSet or StatefulSet by its uid. */
  setController(uid: string, selector: LabelSelector | undefined): void {
    if (selector === undefined) this.#controllers.delete(uid);
    else this.#controllers.set(uid, requirementsOf(selector));
  }

  /** What the Services that select the pod and its controller ask for together; undefined when there is none (scheduler, DefaultSelector). */
  requirementsFor(pod: PodFacts): readonly LabelRequirement[] | undefined {
    const merged = new Map<string, string>();
    const pairs = this.#byPair.get(pod.namespace);
    if (pairs !== undefined) {
      for (const key in pod.labels) {
        for (const selector of pairs.get(`${key}=${pod.labels[key]}`)?.values() ?? []) {
          if (Object.entries(selector).every(([name, value]) => pod.labels[name] === value)) {
            for (const name in selector) merged.set(name, selector[name] as string);
          }
        }
      }
    }
    const owner = controllerOf(pod.pod);
    const own = owner === undefined ? undefined : this.#controllers.get(owner.uid);
    const all = [...[...merged].map(([key, value]): LabelRequirement => ({ key, operator: 'in', values: [value] })), ...(own ?? [])];
    return all.length === 0 ? undefined : all;
  }

  #pairs(namespace: string, choice: PodChoice): Map<string, Readonly<Record<string, string>>> | undefined {
    const pair = pairOf(choice);
    if (pair === undefined) return undefined;
    let pairs = this.#byPair.get(namespace);
    if (pairs === undefined) this.#byPair.set(namespace, (pairs = new Map()));
    const id = pair.join('=');
    let found = pairs.get(id);
    if (found === undefined) pairs.set(id, (found = new Map()));
    return found;
  }
}
