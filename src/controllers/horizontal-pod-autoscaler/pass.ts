import { HorizontalPodAutoscaler, type HorizontalPodAutoscalerStatus, type MetricStatus } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import { behaviorOf } from './behavior.ts';
import { Conditions } from './conditions.ts';
import type { History } from './history.ts';
import { limited } from './limits.ts';
import { measure } from './measure.ts';
import { rescale, scaleOf, type ScaleTarget } from './scale-target.ts';
import type { Selectors } from './selectors.ts';

/** One pass over one autoscaler. */
interface Pass {
  readonly context: Context;
  readonly hpa: Readonly<HorizontalPodAutoscaler>;
  readonly history: History;
  readonly selectors: Selectors;
  readonly conditions: Conditions;
  readonly now: number;
  /** Of the target, for messages. */
  readonly reference: string;
}
interface Decision {
  /** Undefined where nothing can be decided. */
  readonly replicas: number | undefined;
  readonly reason: string;
  readonly metrics: readonly MetricStatus[];
  /** Of metrics that could not be measured. */
  readonly failure?: string | undefined;
}

/** Measures what an autoscaler names, decides how many copies its target is to have, and scales it. @throws Error for what could not be done */
export async function autoscale(
  context: Context,
  hpa: Readonly<HorizontalPodAutoscaler>,
  kept: { readonly history: History; readonly selectors: Selectors },
): Promise<void> {
  const now = context.clock.now();
  const { kind, name } = hpa.spec.scaleTargetRef;
  const conditions = new Conditions(hpa.status?.conditions, timestamp({ now: () => now }));
  const pass: Pass = { context, hpa, ...kept, conditions, now, reference: `${kind}/${hpa.metadata.namespace}/${name}` };
  const target = await findTarget(pass);
  const current = target.scale.spec?.replicas ?? 0;
  pass.history.begin(current, now);
  const decision = await decide(pass, target);
  if (decision.replicas === undefined) return giveUp(pass, current, decision);
  const { replicas } = decision;
  if (replicas !== current) await change(pass, target, { from: current, to: replicas, ...decision });
  await writeStatus(pass, {
    currentReplicas: current,
    desiredReplicas: replicas,
    metrics: decision.metrics,
    rescaled: replicas !== current,
  });
  if (decision.failure !== undefined) throw failed(pass, decision.failure);
}

async function findTarget(pass: Pass): Promise<ScaleTarget> {
  const { context, hpa, conditions, reference } = pass;
  try {
    const target = await scaleOf(context, hpa);
    const message = "the HPA controller was able to get the target's current scale";
    conditions.set('AbleToScale', 'True', { reason: 'SucceededGetScale', message });
    return target;
  } catch (error) {
    context.event(hpa, 'Warning', 'FailedGetScale', errorText(error));
    const message = `the HPA controller was unable to get the target's current scale: ${errorText(error)}`;
    conditions.set('AbleToScale', 'False', { reason: 'FailedGetScale', message });
    const { status } = hpa;
    await write(pass, { ...status, desiredReplicas: status?.desiredReplicas ?? 0, conditions: [...conditions.all] });
    throw new Error(`failed to query scale subresource for ${reference}: ${errorText(error)}`, { cause: error });
  }
}

async function decide(pass: Pass, { scale }: ScaleTarget): Promise<Decision> {
  const { context, hpa, selectors, conditions } = pass;
  const { minReplicas: min = 1, maxReplicas: max } = hpa.spec;
  const current = scale.spec?.replicas ?? 0;
  if (current === 0 && min !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    conditions.set('ScalingActive', 'False', { reason: 'ScalingDisabled', message });
    return { replicas: 0, reason: '', metrics: [] };
  }
  if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: [] };
  if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: [] };
  const { replicas: wished, name, statuses, failure } = await measure(context, { hpa, scale, selectors }, conditions);
  if (wished === undefined) return { replicas: undefined, reason: '', metrics: statuses, failure };
  const reason = wished > current ? `${name} above target` : 'All metrics below target';
  return { replicas: normalised(pass, wished, { current, min, max }), reason, metrics: statuses, failure };
}

