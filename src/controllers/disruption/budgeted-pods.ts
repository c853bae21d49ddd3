import { keyOf, keyText, type ObjectKey } from '../../api/object.ts';
import { Pod, PodDisruptionBudget } from '../../api/kinds.generated.ts';
import { controllerOf } from '../../api/owner.ts';
import { selects, type LabelSelector } from '../../api/selector.ts';
import { jsonEqual } from '../../base/json.ts';
import type { Context, Informer } from '../../reconcile/controller.ts';
import { isPodReady } from '../pods/pod-state.ts';

export interface BudgetedPodsListener {
  /** A budget has gained or lost a pod, or one of its pods has changed in what the budget counts. */
  changed(key: ObjectKey): void;
  /** A pod that is new, or whose labels are, belongs to more than one budget; in the order of their names. */
  contested(pod: Readonly<Pod>, budgets: readonly string[]): void;
}

/**
 * Which pods each PodDisruptionBudget selects, kept change by change, so that a change of one pod costs the budgets of its namespace and
 * not all pods. An empty selector selects the whole namespace, an absent one nothing.
 */
export class BudgetedPods {
  readonly #pods: Informer<Pod>;
  readonly #clock: Context['clock'];
  readonly #listener: BudgetedPodsListener;
  /** Selectors by namespace and name. */
  readonly #selectors = new Map<string, Map<string, LabelSelector>>();
  readonly #selected = new Map<string, Map<string, Readonly<Pod>>>();
  /** When pods of a budget were last seen to go, by their key. Kept for as long as an eviction is remembered. */
  readonly #goneAt = new Map<string, number>();
  readonly #rememberMs: number;

  constructor(context: Context, rememberMs: number, listener: BudgetedPodsListener) {
    this.#pods = context.informer(Pod);
    this.#clock = context.clock;
    this.#listener = listener;
    this.#rememberMs = rememberMs;
    context.informer(PodDisruptionBudget).onChange((budget, previous) => this.#budgetChanged(budget, previous));
    this.#pods.onChange((pod, previous) => this.#podChanged(pod, previous));
  }

  /** In the order in which they came. */
  podsOf(key: ObjectKey): readonly Readonly<Pod>[] {
    return [...(this.#selected.get(keyText(key))?.values() ?? [])];
  }

  /** The budgets of a namespace. */
  budgetsOf(namespace: string): readonly ObjectKey[] {
    return [...(this.#selectors.get(namespace)?.keys() ?? [])].map((name) => ({ namespace, name }));
  }

  /** Was a pod of this name seen to go at this time or later? */
  goneSince(pod: ObjectKey, since: number): boolean {
    return (this.#goneAt.get(keyText(pod)) ?? -Infinity) >= since;
  }

  #budgetChanged(budget: Readonly<PodDisruptionBudget> | undefined, previous: Readonly<PodDisruptionBudget> | undefined): void {
    const { namespace, name } = keyOf((budget ?? previous) as PodDisruptionBudget);
    const text = keyText({ namespace, name });
    const selector = budget?.spec.selector;
    const here = this.#selectors.get(namespace) ?? new Map<string, LabelSelector>();
    if (selector === undefined) {
      here.delete(name);
      this.#selected.delete(text);
      if (here.size === 0) this.#selectors.delete(namespace);
      return;
    }
    if (jsonEqual(here.get(name), selector)) return;
    this.#selectors.set(namespace, here.set(name, selector));
    const matching = this.#pods.list({ namespace }).filter((pod) => selects(selector, pod.metadata.labels));
    this.#selected.set(text, new Map(matching.map((pod) => [keyText(keyOf(pod)), pod])));
  }

  #podChanged(pod: Readonly<Pod> | undefined, previous: Readonly<Pod> | undefined): void {
    const { namespace, name } = keyOf((pod ?? previous) as Pod);
    const budgets = [...(this.#selectors.get(namespace) ?? [])].filter(([budget, selector]) => {
      const now = pod !== undefined && selects(selector, pod.metadata.labels) ? pod : undefined;
      this.#place({ namespace, name: budget }, keyText({ namespace, name }), now);
      return now !== undefined;
    });
    const relabelled = previous === undefined || !jsonEqual(pod?.metadata.labels, previous.metadata.labels);
    if (pod !== undefined && budgets.length > 1 && relabelled) this.#listener.contested(pod, budgets.map(([budget]) => budget).sort());
  }

  #place(budget: ObjectKey, pod: string, now: Readonly<Pod> | undefined): void {
    const selected = this.#selected.get(keyText(budget));
    const former = selected?.get(pod);
    if (now === undefined) selected?.delete(pod);
    else selected?.set(pod, now);
    if (former !== undefined && now === undefined) this.#note(pod);
    if (countsDifferently(former, now)) this.#listener.changed(budget);
  }

  #note(pod: string): void {
    const now = this.#clock.now();
    this.#goneAt.delete(pod);
    this.#goneAt.set(pod, now);
    for (const [oldest, at] of this.#goneAt) {
      if (now - at <= this.#rememberMs) break;
      this.#goneAt.delete(oldest);
    }
  }
}

function countsDifferently(former: Readonly<Pod> | undefined, now: Readonly<Pod> | undefined): boolean {
  if (former === undefined || now === undefined) return former !== now;
  return (
    former.metadata.uid !== now.metadata.uid ||
    isPodReady(former) !== isPodReady(now) ||
    (former.metadata.deletionTimestamp === undefined) !== (now.metadata.deletionTimestamp === undefined) ||
    controllerOf(former)?.uid !== controllerOf(now)?.uid
  );
}
