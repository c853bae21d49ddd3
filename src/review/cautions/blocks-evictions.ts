import { refOf, refText, type KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { valueAt } from '../../base/json.ts';
import { selectorAt, selectsPods, type Workload } from './pods.ts';
import { autoscalerOf } from './scaling.ts';
import { cautionOn, kindName, type Rule, type Side, type World } from './world.ts';

/** Budgets that never let a pod be evicted, so that nobody can drain a node. */
export const blocksEvictions: Rule = {
  name: 'blocks-evictions',
  find: (world) => {
    const spaces = new Set(world.changes.map(({ ref }) => ref.namespace));
    const budgets = [...spaces]
      .flatMap((space) => world.after.inNamespace(space))
      .filter((object) => kindName(object) === 'policy/PodDisruptionBudget');
    return budgets.flatMap((budget) => judged(world, budget));
  },
};

function judged(world: World, budget: KubeObject): Caution[] {
  const now = never(world.after, budget);
  const old = world.before.get(refText(refOf(budget)));
  if (now === undefined || (old !== undefined && never(world.before, old) !== undefined)) return [];
  const message = `allows no eviction, ever: ${now.why}; a node with such a pod cannot be drained`;
  return [cautionOn(world, budget, { rule: 'blocks-evictions', severity: 'caution', message, fields: [now.field] })];
}

/** Of workloads whose number is known; with an autoscaler the most that it makes of them. */
function never(side: Side, budget: KubeObject): { readonly why: string; readonly field: string } | undefined {
  const selector = selectorAt(budget, ['spec', 'selector']);
  const chosen = side.workloadsIn(budget.metadata.namespace ?? '').filter((workload) => selectsPods(selector, workload));
  const counts = chosen.map((workload) => mostPods(side, workload));
  const total = counts.reduce((sum: number, count) => sum + (count ?? Number.NaN), 0);
  if (chosen.length === 0 || total === 0) return undefined;
  const names = chosen.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ');
  const [most, least] = [valueAt(budget, ['spec', 'maxUnavailable']), valueAt(budget, ['spec', 'minAvailable'])];
  if (most === 0 || most === '0%') return { why: `no pod of ${names} may be unavailable`, field: 'spec.maxUnavailable' };
  if (least === undefined || Number.isNaN(total)) return undefined;
  const wanted = typeof least === 'number' ? least : Math.ceil((Number(/^(\d+)%$/.exec(String(least))?.[1] ?? Number.NaN) * total) / 100);
  if (!(wanted >= total)) return undefined;
  return { why: `${wanted} pods of ${names} must be available, and there are ${total}`, field: 'spec.minAvailable' };
}

const counted: ReadonlySet<string> = new Set(['apps/Deployment', 'apps/StatefulSet', 'apps/ReplicaSet', '/ReplicationController']);
function mostPods(side: Side, { object, name }: Workload): number | undefined {
  if (!counted.has(kindName(object))) return undefined;
  const scaler = autoscalerOf(side, name);
  const count = scaler === undefined ? (valueAt(object, ['spec', 'replicas']) ?? 1) : valueAt(scaler, ['spec', 'maxReplicas']);
  return typeof count === 'number' ? count : undefined;
}
