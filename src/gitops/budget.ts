import { refText, type ObjectRef } from '../api/object.ts';
import type { PlanStep } from '../api/plan.ts';

/** How much one plan may delete before a person must approve it. */
export interface Budget {
  /** Default 10. */
  readonly objects: number;
  /** Share of the application; counts from 5 objects on. Default 20. */
  readonly percent: number;
}
export const defaultBudget: Budget = { objects: 10, percent: 20 };

const precious = new Map([
  ['/Namespace', 'everything in it goes too'],
  ['apiextensions.k8s.io/CustomResourceDefinition', 'all objects of the kind go too'],
  ['/PersistentVolumeClaim', 'its data may go too'],
  ['apps/StatefulSet', 'its pods hold data'],
]);
/** Under this number of deletions the share of the application does not matter. */
const leastForShare = 5;

/** Why a plan must wait for approval; empty when it may go on by itself. `owned` counts the application's objects before the plan. */
export function holdsOf<S extends PlanStep>(
  steps: readonly S[],
  options: { owned: number; budget: Budget; adopt(step: S): boolean },
): string[] {
  const { owned, budget } = options;
  const pruned = steps.filter((step) => step.action === 'prune');
  const out: string[] = [];
  if (pruned.length > budget.objects) out.push(`deletes ${pruned.length} objects, more than ${budget.objects}`);
  else if (pruned.length >= leastForShare && pruned.length * 100 > owned * budget.percent) {
    out.push(`deletes ${pruned.length} of ${owned} objects, more than ${budget.percent} %`);
  }
  for (const { ref } of pruned) {
    const why = precious.get(kindName(ref));
    if (why !== undefined) out.push(`deletes ${refText(ref)}: ${why}`);
  }
  for (const step of steps) {
    const adopts = step.findings?.some((finding) => finding.kind === 'adopt') === true;
    if (adopts && step.action !== 'blocked' && !options.adopt(step)) out.push(`takes over ${refText(step.ref)}, which belongs to nobody`);
  }
  return out;
}

function kindName(ref: ObjectRef): string {
  return `${ref.group}/${ref.kind}`;
}
