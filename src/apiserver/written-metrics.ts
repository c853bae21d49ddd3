import type { ApiResponse } from '../api/http.ts';
import { apiVersionOf, type KubeObject } from '../api/object.ts';
import { canonicalQuantity, isQuantity } from '../api/quantity.ts';
import { matchesLabels, parseLabelSelector } from '../api/selector.ts';
import { badRequest, internalError, methodNotAllowed, StatusError } from '../api/status.ts';
import { timestamp } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Entry } from '../store/store.ts';
import { jsonAnswer } from './answer.ts';
import type { Call, ServerContext } from './context.ts';
import { noSuchPath } from './no-such-path.ts';

const custom = { group: 'custom.metrics.k8s.io', version: 'v1beta2' } as const;
const external = { group: 'external.metrics.k8s.io', version: 'v1beta1' } as const;

/** What discovery tells of metrics that are read from what somebody has written on objects. */
export const writtenMetricsKinds = [
  { ...custom, kind: 'MetricValueList', plural: 'metrics', namespaced: true },
  { ...external, kind: 'ExternalMetricValueList', plural: 'externalmetrics', namespaced: true },
] as const;
export const writtenMetricsVerbs: readonly string[] = ['get'];

/** `<prefix><metric>` on an object is the value of that metric of the object; as a label on a ConfigMap it names a series. */
const prefix = 'metrics.steersman.dev/';
const seriesLabel = `${prefix}external`;

export function isWrittenMetricsCall({ group }: { readonly group: string }): boolean {
  return group === custom.group || group === external.group;
}

/**
 * Answers metrics of objects (custom.metrics.k8s.io) and of what is no object (external.metrics.k8s.io). A metric of an object is its
 * annotation `metrics.steersman.dev/<metric>`; a series of an external metric is a ConfigMap labelled
 * `metrics.steersman.dev/external: <metric>`, whose other labels are those of the series and whose `data.value` is the value.
 * @throws StatusError
 */
export async function serveWrittenMetrics(of: Omit<Call, 'kind'>): Promise<ApiResponse> {
  const { info, request } = of;
  const served = info.group === custom.group ? custom : external;
  if (info.version !== served.version) throw noSuchPath();
  if (info.verb !== 'get' && info.verb !== 'list') throw methodNotAllowed({ group: info.group, plural: info.resource }, info.verb);
  const items = served === custom ? await customValues(of) : await externalValues(of);
  const kind = served === custom ? 'MetricValueList' : 'ExternalMetricValueList';
  const list = { kind, apiVersion: `${served.group}/${served.version}`, metadata: {}, items };
  return jsonAnswer(200, list, request.wantsObject === true);
}

async function customValues({ info, server }: Omit<Call, 'kind'>): Promise<object[]> {
  if (info.resource === 'metrics' && info.namespace !== '') {
    return valuesOf(server, kindOf(server, 'namespaces'), { name: info.namespace, namespace: '', metric: info.name, query: info.query });
  }
  const { name, namespace, subresource: metric, query } = info;
  if (name === '' || metric === '' || info.rest.length > 0) throw noSuchPath();
  return valuesOf(server, kindOf(server, info.resource), { name, namespace, metric, query });
}

/** `pods`, `deployments.apps` or `ingresses.networking.k8s.io`. */
function kindOf(server: ServerContext, resource: string): ResourceKind {
  const [plural = '', ...group] = resource.split('.');
  const found = server.kinds.all().find(({ kind }) => kind.plural === plural && kind.group === group.join('.'));
  if (found === undefined || found.computed !== undefined) throw noSuchPath();
  return found;
}

async function valuesOf(
  server: ServerContext,
  { kind }: ResourceKind,
  of: { readonly name: string; readonly namespace: string; readonly metric: string; readonly query: URLSearchParams },
): Promise<object[]> {
  const { name, namespace, metric } = of;
  const one = name !== '*';
  const place = `${kind.group === '' ? 'core' : kind.group}/${kind.plural}/${namespace}/${one ? name : ''}`;
  const labels = selector(of.query, 'labelSelector');
  const { entries } = await server.store.list(place);
  const values = entries
    .filter((entry) => (one ? entry.value().metadata.name === name : matchesLabels(labels, entry.labels)))
    .flatMap((entry) => metricOf(entry, metric));
  // Such a value has no labels of its own.
  const asked = matchesLabels(selector(of.query, 'metricLabelSelector'), {}) ? values : [];
  if (asked.length === 0) {
    throw new StatusError(404, 'NotFound', `the server could not find the metric ${metric} for ${kind.plural}${one ? ` ${name}` : ''}`);
  }
  const time = timestamp(server.clock);
  return asked.map(({ object, value }) => ({
    describedObject: {
      kind: kind.kind,
      ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      apiVersion: apiVersionOf(kind),
    },
    metric: { name: metric, selector: null },
    timestamp: time,
    value,
  }));
}

function metricOf(entry: Entry<KubeObject>, metric: string): { object: Readonly<KubeObject>; value: string }[] {
  const object = entry.value();
  const text = object.metadata.annotations?.[`${prefix}${metric}`];
  if (text === undefined) return [];
  return [{ object, value: quantity(text, `annotation ${prefix}${metric} of ${object.kind} ${object.metadata.name}`) }];
}

async function externalValues({ info, server }: Omit<Call, 'kind'>): Promise<object[]> {
  const { namespace, resource: metric, query } = info;
  if (namespace === '' || info.name !== '') throw noSuchPath();
  const labels = selector(query, 'labelSelector');
  const { entries } = await server.store.list(`core/configmaps/${namespace}/`);
  const time = timestamp(server.clock);
  return entries
    .filter((entry) => entry.labels[seriesLabel] === metric && matchesLabels(labels, entry.labels))
    .map((entry) => {
      const { metadata, data } = entry.value() as KubeObject & { data?: Readonly<Record<string, string>> };
      const { [seriesLabel]: _, ...metricLabels } = metadata.labels ?? {};
      const value = quantity(data?.['value'] ?? '', `data.value of ConfigMap ${metadata.name}`);
      return { metricName: metric, metricLabels, timestamp: time, value };
    });
}

function quantity(text: string, where: string): string {
  if (!isQuantity(text)) throw internalError(`${where}: ${JSON.stringify(text)} is not a quantity`);
  return canonicalQuantity(text);
}

function selector(query: URLSearchParams, parameter: string): ReturnType<typeof parseLabelSelector> {
  const text = query.get(parameter) ?? '';
  if (text === '') return [];
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw badRequest(`unable to parse ${parameter} ${JSON.stringify(text)}: ${errorText(error)}`);
  }
}
