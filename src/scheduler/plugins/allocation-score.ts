import type { ResourceWeight, ScoringStrategy, ShapePoint } from '../plugin-args.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { isExtended, offered, requestOf, scoredUse, used } from '../state/resource.ts';

/** 0 to 100 for a node with the pod on it, by the strategy (scheduler v1.35, noderesources). */
export function allocationScore(strategy: ScoringStrategy, pod: PodFacts): (node: NodeState) => number {
  const { type, resources, shape } = strategy;
  if (type === 'LeastAllocated' && isUsual(resources)) return (node) => leastOfUsual(pod, node);
  if (type === 'LeastAllocated') return (node) => weighted({ node, pod, resources }, free);
  if (type === 'MostAllocated') return (node) => weighted({ node, pod, resources }, taken);
  return (node) => ratio({ node, pod, resources }, shape);
}

function isUsual([first, second, ...more]: readonly ResourceWeight[]): boolean {
  return more.length === 0 && first?.name === 'cpu' && first.weight === 1 && second?.name === 'memory' && second.weight === 1;
}

/** The default, for which most of the time would go: no allocation, no look-up. */
function leastOfUsual(pod: PodFacts, node: NodeState): number {
  const counted = (node.cpuMillis > 0 ? 1 : 0) + (node.memoryBytes > 0 ? 1 : 0);
  if (counted === 0) return 0;
  const cpu = node.cpuMillis === 0 ? 0 : free(node.scoredCpuMillis + pod.scoredCpuMillis, node.cpuMillis);
  const memory = node.memoryBytes === 0 ? 0 : free(node.scoredMemoryBytes + pod.scoredMemoryBytes, node.memoryBytes);
  return Math.floor((cpu + memory) / counted);
}

interface Weighing {
  readonly node: NodeState;
  readonly pod: PodFacts;
  readonly resources: readonly ResourceWeight[];
}

function counts({ node, pod }: Weighing, name: string): boolean {
  return offered(node, name) > 0 && !(isExtended(name) && requestOf(pod, name) === 0);
}

function weighted(weighing: Weighing, score: (wanted: number, all: number) => number): number {
  const { node, pod, resources } = weighing;
  let sum = 0;
  let weights = 0;
  for (const { name, weight } of resources) {
    if (!counts(weighing, name)) continue;
    sum += score(scoredUse(node, pod, name), offered(node, name)) * weight;
    weights += weight;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}

function free(wanted: number, all: number): number {
  return wanted > all ? 0 : Math.floor(((all - wanted) * 100) / all);
}
function taken(wanted: number, all: number): number {
  return Math.floor((Math.min(wanted, all) * 100) / all);
}

/** Resources whose point on the line is 0 do not count, as upstream. */
function ratio(weighing: Weighing, shape: readonly ShapePoint[]): number {
  const { node, pod, resources } = weighing;
  let sum = 0;
  let weights = 0;
  for (const { name, weight } of resources) {
    if (!counts(weighing, name)) continue;
    const all = offered(node, name);
    const wanted = used(node, name) + requestOf(pod, name);
    const score = onLine(shape, wanted > all ? 100 : Math.floor((wanted * 100) / all));
    if (score <= 0) continue;
    sum += score * weight;
    weights += weight;
  }
  return weights === 0 ? 0 : Math.round(sum / weights);
}

/** Between two points the straight line, before the first and after the last their score; the ten points of a score are a hundred here. */
export function onLine(shape: readonly ShapePoint[], utilization: number): number {
  const at = shape.findIndex((point) => utilization <= point.utilization);
  const next = shape[at];
  if (next === undefined) return (shape.at(-1)?.score ?? 0) * 10;
  const previous = shape[at - 1];
  if (previous === undefined) return next.score * 10;
  const rise = (next.score - previous.score) * 10 * (utilization - previous.utilization);
  return previous.score * 10 + Math.trunc(rise / (next.utilization - previous.utilization));
}
