import { badRequest, methodNotAllowed, type Status } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import { jsonAnswer } from '../answer.ts';
import { checkDeleteOptions } from '../delete-options.ts';
import { readBody } from '../rest/body.ts';
import { removeObject } from '../rest/delete.ts';
import { readWriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

/** Asks a pod to go. No disruption budget is served, so none can refuse. */
export const eviction: Subresource = {
  name: 'eviction',
  verbs: ['create'],
  body: { group: 'policy', version: 'v1', kind: 'Eviction' },
  handle: async (call) => {
    if (call.info.verb !== 'create') throw methodNotAllowed(call.kind.kind, call.info.verb);
    const options = readWriteOptions(call, 'CreateOptions');
    const { value } = readBody(call);
    if (!isRecord(value)) throw badRequest('the body of the request must be an object of kind Eviction');
    const name = isRecord(value['metadata']) ? value['metadata']['name'] : undefined;
    if (name !== undefined && name !== call.info.name) throw badRequest('name in URL does not match name in Eviction object');
    const asked = checkDeleteOptions(isRecord(value['deleteOptions']) ? value['deleteOptions'] : {});
    await removeObject(call, call.info, { ...asked, dryRun: options.dryRun || asked.dryRun });
    const done: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
    return jsonAnswer(201, done, call.request.wantsObject === true);
  },
};