/** Steadied by what was wished before, and held by the limits; says both in conditions. */
function normalised(pass: Pass, wished: number, bounds: { current: number; min: number; max: number }): number {
  const { hpa, history, conditions, now } = pass;
  const behavior = behaviorOf(hpa);
  const steady = history.stabilised(wished, bounds.current, { behavior, now });
  if (steady === wished) {
    conditions.set('AbleToScale', 'True', { reason: 'ReadyForNewScale', message: 'recommended size matches current size' });
  } else {
    const [reason, than, which] =
      wished >= bounds.current && !behavior.plain ? ['ScaleUpStabilized', 'lower', 'lowest'] : ['ScaleDownStabilized', 'higher', 'highest'];
    const message = `recent recommendations were ${than} than current one, applying the ${which} recent recommendation`;
    conditions.set('AbleToScale', 'True', { reason, message });
  }
  const { replicas, reason, message } = limited(steady, { ...bounds, now }, { behavior, history });
  conditions.set('ScalingLimited', replicas === steady ? 'False' : 'True', { reason, message });
  return replicas;
}

async function change(
  pass: Pass,
  target: ScaleTarget,
  { from, to, reason, metrics }: Omit<Decision, 'replicas'> & { from: number; to: number },
): Promise<void> {
  const { context, hpa, conditions, history, now } = pass;
  try {
    await rescale(context, target, to);
  } catch (error) {
    context.event(hpa, 'Warning', 'FailedRescale', `New size: ${to}; reason: ${reason}; error: ${errorText(error)}`);
    const message = `the HPA controller was unable to update the target scale: ${errorText(error)}`;
    conditions.set('AbleToScale', 'False', { reason: 'FailedUpdateScale', message });
    await keepStatus(pass, from, metrics);
    throw new Error(`failed to rescale ${pass.reference}: ${errorText(error)}`, { cause: error });
  }
  const message = `the HPA controller was able to update the target scale to ${to}`;
  conditions.set('AbleToScale', 'True', { reason: 'SucceededRescale', message });
  context.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${to}; reason: ${reason}`);
  history.scaled(from, to, { behavior: behaviorOf(hpa), now });
}

async function giveUp(pass: Pass, current: number, { metrics, failure = '' }: Decision): Promise<never> {
  await keepStatus(pass, current, metrics);
  pass.context.event(pass.hpa, 'Warning', 'FailedComputeMetricsReplicas', failure);
  throw failed(pass, failure);
}

function failed({ reference }: Pass, failure: string): Error {
  return new Error(`failed to compute desired number of replicas based on listed metrics for ${reference}: ${failure}`);
}

function keepStatus(pass: Pass, currentReplicas: number, metrics: readonly MetricStatus[]): Promise<void> {
  return writeStatus(pass, { currentReplicas, desiredReplicas: pass.hpa.status?.desiredReplicas ?? 0, metrics, rescaled: false });
}

async function writeStatus(
  pass: Pass,
  of: { currentReplicas: number; desiredReplicas: number; metrics: readonly MetricStatus[]; rescaled: boolean },
): Promise<void> {
  const { currentReplicas, desiredReplicas, metrics, rescaled } = of;
  const lastScaleTime = rescaled ? timestamp({ now: () => pass.now }) : pass.hpa.status?.lastScaleTime;
  await write(pass, {
    currentReplicas,
    desiredReplicas,
    ...(lastScaleTime !== undefined && { lastScaleTime }),
    ...(metrics.length > 0 && { currentMetrics: [...metrics] }),
    conditions: [...pass.conditions.all],
  });
}

async function write({ context, hpa }: Pass, status: HorizontalPodAutoscalerStatus): Promise<void> {
  if (jsonEqual(hpa.status, status)) return;
  try {
    await context.cluster.update(HorizontalPodAutoscaler, { ...hpa, status }, { subresource: 'status' });
  } catch (error) {
    context.event(hpa, 'Warning', 'FailedUpdateStatus', errorText(error));
    throw error;
  }
}
