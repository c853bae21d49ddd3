import { portId } from '../node-state.ts';
import type { Plugin } from '../plugin.ts';

const reasons = ["node(s) didn't have free ports for the requested pod ports"] as const;
const everywhere = '0.0.0.0';

/** A host port is given once per address; on 0.0.0.0 it is taken on all. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  hints: ['podRemoved'],
  filter(pod) {
    if (pod.hostPorts.length === 0) return undefined;
    return (node) => {
      const clash = pod.hostPorts.some((port) =>
        (node.ports.get(portId(port)) ?? []).some(
          (address) => address === everywhere || port.address === everywhere || address === port.address,
        ),
      );
      return clash ? reasons : undefined;
    };
  },
};
