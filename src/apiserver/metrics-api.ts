import type { ApiResponse } from '../api/http.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import type { KubeObject, ObjectMeta } from '../api/object.ts';
import { methodNotAllowed, notFound } from '../api/status.ts';
import type { Entry } from '../store/store.ts';
import { jsonAnswer } from './answer.ts';
import type { Call, ServerContext } from './context.ts';
import type { Usage } from './node-summaries.ts';
import { noSuchPath } from './no-such-path.ts';
import { readSelection } from './selection.ts';

const group = 'metrics.k8s.io';
const version = 'v1beta1';
/** The kinds of the resource metrics API. They are computed when they are asked for, never stored. */
export const metricsKinds = [
  { group, version, kind: 'NodeMetrics', plural: 'nodes', namespaced: false },
  { group, version, kind: 'PodMetrics', plural: 'pods', namespaced: true },
] as const;
export const metricsVerbs: readonly string[] = ['get', 'list'];

export function isMetricsCall(info: { readonly group: string }): boolean {
  return info.group === group;
}

/** Answers nodes and pods of metrics.k8s.io: what the agents of the nodes measure. @throws StatusError */
export async function serveMetricsApi(of: Omit<Call, 'kind'>): Promise<ApiResponse> {
  const { info, server, request } = of;
  const kind = metricsKinds.find(({ plural }) => plural === info.resource);
  const base = kind === undefined ? undefined : server.kinds.find('', 'v1', kind.plural);
  if (kind === undefined || base === undefined || info.version !== version || info.subresource !== '') throw noSuchPath();
  if (info.verb !== 'get' && info.verb !== 'list') throw methodNotAllowed(kind, info.verb);
  const selection = readSelection(base, { query: info.query, name: '' });
  const prefix = `core/${kind.plural}/${info.namespace}${kind.namespaced && info.namespace === '' ? '' : '/'}${info.name}`;
  const { entries, revision } = await server.store.list(prefix);
  const chosen = entries.filter((entry) => (info.name === '' || entry.value().metadata.name === info.name) && selection.matches(entry));
  const items = kind.namespaced ? await podMetrics(server, chosen) : await nodeMetrics(server, chosen);
  if (info.verb === 'list') {
    const list = { kind: `${kind.kind}List`, apiVersion: `${group}/${version}`, metadata: { resourceVersion: String(revision) }, items };
    return jsonAnswer(200, list, request.wantsObject === true);
  }
  const [only] = items;
  if (only === undefined) throw notFound({ group, plural: kind.plural }, info.name);
  return jsonAnswer(200, only, request.wantsObject === true);
}

async function nodeMetrics(server: ServerContext, nodes: readonly Entry<KubeObject>[]): Promise<object[]> {
  const found = await Promise.all(
    nodes.map(async (entry) => {
      const { metadata } = entry.value();
      const summary = await server.summaries.of(metadata.name);
      return (
        summary && measured(metadata, { kind: 'NodeMetrics', usage: summary.node, now: server.clock }, { usage: usageText(summary.node) })
      );
    }),
  );
  return found.filter((one) => one !== undefined);
}

async function podMetrics(server: ServerContext, pods: readonly Entry<KubeObject>[]): Promise<object[]> {
  const nodeOf = (entry: Entry<KubeObject>): string => (entry.value() as { spec?: { nodeName?: string } }).spec?.nodeName ?? '';
  const names = [...new Set(pods.map(nodeOf))].filter((name) => name !== '');
  const summaries = new Map(await Promise.all(names.map(async (name) => [name, await server.summaries.of(name)] as const)));
  return pods.flatMap((entry) => {
    const { metadata } = entry.value();
    const of = summaries
      .get(nodeOf(entry))
      ?.pods.find(({ podRef }) => podRef.name === metadata.name && podRef.namespace === metadata.namespace);
    const containers = (of?.containers ?? []).map((one) => ({ name: one.name, usage: usageText(one) }));
    return of === undefined || containers.length === 0
      ? []
      : [measured(metadata, { kind: 'PodMetrics', usage: of, now: server.clock }, { containers })];
  });
}

function measured(about: ObjectMeta, of: { kind: string; usage: Usage; now: Pick<Clock, 'now'> }, values: object): object {
  const { name, namespace, labels } = about;
  const time = timestamp(of.now);
  const metadata = { name, ...(namespace !== undefined && { namespace }), creationTimestamp: time, ...(labels && { labels }) };
  const window = `${Math.max(1, Math.round((of.usage.windowMs ?? 10_000) / 1000))}s`;
  return { kind: of.kind, apiVersion: `${group}/${version}`, metadata, timestamp: of.usage.cpu?.time ?? time, window, ...values };
}

function usageText({ cpu, memory }: Usage): { cpu: string; memory: string } {
  return { cpu: `${cpu?.usageNanoCores ?? 0}n`, memory: `${Math.ceil((memory?.workingSetBytes ?? 0) / 1024)}Ki` };
}
