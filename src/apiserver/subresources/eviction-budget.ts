import type { KubeObject } from '../../api/object.ts';
import { findCondition, withCondition, type Condition } from '../../api/condition.ts';
import { selects, type LabelSelector } from '../../api/selector.ts';
import { forbidden, isConflict, isNotFound, StatusError } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { clone } from '../../base/json.ts';
import type { Call } from '../context.ts';
import { prefixOf } from '../entry-fields.ts';
import { internalCall, kindOf, serverOptions } from '../internal-call.ts';
import { modify } from '../rest/modify.ts';

/** A PodDisruptionBudget, as far as an eviction asks it. */
export interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector; readonly unhealthyPodEvictionPolicy?: string };
  readonly status?: BudgetStatus;
}
interface BudgetStatus {
  readonly observedGeneration?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly disruptionsAllowed?: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions?: readonly Condition[];
}

const resource = { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudget' };
/** More evictions than that are not let through before the controller has seen what became of them. */
const mostDisrupted = 2000;
const tooMany = "Cannot evict pod as it would violate the pod's disruption budget.";
/** How often the budget is tried when others write it in between. */
const attempts = 20;

/** The budgets that select a pod. An empty selector selects the whole namespace, an absent one nothing. */
export async function budgetsOf(call: Call, pod: KubeObject): Promise<readonly Budget[]> {
  const { server } = call;
  const { entries } = await server.store.list(prefixOf(kindOf(server, resource), pod.metadata.namespace ?? ''));
  // Entries under this prefix are budgets.
  return entries.map((entry) => entry.value() as Budget).filter((budget) => selects(budget.spec?.selector, pod.metadata.labels));
}

/** May a pod that is not ready go without asking how many may? It counts for nothing, where the application has what it needs. */
export function letsUnhealthyGo({ spec, status }: Budget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = status?.desiredHealthy ?? 0;
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired;
}

/**
 * Takes one eviction from what the budget allows, and writes down the pod, so that its controller does not count it any more. In a dry
 * run only asks. As kube-apiserver's checkAndDecrement (kubernetes v1.35, registry/core/pod/storage/eviction.go).
 * @throws StatusError TooManyRequests when nothing may go, Forbidden, Timeout when others wrote all the time
 */
export async function takeFromBudget(call: Call, budget: Budget, change: { pod: string; dryRun: boolean }): Promise<void> {
  const { server } = call;
  const { namespace = '', name } = budget.metadata;
  const key = { namespace, name };
  const next = (live: Readonly<KubeObject>): KubeObject => {
    const taken = taking(live as Budget, { pod: change.pod, time: timestamp(server.clock) });
    return taken as KubeObject;
  };
  if (change.dryRun) return void next(budget);
  try {
    await modify(internalCall(server, kindOf(server, resource), key, 'status'), key, {
      options: serverOptions,
      subresource: 'status',
      attempts,
      next,
    });
  } catch (error) {
    // The budget has gone meanwhile: upstream refuses too, and the next attempt finds none.
    if (isNotFound(error) || !isConflict(error)) throw error;
    const message = `couldn't update PodDisruptionBudget "${name}" due to conflicts`;
    throw new StatusError(504, 'Timeout', `Timeout: ${message}`, { retryAfterSeconds: 10 });
  }
}

function taking(live: Readonly<Budget>, { pod, time }: { pod: string; time: string }): Budget {
  const { name, generation = 0 } = live.metadata;
  const { status = {} } = live;
  const allowed = status.disruptionsAllowed ?? 0;
  const refuse = (why: string): StatusError => forbidden({ group: 'policy', plural: resource.plural }, name, why);
  if ((status.observedGeneration ?? 0) < generation) throw stillCounting(name);
  if (allowed < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > mostDisrupted) {
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw nothingAllowed(name, status);
  const next = clone(live) as { -readonly [K in keyof Budget]: Budget[K] };
  const disruptedPods = { ...status.disruptedPods, [pod]: time };
  const conditions = allowed > 1 ? status.conditions : insufficient(status, time);
  next.status = { ...next.status, disruptionsAllowed: allowed - 1, disruptedPods, ...(conditions !== undefined && { conditions }) };
  return next;
}

function insufficient(status: BudgetStatus, time: string): readonly Condition[] {
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    observedGeneration: status.observedGeneration ?? 0,
  };
  return withCondition(status.conditions as readonly Condition[] | undefined, condition, time);
}

function refusal(message: string, more: { retryAfterSeconds?: number } = {}): StatusError {
  return new StatusError(429, 'TooManyRequests', tooMany, { ...more, causes: [{ reason: 'DisruptionBudget', message }] });
}

/** The controller has not counted since the budget was changed. */
export function stillCounting(budget: string): StatusError {
  return refusal(`The disruption budget ${budget} is still being processed by the server.`, { retryAfterSeconds: 10 });
}

function nothingAllowed(budget: string, status: BudgetStatus): StatusError {
  const condition = findCondition(status.conditions, 'DisruptionAllowed');
  if (condition?.status === 'False' && condition.reason === 'SyncFailed') {
    return refusal(
      `The disruption budget ${budget} does not allow evicting pods currently because it failed sync: ${condition.message ?? ''}`,
    );
  }
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  return refusal(`The disruption budget ${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
}
