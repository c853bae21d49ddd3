import { lasting, verdict, type Plugin, type Verdict } from '../plugin.ts';
import type { PluginArgs } from '../plugin-args.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { isExtended } from '../state/resource.ts';
import { allocationScore } from './allocation-score.ts';

/** Requests of all pods on a node stay within what it offers; the strategy says which of the rest is better. */
export function nodeResourcesFit(args: PluginArgs['NodeResourcesFit']): Plugin {
  const ignored = ignores(args);
  return {
    name: 'NodeResourcesFit',
    filter: (pod) => (node) => (fits(pod, node, ignored) ? undefined : shortage(pod, node, ignored)),
    score: (pod) => ({ of: allocationScore(args.scoringStrategy, pod) }),
    hints: {
      nodeAdded: (pod, event) => event.kind === 'nodeAdded' && fits(pod, event.node, ignored),
      nodeRoom: (pod, event) => event.kind === 'nodeRoom' && fits(pod, event.node, ignored),
      podRemoved: (pod, event) => event.kind === 'podRemoved' && event.pod.at.node !== undefined && fits(pod, event.pod.at, ignored),
      podChanged: (pod, event) => event.kind === 'podChanged' && shrank(event.before, event.pod.facts) && fits(pod, event.pod.at, ignored),
      nominationGone: (pod, event, state) => {
        const node = event.kind === 'nominationGone' ? state.node(event.node) : undefined;
        return node !== undefined && fits(pod, node, ignored);
      },
    },
  };
}

type Ignored = (resource: string) => boolean;
function ignores({ ignoredResources, ignoredResourceGroups }: PluginArgs['NodeResourcesFit']): Ignored | undefined {
  if (ignoredResources.length + ignoredResourceGroups.length === 0) return undefined;
  const names = new Set(ignoredResources);
  const groups = new Set(ignoredResourceGroups);
  return (resource) => isExtended(resource) && (names.has(resource) || groups.has(resource.slice(0, resource.indexOf('/'))));
}

function shrank(before: PodFacts, now: PodFacts): boolean {
  return now.cpuMillis < before.cpuMillis || now.memoryBytes < before.memoryBytes;
}

function fits(pod: PodFacts, node: NodeState, ignored: Ignored | undefined): boolean {
  return (
    node.podCount < node.podLimit &&
    (pod.cpuMillis === 0 || pod.cpuMillis <= node.cpuMillis - node.usedCpuMillis) &&
    (pod.memoryBytes === 0 || pod.memoryBytes <= node.memoryBytes - node.usedMemoryBytes) &&
    (pod.others.size === 0 || !lacksOther(pod, node, ignored))
  );
}

function lacksOther(pod: PodFacts, node: NodeState, ignored: Ignored | undefined): boolean {
  for (const [name, amount] of pod.others) {
    if (amount > (node.others.get(name) ?? 0) - (node.usedOthers.get(name) ?? 0) && ignored?.(name) !== true) return true;
  }
  return false;
}

const tooMany = verdict('Too many pods');
const noCpu = verdict('Insufficient cpu');
const neverCpu = lasting('Insufficient cpu');
const noMemory = verdict('Insufficient memory');
const neverMemory = lasting('Insufficient memory');

/** What the node could not offer if it were empty does not come by removing pods. The usual answers are shared: thousands of nodes give them. */
function shortage(pod: PodFacts, node: NodeState, ignored: Ignored | undefined): Verdict {
  const crowded = node.podCount >= node.podLimit;
  const cpu = pod.cpuMillis > 0 && pod.cpuMillis > node.cpuMillis - node.usedCpuMillis;
  const memory = pod.memoryBytes > 0 && pod.memoryBytes > node.memoryBytes - node.usedMemoryBytes;
  const single = Number(crowded) + Number(cpu) + Number(memory) === 1 && (pod.others.size === 0 || !lacksOther(pod, node, ignored));
  if (!single) return shortages({ pod, node, ignored }, { crowded, cpu, memory });
  if (crowded) return tooMany;
  if (cpu) return pod.cpuMillis > node.cpuMillis ? neverCpu : noCpu;
  return pod.memoryBytes > node.memoryBytes ? neverMemory : noMemory;
}

function shortages(
  { pod, node, ignored }: { pod: PodFacts; node: NodeState; ignored: Ignored | undefined },
  lacks: { crowded: boolean; cpu: boolean; memory: boolean },
): Verdict {
  const reasons = lacks.crowded ? ['Too many pods'] : [];
  if (lacks.cpu) reasons.push('Insufficient cpu');
  if (lacks.memory) reasons.push('Insufficient memory');
  let never = (lacks.cpu && pod.cpuMillis > node.cpuMillis) || (lacks.memory && pod.memoryBytes > node.memoryBytes);
  for (const [name, amount] of pod.others) {
    const all = node.others.get(name) ?? 0;
    if (amount <= all - (node.usedOthers.get(name) ?? 0) || ignored?.(name) === true) continue;
    reasons.push(`Insufficient ${name}`);
    never ||= amount > all;
  }
  return { reasons, lasting: never };
}
