import { lasting, type Plugin } from '../plugin.ts';

const elsewhere = lasting("node(s) didn't match the requested node name");

/** A pod that names its node goes there or nowhere. */
export const nodeName: Plugin = {
  name: 'NodeName',
  filter(pod) {
    const wanted = pod.pod.spec.nodeName ?? '';
    return wanted === '' ? undefined : (node) => (node.name === wanted ? undefined : elsewhere);
  },
  hints: { nodeAdded: (pod, event) => event.kind === 'nodeAdded' && event.node.name === pod.pod.spec.nodeName },
};
