import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest, isConflict, methodNotAllowed, notFound, StatusError, type Status } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import { recordUpdate } from '../../schema/apply.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { checkDeleteOptions, type DeleteOptions } from '../delete-options.ts';
import { storeKey } from '../entry-fields.ts';
import { readBody } from '../rest/body.ts';
import { removeObject, requirePreconditions } from '../rest/delete.ts';
import { modify } from '../rest/modify.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import { budgetsOf, letsUnhealthyGo, stillCounting, takeFromBudget, type Budget } from './eviction-budget.ts';
import type { Subresource } from './index.ts';

interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}
interface PodShape extends KubeObject {
  status?: { phase?: string; conditions?: PodCondition[] };
}

/** Asks a pod to go, where the budget that selects it allows it. */
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
    await evict(call, options, { ...asked, dryRun: options.dryRun || asked.dryRun });
    return success(call);
  },
};

function success(call: Call): ApiResponse {
  const done: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return jsonAnswer(201, done, call.request.wantsObject === true);
}

/** How often a pod that needs no budget is tried when others write it in between. */
const attempts = 20;

/** As kube-apiserver's EvictionREST (kubernetes v1.35). @throws StatusError TooManyRequests, and what a deletion throws */
async function evict(call: Call, options: WriteOptions, asked: DeleteOptions): Promise<void> {
  const pinned = asked.preconditions?.resourceVersion !== undefined;
  for (let attempt = 1; ; attempt++) {
    const pod = await livePod(call);
    if (!needsNoBudget(pod)) return evictWithin(call, options, { pod, asked, pinned });
    try {
      // One that has not begun must not become ready in between.
      return void (await removeObject(call, call.info, isPending(pod) && !pinned ? at(asked, pod) : asked));
    } catch (error) {
      if (!isConflict(error) || pinned || attempt >= attempts) throw error;
    }
  }
}

async function livePod(call: Call): Promise<PodShape> {
  const entry = await call.server.store.get(storeKey(call.kind, call.info));
  if (entry === undefined) throw notFound(call.kind.kind, call.info.name);
  return entry.value() as PodShape;
}

/** One that has not begun, has ended or is going already disrupts nothing. */
function needsNoBudget({ status, metadata }: PodShape): boolean {
  return ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '') || metadata.deletionTimestamp !== undefined;
}
function isPending({ status, metadata }: PodShape): boolean {
  return status?.phase === 'Pending' && metadata.deletionTimestamp === undefined;
}
function at(asked: DeleteOptions, { metadata }: PodShape): DeleteOptions {
  return { ...asked, preconditions: { ...asked.preconditions, resourceVersion: metadata.resourceVersion ?? '' } };
}

interface Eviction {
  readonly pod: PodShape;
  readonly asked: DeleteOptions;
  /** Did the caller name a version of the pod? */
  readonly pinned: boolean;
}

async function evictWithin(call: Call, options: WriteOptions, { pod, asked, pinned }: Eviction): Promise<void> {
  const [budget, another] = await budgetsOf(call, pod);
  if (another !== undefined) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError(500, 'InternalError', message);
  }
  const free = budget === undefined || (!isReady(pod) && letsUnhealthyGo(budget));
  if (!free) await takeFromBudget(call, budget, { pod: pod.metadata.name, dryRun: asked.dryRun });
  // What goes since it is not ready must not have become ready in between.
  const exact = free && budget !== undefined && !pinned;
  try {
    await tellAndRemove(call, options, exact ? at(asked, pod) : asked);
  } catch (error) {
    if (exact && isConflict(error)) throw stillCounting((budget as Budget).metadata.name);
    throw error;
  }
}

function isReady({ status }: PodShape): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

/** A pod that is at work is told why it goes, before it does: controllers (a Job's failure policy) ask for this condition. */
async function tellAndRemove(call: Call, options: WriteOptions, asked: DeleteOptions): Promise<void> {
  if (asked.dryRun) return void (await removeObject(call, call.info, asked));
  const next = (live: Readonly<KubeObject>): KubeObject => {
    requirePreconditions(call, live, asked);
    return told(call, live);
  };
  const written = await modify(call, call.info, { options, subresource: 'eviction', attempts: 5, next, raw: true });
  const { metadata } = written.outcome === 'stored' ? written.entry.value() : written.value;
  // The version that was asked for was that of the pod before it was told.
  const pinned = asked.preconditions?.resourceVersion !== undefined;
  const preconditions = pinned ? { ...asked.preconditions, resourceVersion: metadata.resourceVersion ?? '' } : asked.preconditions;
  await removeObject(call, call.info, preconditions === undefined ? asked : { ...asked, preconditions });
}

function told(call: Call, live: Readonly<KubeObject>): KubeObject {
  const pod = clone(live) as PodShape;
  const time = timestamp(call.server.clock);
  const conditions = pod.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: known?.status === 'True' ? (known.lastTransitionTime ?? time) : time,
    observedGeneration: pod.metadata.generation ?? 1,
  };
  pod.status = { ...pod.status, conditions: [...conditions.filter(({ type }) => type !== 'DisruptionTarget'), condition] };
  const manager = call.request.headers['user-agent']?.split('/')[0] ?? '';
  return recordUpdate(call.kind.schema, live as KubeObject, pod, { manager, time, subresource: 'eviction' });
}
