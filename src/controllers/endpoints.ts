import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { Endpoints, Pod, Service } from '../api/kinds.generated.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../api/status.ts';
import { clone, jsonEqual } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { subsetsOf, truncated } from './endpoints/subsets.ts';
import { TriggerTimes } from './endpoints/trigger-times.ts';
import { Selection, selectorOf } from './endpointslice/selection.ts';
import { isTerminating } from './pods/pod-control.ts';

const managedBy = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';
const headless = 'service.kubernetes.io/headless';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';

interface Loop {
  readonly context: Context;
  readonly selection: Selection;
  readonly times: TriggerTimes;
  readonly lastSync: Map<string, number>;
  /** Services that were seen to go: their Endpoints go with them, whoever wrote them. */
  readonly gone: Set<string>;
}

/** Keeps the Endpoints of Services that have a selector, for those who still read them; EndpointSlices have taken over. */
export const endpoints: Controller = {
  name: 'endpoints',
  identity: 'endpoint-controller',
  reconciles: Service,
  watches: [
    { kind: Pod, keysFor: () => [] },
    { kind: Endpoints, keysFor: (object) => [keyOf(object)] },
  ],
  concurrency: 5,
  start(context) {
    const selection = new Selection(context, (key) => context.enqueue(key));
    const loop: Loop = { context, selection, times: new TriggerTimes(), lastSync: new Map(), gone: new Set() };
    context.informer(Service).onChange((service, previous) => {
      if (service !== undefined) loop.gone.delete(keyText(keyOf(service)));
      else if (previous !== undefined) loop.gone.add(keyText(keyOf(previous)));
    });
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, selection } = loop;
  const service = context.informer(Service).get(key);
  if (service === undefined) return removeLeft(loop, key);
  if (selectorOf(service) === undefined) return;
  const waitMs = (loop.lastSync.get(keyText(key)) ?? -Infinity) + pauseMs(selection.countOf(key)) - context.clock.now();
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  loop.lastSync.set(keyText(key), context.clock.now());
  return write(loop, service);
}

/** All addresses of a Service are in one object, so that one of many pods is written seldom: a second for a thousand. */
function pauseMs(pods: number): number {
  return pods <= 20 ? 0 : Math.min(1000, pods * 5);
}

async function removeLeft({ context, times, lastSync, gone }: Loop, key: ObjectKey): Promise<void> {
  const id = keyText(key);
  const left = context.informer(Endpoints).get(key);
  times.forget(id);
  lastSync.delete(id);
  if (left !== undefined && (gone.has(id) || left.metadata.labels?.[managedBy] === manager)) {
    try {
      await context.cluster.delete(Endpoints, key, { uid: left.metadata.uid ?? '' });
    } catch (error) {
      // NotFound: somebody was quicker.
      if (!isNotFound(error)) throw error;
    }
  }
  gone.delete(id);
}

async function write({ context, selection, times }: Loop, service: Readonly<Service>): Promise<void> {
  const key = keyOf(service);
  const pods = selection.podsOf(key);
  const time = times.next(keyText(key), service, pods);
  const all = subsetsOf(service, pods);
  const subsets = truncated(all);
  const present = context.informer(Endpoints).get(key);
  const annotations: Record<string, string> = { ...present?.metadata.annotations };
  if (subsets === all) delete annotations[overCapacity];
  else annotations[overCapacity] = 'truncated';
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[headless];
  if ((service.spec.clusterIP ?? '') === '' || service.spec.clusterIP === 'None') labels[headless] = '';
  labels[managedBy] = manager;
  const settled =
    present !== undefined &&
    jsonEqual(present.subsets ?? [], subsets) &&
    jsonEqual(present.metadata.labels, labels) &&
    jsonEqual(present.metadata.annotations ?? {}, annotations);
  if (settled) return;
  if (time === undefined) delete annotations[triggerTime];
  else annotations[triggerTime] = time;
  await store(context, present, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...key, labels, annotations },
    subsets: clone(subsets),
  });
}

async function store(context: Context, present: Readonly<Endpoints> | undefined, wanted: Endpoints): Promise<void> {
  const { labels, annotations } = wanted.metadata;
  const name = keyText(keyOf(wanted));
  try {
    if (present === undefined) await context.cluster.create(Endpoints, wanted);
    else {
      const metadata = { ...clone(present.metadata), ...(labels && { labels }), ...(annotations && { annotations }) };
      await context.cluster.update(Endpoints, { ...wanted, metadata });
    }
  } catch (error) {
    // AlreadyExists: the cache shows it soon, and its Service is looked at again.
    if (isTerminating(error) || isAlreadyExists(error)) return;
    if (!isConflict(error) && !isNotFound(error)) {
      const [reason, what] =
        present === undefined ? ['FailedToCreateEndpoint', 'create endpoint for service'] : ['FailedToUpdateEndpoint', 'update endpoint'];
      context.event(present ?? wanted, 'Warning', reason, `Failed to ${what} ${name}: ${errorText(error)}`);
    }
    throw error;
  }
}
