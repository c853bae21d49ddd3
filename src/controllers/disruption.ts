import { keyOf, type Kind, type KubeObject, type ObjectKey } from '../api/object.ts';
import { Deployment, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, StatefulSet } from '../api/kinds.generated.ts';
import type { LabelSelector } from '../api/selector.ts';
import { isConflict, isPassing } from '../api/status.ts';
import { parseTime } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import type { Context, Controller, Informer, Result } from '../reconcile/controller.ts';
import { BudgetedPods } from './disruption/budgeted-pods.ts';
import { expectedPods, type Expected } from './disruption/expected.ts';
import { budgetStatus, deletionTimeoutMs, disruptedPods, failedStatus, healthyPods } from './disruption/status.ts';
import { writePodCondition } from './nodes/pod-status.ts';
import { isPodActive } from './pods/pod-state.ts';

interface Loop {
  readonly context: Context;
  readonly budgeted: BudgetedPods;
}
type WithReplicas = KubeObject & { readonly spec?: { readonly replicas?: number } };
const scaledKinds: readonly Kind<WithReplicas>[] = [Deployment, ReplicaSet, ReplicationController, StatefulSet];
/** Stands before the names of pods in the queue of budgets, whose names have no slash. */
const podMark = 'pod/';

/**
 * Counts for each PodDisruptionBudget how many of its pods may be evicted. The API server takes from that number; what it took is held
 * against the pods here. Pods that were told to go and are still there two minutes later are told that they stay.
 */
export const disruption: Controller = {
  name: 'disruption',
  reconciles: PodDisruptionBudget,
  watches: [Pod, ...scaledKinds].map((kind) => ({ kind, keysFor: () => [] })),
  start(context) {
    const budgeted = new BudgetedPods(context, deletionTimeoutMs, {
      changed: (key) => context.enqueue(key),
      contested: (pod, [first = '', ...more]) => tellContested(context, pod, [first, ...more]),
    });
    const loop: Loop = { context, budgeted };
    for (const kind of scaledKinds) followScale(loop, context.informer(kind));
    context.informer(Pod).onChange((pod) => {
      const afterMs = pod === undefined ? undefined : staleInMs(pod, context.clock.now());
      if (pod !== undefined && afterMs !== undefined) context.enqueue(markedKey(pod), afterMs);
    });
    return (key) => (key.name.startsWith(podMark) ? unmark(context, key) : reconcile(loop, key));
  },
};

function tellContested(context: Context, pod: Readonly<Pod>, budgets: readonly string[]): void {
  const { namespace = '', name } = pod.metadata;
  const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${budgets[0] ?? ''}" arbitrarily.`;
  context.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', message);
}

/** A change of scale may be seen later than the pods that it leads to. */
function followScale({ context, budgeted }: Loop, informer: Informer<WithReplicas>): void {
  informer.onChange((object, previous) => {
    if (object === undefined || object.spec?.replicas === previous?.spec?.replicas) return;
    for (const key of budgeted.budgetsOf(object.metadata.namespace ?? '')) context.enqueue(key);
  });
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context } = loop;
  const budget = context.informer(PodDisruptionBudget).get(key);
  if (budget === undefined) return;
  try {
    return await sync(loop, budget);
  } catch (error) {
    if (isConflict(error) || context.signal.aborted) throw error;
    const status = failedStatus(budget, errorText(error), context.clock.now());
    await context.cluster.update(PodDisruptionBudget, { ...budget, status }, { subresource: 'status' });
    if (isPassing(error)) throw error;
  }
}

async function sync({ context, budgeted }: Loop, budget: Readonly<PodDisruptionBudget>): Promise<Result> {
  const key = keyOf(budget);
  const pods = budgeted.podsOf(key);
  if (pods.length === 0) context.event(budget, 'Normal', 'NoPods', 'No matching pods found');
  const expected = await countExpected(context, budget, pods);
  const now = context.clock.now();
  const goneSince = (name: string, since: number): boolean => budgeted.goneSince({ namespace: key.namespace, name }, since);
  const disrupted = disruptedPods(budget, pods, { now, goneSince });
  for (const pod of disrupted.late) {
    const message = `Pod was expected by PDB ${key.namespace}/${key.name} to be deleted but it wasn't`;
    context.event(pod, 'Warning', 'NotDeleted', message);
  }
  const healthy = healthyPods(pods, disrupted.pods);
  const status = budgetStatus(budget, { expected, healthy, disrupted: disrupted.pods }, now);
  if (status !== undefined) await context.cluster.update(PodDisruptionBudget, { ...budget, status }, { subresource: 'status' });
  return disrupted.recheckAt === Infinity ? undefined : { requeueAfterMs: disrupted.recheckAt + 1 - now };
}

async function countExpected(context: Context, budget: Readonly<PodDisruptionBudget>, pods: readonly Readonly<Pod>[]): Promise<Expected> {
  try {
    const expected = await expectedPods(context, budget, pods);
    if (expected.unmanaged) context.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget.spec.selector ?? {}));
    return expected;
  } catch (error) {
    const message = `Failed to calculate the number of expected pods: ${errorText(error)}`;
    context.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    throw error;
  }
}

function unmanagedText(selector: LabelSelector): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${goText(selector)}) were found to be unmanaged. As a result, the status of the ` +
    'PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ' +
    '".spec.minAvailable" field of the PDB to an integer value.'
  );
}

/** A selector as Go prints it, since people search for the message. */
function goText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

function markedKey(pod: Readonly<Pod>): ObjectKey {
  const { namespace, name } = keyOf(pod);
  return { namespace, name: `${podMark}${name}` };
}

/** How long until a pod that was told to go, and does not, is told that it stays. Undefined where it goes, has ended or was told by its node. */
function staleInMs(pod: Readonly<Pod>, now: number): number | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet' || !isPodActive(pod)) return undefined;
  return Math.max(0, (parseTime(condition.lastTransitionTime) ?? 0) + deletionTimeoutMs - now);
}

async function unmark(context: Context, { namespace, name }: ObjectKey): Promise<Result> {
  const pod = context.informer(Pod).get({ namespace, name: name.slice(podMark.length) });
  const afterMs = pod === undefined ? undefined : staleInMs(pod, context.clock.now());
  if (pod === undefined || afterMs === undefined) return;
  if (afterMs > 0) return { requeueAfterMs: afterMs };
  const written = await writePodCondition(context, pod, { condition: { type: 'DisruptionTarget', status: 'False' } });
  if (!written) context.enqueue({ namespace, name }, 1000);
}
