import { refText, type KubeObject } from '../api/object.ts';
import type { Granted } from './granted.ts';
import { nodesText } from './nodes.ts';
import { defaultStartup, type ForecastRequest } from './request.ts';

const shown = 5;

/** What a forecast takes for granted, for people. */
export function assumptionsOf(
  request: ForecastRequest,
  about: { readonly granted: readonly Granted[]; readonly notes: readonly string[]; readonly objects: readonly KubeObject[] },
): string[] {
  const { nodes, startup = defaultStartup } = request;
  const seconds = (ms: number) => `${ms / 1000} s`;
  const images = startup.images.map(({ image, ms }) => `${image} ${seconds(ms)}`);
  const named = about.granted.filter(({ seen }) => !seen).map(({ ref }) => refText(ref));
  const more = named.length > shown ? ` and ${named.length - shown} more` : '';
  return [
    nodes === undefined ? 'nodes: none were named, so there is room for everything' : `nodes: ${nodesText(nodes)}`,
    `a container answers its probes ${seconds(startup.defaultMs)} after its start${images.length === 0 ? '' : `; ${images.join(', ')}`}`,
    ...(about.objects.some(({ kind }) => kind === 'HorizontalPodAutoscaler') ? ['autoscalers see no load and keep to their bounds'] : []),
    ...(named.length === 0 ? [] : [`somebody else brings ${named.slice(0, shown).join(', ')}${more}`]),
    ...aroundText(request),
    ...about.notes,
  ];
}

function aroundText({ around }: ForecastRequest): string[] {
  if (around === undefined) return [];
  const { pods, notes } = around;
  const stand = `the live cluster: ${pods.length} ${pods.length === 1 ? 'pod of others keeps its' : 'pods of others keep their'} room`;
  return [stand, ...notes];
}
