import type { Plugin } from '../plugin.ts';

/** A pod with gates waits, and costs nothing, until the last of them is taken away. */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  hold({ pod }) {
    const gates = pod.spec.schedulingGates ?? [];
    return gates.length === 0 ? undefined : `waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`;
  },
};
