import { internalError } from '../../api/status.ts';
import { bind } from '../subresources/binding.ts';
import type { ComputedKind } from './index.ts';

/** The older way to bind a pod: the Binding names it. */
export const bindings: ComputedKind = {
  group: '',
  name: 'bindings',
  handle: async (call) => {
    const kind = call.server.kinds.find('', 'v1', 'pods');
    if (kind === undefined) throw internalError('there are no pods to bind');
    return bind({ ...call, kind }, undefined);
  },
};
