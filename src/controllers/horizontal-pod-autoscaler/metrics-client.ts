import { splitApiVersion, type Kind, type KubeObject } from '../../api/object.ts';
import type { CrossVersionObjectReference, LabelSelector } from '../../api/kinds.generated.ts';
import { milliValue } from '../../api/quantity.ts';
import { selectorText } from '../../api/selector.ts';
import { parseTime } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { PodUsage, Usages } from './usage.ts';

interface PodMetrics extends KubeObject {
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
}
const podMetrics: Kind<PodMetrics> = { group: 'metrics.k8s.io', version: 'v1beta1', kind: 'PodMetrics', plural: 'pods', namespaced: true };

/** An item of a MetricValueList (custom) or an ExternalMetricValueList. */
interface MetricValue extends KubeObject {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  readonly value: string;
}
const defaultWindowMs = 60_000;

function valuesOf(group: string, version: string, plural: string): Kind<MetricValue> {
  return { group, version, kind: 'MetricValue', plural, namespaced: true };
}
function custom(path: string): Kind<MetricValue> {
  return valuesOf('custom.metrics.k8s.io', 'v1beta2', path);
}

/** What the pods of a selector use of a resource, or one container of each. @throws Error in upstream's words */
export async function resourceUsages(
  context: Context,
  of: { readonly namespace: string; readonly selector: string; readonly resource: string; readonly container: string | undefined },
): Promise<Usages> {
  const { namespace, selector, resource, container } = of;
  const items = await asked('resource', () => context.cluster.list(podMetrics, { namespace, labelSelector: selector }));
  if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
  const usages = new Map<string, PodUsage>();
  for (const { metadata, timestamp, window, containers = [] } of items) {
    const chosen = containers.filter((each) => container === undefined || each.name === container);
    if (container !== undefined && chosen.length === 0) {
      throw new Error(`container ${container} not present in metrics for pod ${namespace}/${metadata.name}`);
    }
    const amounts = chosen.map((each) => each.usage[resource]);
    // A pod of which one container is not measured is not measured.
    if (chosen.length === 0 || amounts.some((amount) => amount === undefined)) continue;
    const milli = amounts.reduce((sum, amount) => sum + milliValue(amount ?? '0'), 0);
    usages.set(metadata.name, { milli, atMs: parseTime(timestamp) ?? 0, windowMs: parseDuration(window ?? '1m') });
  }
  return usages;
}

export interface MetricName {
  readonly name: string;
  readonly selector?: LabelSelector;
}

/** A custom metric of each pod of a selector. @throws Error */
export async function podsUsages(context: Context, metric: MetricName, of: { namespace: string; selector: string }): Promise<Usages> {
  const options = { namespace: of.namespace, labelSelector: of.selector, parameters: labelsOf(metric, 'metricLabelSelector') };
  const items = await asked('custom', () => context.cluster.list(custom(`pods/*/${metric.name}`), options));
  if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
  return new Map(items.map((item) => [item.describedObject?.name ?? '', usageOf(item)]));
}

function usageOf({ value, timestamp, windowSeconds }: MetricValue): PodUsage {
  return {
    milli: milliValue(value),
    atMs: parseTime(timestamp) ?? 0,
    windowMs: windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000,
  };
}

/** A custom metric of one object, in thousandths; of the namespace itself where that is the object. @throws Error */
export async function objectMilli(
  context: Context,
  metric: MetricName,
  of: { readonly namespace: string; readonly object: CrossVersionObjectReference },
): Promise<number> {
  const { namespace, object } = of;
  const items = await asked('custom', async () => {
    const { group } = splitApiVersion(object.apiVersion ?? 'v1');
    const resource = object.kind === 'Namespace' && group === '' ? 'metrics' : await resourceName(context, object, group);
    const path = resource === 'metrics' ? `metrics/${metric.name}` : `${resource}/${encodeURIComponent(object.name)}/${metric.name}`;
    return context.cluster.list(custom(path), { namespace, parameters: labelsOf(metric, 'metricLabelSelector') });
  });
  const [only] = items;
  if (only === undefined || items.length > 1) {
    throw new Error(
      `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`,
    );
  }
  return milliValue(only.value);
}

async function resourceName(context: Context, { kind, apiVersion = 'v1' }: CrossVersionObjectReference, group: string): Promise<string> {
  const found = await context.cluster.kindOf({ apiVersion, kind });
  if (found === undefined) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  return group === '' ? found.plural : `${found.plural}.${group}`;
}

/** The values of all series of an external metric together, in thousandths. @throws Error */
export async function externalMilli(context: Context, metric: MetricName, namespace: string): Promise<number> {
  const labels = metric.selector === undefined ? {} : { labelSelector: selectorText(metric.selector) };
  const series = valuesOf('external.metrics.k8s.io', 'v1beta1', metric.name);
  const items = await asked('external', () => context.cluster.list(series, { namespace, ...labels }));
  if (items.length === 0) throw new Error('no metrics returned from external metrics API');
  return items.reduce((sum, { value }) => sum + milliValue(value), 0);
}

function labelsOf({ selector }: MetricName, parameter: string): Record<string, string> {
  const text = selector === undefined ? '' : selectorText(selector);
  return text === '' ? {} : { [parameter]: text };
}

async function asked<T>(api: string, ask: () => Promise<{ readonly items: readonly T[] }>): Promise<readonly T[]> {
  try {
    return (await ask()).items;
  } catch (cause) {
    throw new Error(`unable to fetch metrics from ${api} metrics API: ${errorText(cause)}`, { cause });
  }
}
