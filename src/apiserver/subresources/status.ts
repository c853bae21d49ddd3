import { methodNotAllowed } from '../../api/status.ts';
import { get } from '../rest/get.ts';
import { patch } from '../rest/patch.ts';
import { update } from '../rest/update.ts';
import type { Subresource } from './index.ts';

/** What is observed, written apart from what is wanted. */
export const status: Subresource = {
  name: 'status',
  verbs: ['get', 'patch', 'update'],
  handle: async (call) => {
    if (call.info.verb === 'get') return get(call);
    if (call.info.verb === 'update') return update(call);
    if (call.info.verb === 'patch') return patch(call);
    throw methodNotAllowed(call.kind.kind, call.info.verb);
  },
};
