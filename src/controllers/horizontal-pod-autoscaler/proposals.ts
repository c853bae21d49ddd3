import type {
  HorizontalPodAutoscaler,
  LabelSelector,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../api/kinds.generated.ts';
import { milliValue } from '../../api/quantity.ts';
import { requirementsOf, requirementText } from '../../api/selector.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import { externalMilli, objectMilli, podsUsages, resourceUsages, type MetricName } from './metrics-client.ts';
import { requestsOf } from './pod-groups.ts';
import { replicasByPods, replicasByShare, replicasByValue, type Proposal, type Target } from './replicas.ts';
import { amountRatio, milliText, requestRatio, type Usages } from './usage.ts';

/** What a metric is measured for. */
export interface Measured {
  readonly context: Context;
  readonly hpa: Readonly<HorizontalPodAutoscaler>;
  readonly target: Target;
  /** Of the pods, as text. */
  readonly selector: string;
}
/** What one metric asks for. */
export interface Wish {
  readonly replicas: number;
  /** As events name it. */
  readonly name: string;
  readonly status: MetricStatus;
}
/** A metric of which nothing can be said: the reason of its event and condition, what the event says, and what is said of the whole. */
export class MetricFailure extends Error {
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, message: string, cause: unknown) {
    super(`${message}: ${errorText(cause)}`, { cause });
    this.name = 'MetricFailure';
    this.reason = reason;
    this.detail = errorText(cause);
  }
}

/** Measures one metric. @throws MetricFailure */
export async function wishOf(of: Measured, spec: MetricSpec): Promise<Wish> {
  const [reason, message, wish] = sourceOf(spec);
  try {
    return await wish(of, spec);
  } catch (cause) {
    throw new MetricFailure(reason, message, cause);
  }
}

type Source = readonly [reason: string, message: string, wish: (of: Measured, spec: MetricSpec) => Promise<Wish>];

function sourceOf({ type, resource, containerResource, object, external }: MetricSpec): Source {
  switch (type) {
    case 'Resource':
      return ['FailedGetResourceMetric', `failed to get ${resource?.name} resource metric value`, resourceWish];
    case 'ContainerResource':
      return ['FailedGetContainerResourceMetric', `failed to get ${containerResource?.container} container metric value`, containerWish];
    case 'Pods':
      return ['FailedGetPodsMetric', 'failed to get pods metric value', podsWish];
    case 'Object':
      return ['FailedGetObjectMetric', objectFailure(object), objectWish];
    case 'External':
      return ['FailedGetExternalMetric', externalFailure(external), externalWish];
    default:
      return ['InvalidMetricSourceType', 'invalid metric source', () => Promise.reject(new Error(`unknown metric source type "${type}"`))];
  }
}

function objectFailure(object: MetricSpec['object']): string {
  const what = object?.target.averageValue === undefined ? '' : `: failed to get ${object.metric.name} object metric`;
  return `failed to get object metric value${what}`;
}

function externalFailure(external: MetricSpec['external']): string {
  const name = external?.metric.name;
  const what = external?.target.averageValue === undefined ? `external metric ${name}` : `${name} external metric`;
  return `failed to get ${name} external metric value: failed to get ${what}`;
}

async function resourceWish(of: Measured, { type, resource }: MetricSpec): Promise<Wish> {
  const { name, target } = required(resource);
  const { proposal, current } = await usageOf(of, { resource: name, container: undefined, target });
  const words = target.averageValue === undefined ? 'resource utilization (percentage of request)' : 'resource';
  return { replicas: proposal.replicas, name: `${name} ${words}`, status: { type, resource: { name, current } } };
}

async function containerWish(of: Measured, { type, containerResource }: MetricSpec): Promise<Wish> {
  const { name, container, target } = required(containerResource);
  const { proposal, current } = await usageOf(of, { resource: name, container, target });
  const words = target.averageValue === undefined ? 'container resource utilization (percentage of request)' : 'resource';
  return { replicas: proposal.replicas, name: `${name} ${words}`, status: { type, containerResource: { name, container, current } } };
}

