import type { KubeObject } from '../../api/object.ts';
import { badRequest, methodNotAllowed, type Status } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import { recordUpdate } from '../../schema/apply.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { checkDeleteOptions } from '../delete-options.ts';
import { readBody } from '../rest/body.ts';
import { removeObject } from '../rest/delete.ts';
import { modify } from '../rest/modify.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}
interface PodShape extends KubeObject {
  status?: { phase?: string; conditions?: Condition[] };
}

/** Asks a pod to go. Nobody counts yet what disruption budgets allow, so they are not asked. */
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
    const dryRun = options.dryRun || asked.dryRun;
    if (!dryRun) await tellWhy(call, options);
    await removeObject(call, call.info, { ...asked, dryRun });
    const done: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
    return jsonAnswer(201, done, call.request.wantsObject === true);
  },
};

/**
 * A pod that is at work is told why it goes, before it does: controllers (a Job's failure policy) ask for this condition. One that has
 * not begun, has ended or is going already is deleted without it, as upstream.
 */
async function tellWhy(call: Call, options: WriteOptions): Promise<void> {
  const next = (live: Readonly<KubeObject>): KubeObject => {
    const pod = clone(live) as PodShape;
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase !== 'Running') return pod;
    const time = timestamp(call.server.clock);
    const { conditions = [] } = pod.status;
    const known = conditions.find(({ type }) => type === 'DisruptionTarget');
    const since = known?.status === 'True' ? (known.lastTransitionTime ?? time) : time;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: since,
      observedGeneration: pod.metadata.generation ?? 1,
    };
    pod.status.conditions = [...conditions.filter(({ type }) => type !== 'DisruptionTarget'), condition];
    const manager = call.request.headers['user-agent']?.split('/')[0] ?? '';
    return recordUpdate(call.kind.schema, live as KubeObject, pod, { manager, time, subresource: 'eviction' });
  };
  await modify(call, call.info, { options, subresource: 'eviction', attempts: 5, next, raw: true });
}
