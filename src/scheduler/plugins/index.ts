import type { Plugin } from '../plugin.ts';
import { defaultArgs, type PluginArgs } from '../plugin-args.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

export interface PluginDefinition {
  readonly name: string;
  /** Of its score; 0 where it gives none. */
  readonly weight: number;
  create(args: PluginArgs): Plugin;
}

/** In the order in which they are asked: the first that turns a node away gives the reason. Names and weights as kube-scheduler's. */
export const plugins: readonly PluginDefinition[] = [
  { name: 'SchedulingGates', weight: 0, create: () => schedulingGates },
  { name: 'NodeUnschedulable', weight: 0, create: () => nodeUnschedulable },
  { name: 'NodeName', weight: 0, create: () => nodeName },
  { name: 'TaintToleration', weight: 3, create: () => taintToleration },
  { name: 'NodeAffinity', weight: 2, create: (args) => nodeAffinity(args.NodeAffinity) },
  { name: 'NodePorts', weight: 0, create: () => nodePorts },
  { name: 'NodeResourcesFit', weight: 1, create: (args) => nodeResourcesFit(args.NodeResourcesFit) },
  { name: 'VolumeRestrictions', weight: 0, create: () => volumeRestrictions },
  { name: 'NodeVolumeLimits', weight: 0, create: () => nodeVolumeLimits },
  { name: 'VolumeBinding', weight: 0, create: () => volumeBinding },
  { name: 'VolumeZone', weight: 0, create: () => volumeZone },
  { name: 'PodTopologySpread', weight: 2, create: (args) => podTopologySpread(args.PodTopologySpread) },
  { name: 'InterPodAffinity', weight: 2, create: (args) => interPodAffinity(args.InterPodAffinity) },
  {
    name: 'NodeResourcesBalancedAllocation',
    weight: 1,
    create: (args) => nodeResourcesBalancedAllocation(args.NodeResourcesBalancedAllocation),
  },
  { name: 'ImageLocality', weight: 1, create: () => imageLocality },
];

/** One of them with its defaults. @throws Error for a name that none has */
export function pluginOf(name: string, args: Partial<PluginArgs> = {}): Plugin {
  const definition = plugins.find((each) => each.name === name);
  if (definition === undefined) throw new Error(`there is no scheduler plugin ${name}`);
  return definition.create({ ...defaultArgs, ...args });
}
