import { verdict, type Plugin } from '../plugin.ts';
import { portId, type NodeState } from '../state/node-state.ts';
import type { HostPort, PodFacts } from '../state/pod-facts.ts';

const taken = verdict("node(s) didn't have free ports for the requested pod ports");
const everywhere = '0.0.0.0';

/** A host port is given once per address; on 0.0.0.0 it is taken on all. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  filter(pod) {
    if (pod.hostPorts.length === 0) return undefined;
    return (node) => (free(pod, node) ? undefined : taken);
  },
  hints: {
    nodeAdded: (pod, event) => event.kind === 'nodeAdded' && free(pod, event.node),
    podRemoved: (pod, event) =>
      event.kind === 'podRemoved' &&
      event.pod.facts.hostPorts.some((port) => pod.hostPorts.some((wanted) => clash(wanted, port))) &&
      free(pod, event.pod.at),
  },
};

function free(pod: PodFacts, node: NodeState): boolean {
  return !pod.hostPorts.some((port) => (node.ports.get(portId(port)) ?? []).some((address) => meets(port.address, address)));
}
function clash(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && meets(a.address, b.address);
}
function meets(a: string, b: string): boolean {
  return a === everywhere || b === everywhere || a === b;
}
