import type { Plugin } from '../plugin.ts';

const reasons = ["node(s) didn't match the requested node name"] as const;

/** A pod that names its node goes there or nowhere. */
export const nodeName: Plugin = {
  name: 'NodeName',
  filter(pod) {
    const wanted = pod.pod.spec.nodeName ?? '';
    return wanted === '' ? undefined : (node) => (node.name === wanted ? undefined : reasons);
  },
};
