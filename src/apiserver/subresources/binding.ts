import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject, ObjectKey } from '../../api/object.ts';
import { badRequest, conflict, invalid, methodNotAllowed, type Status } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import { recordUpdate } from '../../schema/apply.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { readBody } from '../rest/body.ts';
import { requireSame } from '../rest/metadata.ts';
import { modify } from '../rest/modify.ts';
import { readWriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

interface PodShape extends KubeObject {
  spec: { nodeName?: string };
  status?: { conditions?: { type: string; status: string; lastTransitionTime?: string; reason?: string; message?: string }[] };
}
interface BindingShape {
  readonly metadata?: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly target?: { readonly kind?: string; readonly name?: string };
}

/** Gives a pod its node, once. */
export const binding: Subresource = {
  name: 'binding',
  verbs: ['create'],
  body: { group: '', version: 'v1', kind: 'Binding' },
  handle: async (call) => {
    if (call.info.verb !== 'create') throw methodNotAllowed(call.kind.kind, call.info.verb);
    return bind(call, call.info);
  },
};

/** POST of a Binding; `key` names the pod where the path does, otherwise the Binding itself. */
export async function bind(call: Call, key: ObjectKey | undefined): Promise<ApiResponse> {
  const options = readWriteOptions(call, 'CreateOptions');
  const { value } = readBody(call);
  if (!isRecord(value)) throw badRequest('the body of the request must be an object of kind Binding');
  const sent = value as BindingShape;
  const node = requireNode(sent);
  const pod = key ?? { namespace: call.info.namespace, name: sent.metadata?.name ?? '' };
  if (sent.metadata?.name !== undefined && sent.metadata.name !== pod.name) {
    throw badRequest(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${pod.name})`);
  }
  const next = (live: Readonly<KubeObject>): KubeObject => assigned(call, live, { sent, node });
  await modify(call, pod, { options, subresource: 'binding', attempts: 5, next, raw: true });
  const done: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return jsonAnswer(201, done, call.request.wantsObject === true);
}

function requireNode(sent: BindingShape): string {
  const { target } = sent;
  if (target?.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    const detail = 'supported values: "Node", "<empty>"';
    throw invalid({ group: '', kind: 'Binding' }, sent.metadata?.name ?? '', [
      { type: 'FieldValueNotSupported', field: 'target.kind', value: target.kind, detail },
    ]);
  }
  if ((target?.name ?? '') !== '') return target?.name ?? '';
  throw invalid({ group: '', kind: 'Binding' }, sent.metadata?.name ?? '', [
    { type: 'FieldValueRequired', field: 'target.name', detail: '' },
  ]);
}

function assigned(call: Call, live: Readonly<KubeObject>, to: { sent: BindingShape; node: string }): KubeObject {
  const pod = clone(live) as unknown as PodShape;
  const { name } = pod.metadata;
  const { metadata = {} } = to.sent;
  const refuse = (why: string) => conflict(call.kind.kind, name, why);
  requireSame(call, metadata, pod.metadata);
  if (pod.metadata.deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec.nodeName ?? '') !== '') throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName ?? ''}"`);
  pod.spec.nodeName = to.node;
  if (metadata.annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  const time = timestamp(call.server.clock);
  if (!markScheduled(pod, time)) return pod;
  // Whoever owned the reason and message that are gone now owns them no more.
  const manager = call.request.headers['user-agent']?.split('/')[0] ?? '';
  return recordUpdate(call.kind.schema, live as KubeObject, pod as KubeObject, { manager, time, subresource: 'binding' });
}

/** Answers whether there was such a condition that said otherwise. */
function markScheduled(pod: PodShape, now: string): boolean {
  const conditions = pod.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'PodScheduled');
  if (known?.status === 'True') return false;
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: now };
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
  return known !== undefined;
}