async function usageOf(
  { context, hpa, target, selector }: Measured,
  of: { readonly resource: string; readonly container: string | undefined; readonly target: MetricTarget },
): Promise<{ proposal: Proposal; current: MetricValueStatus }> {
  const { resource, container } = of;
  const { averageValue, averageUtilization } = of.target;
  const what = averageValue === undefined ? 'utilization' : 'usage';
  if (averageValue === undefined && averageUtilization === undefined) {
    throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
  }
  try {
    const usages = await resourceUsages(context, { namespace: hpa.metadata.namespace ?? '', selector, resource, container }).catch(
      (cause: unknown) => {
        throw new Error(`unable to get metrics for resource ${resource}: ${errorText(cause)}`, { cause });
      },
    );
    const proposal =
      averageValue === undefined
        ? byRequests(target, usages, { resource, container, percent: averageUtilization ?? 0 })
        : byAmount(target, usages, { resource, targetMilli: milliValue(averageValue) });
    const percent = proposal.percent === undefined ? {} : { averageUtilization: proposal.percent };
    return { proposal, current: { ...percent, averageValue: milliText(proposal.milli) } };
  } catch (cause) {
    throw new Error(`failed to get ${resource} ${what}: ${errorText(cause)}`, { cause });
  }
}

function byAmount(target: Target, usages: Usages, { resource, targetMilli }: { resource: string; targetMilli: number }): Proposal {
  return replicasByPods(target, usages, { resource, ratioOf: (counted) => amountRatio(counted, targetMilli), full: () => targetMilli });
}

function byRequests(target: Target, usages: Usages, of: { resource: string; container: string | undefined; percent: number }): Proposal {
  const requests = target.pods.length === 0 ? new Map<string, number>() : requestsOf(target.pods, of);
  return replicasByPods(target, usages, {
    resource: of.resource,
    ratioOf: (counted) => requestRatio(counted, requests, of.percent),
    full: (pod) => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, of.percent)) / 100),
  });
}

async function podsWish({ context, hpa, target, selector }: Measured, { type, pods }: MetricSpec): Promise<Wish> {
  const { metric, target: wanted } = required(pods);
  const usages = await named(metric.name, () => podsUsages(context, metric, { namespace: hpa.metadata.namespace ?? '', selector }));
  const proposal = byAmount(target, usages, { resource: '', targetMilli: milliValue(wanted.averageValue ?? '0') });
  const current = { averageValue: milliText(proposal.milli) };
  return { replicas: proposal.replicas, name: `pods metric ${metric.name}`, status: { type, pods: { metric, current } } };
}

async function objectWish({ context, hpa, target }: Measured, { type, object }: MetricSpec): Promise<Wish> {
  const { metric, describedObject, target: wanted } = required(object);
  const namespace = hpa.metadata.namespace ?? '';
  const { kind, name } = describedObject;
  const milli = await objectMilli(context, metric, { namespace, object: describedObject }).catch((cause: unknown) => {
    throw new Error(`unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${errorText(cause)}`, { cause });
  });
  const { proposal, current } = wholeOf(target, milli, wanted, 'object');
  const title = wanted.value === undefined ? externalName(metric) : `${kind} metric ${metric.name}`;
  return { replicas: proposal.replicas, name: title, status: { type, object: { describedObject, metric, current } } };
}

async function externalWish({ context, hpa, target }: Measured, { type, external }: MetricSpec): Promise<Wish> {
  const { metric, target: wanted } = required(external);
  const namespace = hpa.metadata.namespace ?? '';
  const milli = await externalMilli(context, metric, namespace).catch((cause: unknown) => {
    const series = `${namespace}/${metric.name}/${selectorWords(metric.selector)}`;
    throw new Error(`unable to get external metric ${series}: ${errorText(cause)}`, { cause });
  });
  const { proposal, current } = wholeOf(target, milli, wanted, 'external');
  return { replicas: proposal.replicas, name: externalName(metric), status: { type, external: { metric, current } } };
}

/** A value that is one for all pods, or is shared by them. */
function wholeOf(target: Target, milli: number, wanted: MetricTarget, source: string): { proposal: Proposal; current: MetricValueStatus } {
  if (wanted.averageValue !== undefined) {
    const proposal = replicasByShare(target, milli, milliValue(wanted.averageValue));
    return { proposal, current: { averageValue: milliText(proposal.milli) } };
  }
  if (wanted.value === undefined) {
    throw new Error(`invalid ${source} metric source: neither a value target nor an average value target was set`);
  }
  const proposal = replicasByValue(target, milli, milliValue(wanted.value));
  return { proposal, current: { value: milliText(proposal.milli) } };
}

function required<T>(source: T | undefined): T {
  if (source === undefined) throw new Error('the metric names no source of its type');
  return source;
}

async function named<T>(metric: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new Error(`unable to get metric ${metric}: ${errorText(cause)}`, { cause });
  }
}

function externalName({ name, selector }: MetricName): string {
  return `external metric ${name}(${selectorWords(selector)})`;
}

/** As Go prints a selector. */
function selectorWords(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .map(([key, value]) => `${key}: ${value},`)
    .sort();
  const expressions = requirementsOf({ matchExpressions: selector.matchExpressions ?? [] }).map(requirementText);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
