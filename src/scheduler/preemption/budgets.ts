import type { PodDisruptionBudget } from '../../api/kinds.generated.ts';
import { selects } from '../../api/selector.ts';
import type { PodFacts } from '../state/pod-facts.ts';

/** Pods whose removal would break a budget, and those that may go; both in the order given (scheduler, filterPodsWithPDBViolation). */
export function byBudget(
  pods: readonly PodFacts[],
  budgets: readonly Readonly<PodDisruptionBudget>[],
): { readonly violating: readonly PodFacts[]; readonly free: readonly PodFacts[] } {
  const allowed = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const violating: PodFacts[] = [];
  const free: PodFacts[] = [];
  for (const pod of pods) {
    let breaks = false;
    budgets.forEach((budget, at) => {
      if (!covers(budget, pod)) return;
      // Counted already when it was evicted.
      if (budget.status?.disruptedPods?.[pod.name] !== undefined) return;
      allowed[at] = (allowed[at] as number) - 1;
      if ((allowed[at] as number) < 0) breaks = true;
    });
    (breaks ? violating : free).push(pod);
  }
  return { violating, free };
}

/** A budget with an empty selector covers nothing here, as upstream. */
function covers({ metadata, spec }: Readonly<PodDisruptionBudget>, pod: PodFacts): boolean {
  const { selector } = spec;
  if (metadata.namespace !== pod.namespace || selector === undefined) return false;
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  return !empty && Object.keys(pod.labels).length > 0 && selects(selector, pod.labels);
}
