import type { ObjectKey } from '../api/object.ts';
import { EndpointSlice, Node, Pod, Service, type EndpointPort } from '../api/kinds.generated.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { errorText } from '../base/log.ts';
import { ReconcileError, type Context, type Controller, type Result } from '../reconcile/controller.ts';
import { addressTypesOf, groupEndpoints, portsKey, type AddressType, type EndpointGroup } from './endpointslice/endpoints.ts';
import { packEndpoints } from './endpointslice/packing.ts';
import { Selection, selectorOf } from './endpointslice/selection.ts';
import { managedByLabel, manager, SliceError, SliceWriter } from './endpointslice/slices.ts';
import { behind } from './cache/own-writes.ts';
import { keyOf } from '../api/object.ts';
import { isTerminating } from './pods/pod-control.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

interface Loop {
  readonly context: Context;
  readonly selection: Selection;
  readonly writer: SliceWriter;
  /** When each Service was worked on last, for those with many pods. */
  readonly lastSync: Map<string, number>;
  /** Services with pods on nodes that are not known (yet), by node. */
  readonly waiting: Map<string, Map<string, ObjectKey>>;
}

/** Keeps the EndpointSlices of Services that have a selector: one group for each address family and set of ports, 100 endpoints at most in each slice. */
export const endpointslice: Controller = {
  name: 'endpointslice',
  reconciles: Service,
  owns: [EndpointSlice],
  // Which Services a change of these concerns needs more than the object; `start` listens itself.
  watches: [
    { kind: Pod, keysFor: () => [] },
    { kind: Node, keysFor: () => [] },
  ],
  concurrency: 5,
  start(context) {
    const selection = new Selection(context, (key) => context.enqueue(key));
    const writer = new SliceWriter(context);
    const loop: Loop = { context, selection, writer, lastSync: new Map(), waiting: new Map() };
    context.informer(Node).onChange((node, previous) => nodeChanged(loop, node, previous));
    return (key) => reconcile(loop, key);
  },
};

function nodeChanged(loop: Loop, node: Readonly<Node> | undefined, previous: Readonly<Node> | undefined): void {
  if (node === undefined) return;
  if (previous === undefined) {
    for (const key of loop.waiting.get(node.metadata.name)?.values() ?? []) loop.context.enqueue(key);
    loop.waiting.delete(node.metadata.name);
  } else if (node.metadata.labels?.[zoneLabel] !== previous.metadata.labels?.[zoneLabel]) {
    for (const service of loop.context.informer(Service).list()) loop.context.enqueue(keyOf(service));
  }
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, writer } = loop;
  const service = context.informer(Service).get(key);
  const id = `${key.namespace}/${key.name}`;
  if (service === undefined || service.metadata.deletionTimestamp !== undefined || selectorOf(service) === undefined) {
    loop.lastSync.delete(id);
    return;
  }
  const waitMs = (loop.lastSync.get(id) ?? -Infinity) + pauseMs(loop.selection.countOf(key)) - context.clock.now();
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  const slices = context
    .informer(EndpointSlice)
    .ownedBy(service.metadata.uid ?? '')
    .filter((slice) => slice.metadata.labels?.[managedByLabel] === manager);
  // The change that the cache is waiting for brings the key back.
  if (writer.isBehind(key, slices)) return behind;
  loop.lastSync.set(id, context.clock.now());
  try {
    await syncSlices(loop, service, slices);
  } catch (error) {
    const refusal = error instanceof SliceError ? error.cause : error;
    if (isTerminating(refusal)) return;
    if (isConflict(refusal) || isNotFound(refusal)) throw refusal;
    const message = `Error updating Endpoint Slices for Service ${id}: ${errorText(error)}`;
    throw new ReconcileError('FailedToUpdateEndpointSlices', message, { cause: error });
  }
}

/** A Service with many pods is looked at less often, so that a burst of changes costs what there are and not their square. */
function pauseMs(pods: number): number {
  return pods <= 100 ? 0 : Math.min(500, pods / 10);
}

async function syncSlices(loop: Loop, service: Readonly<Service>, slices: readonly Readonly<EndpointSlice>[]): Promise<void> {
  const types = addressTypesOf(service);
  for (const slice of slices) if (!types.some((type) => type === slice.addressType)) await loop.writer.remove(service, slice);
  for (const type of types) {
    await syncAddressType(
      loop,
      { service, type },
      slices.filter((slice) => slice.addressType === type),
    );
  }
}

interface Target {
  readonly service: Readonly<Service>;
  readonly type: AddressType;
}

async function syncAddressType(loop: Loop, target: Target, slices: readonly Readonly<EndpointSlice>[]): Promise<void> {
  const { writer } = loop;
  const { service, type } = target;
  const groups = desiredGroups(loop, target);
  const superfluous = slices.filter((slice) => !groups.has(portsKey(slice.ports)));
  const create: {
    ports: readonly EndpointPort[];
    endpoints: EndpointGroup['endpoints'] extends ReadonlyMap<string, infer E> ? readonly E[] : never;
  }[] = [];
  let kept = 0;
  for (const [key, group] of groups) {
    const existing = slices.filter((slice) => portsKey(slice.ports) === key);
    const packing = packEndpoints(group, existing);
    create.push(...packing.create.map((endpoints) => ({ ports: group.ports, endpoints })));
    superfluous.push(...packing.remove);
    const changed = new Map(packing.update.map((each) => [each.slice, each.endpoints]));
    for (const slice of existing) {
      if (packing.remove.includes(slice)) continue;
      kept++;
      await writer.update(service, slice, changed.get(slice) ?? slice.endpoints ?? []);
    }
  }
  const placeholder = kept + create.length > 0 ? undefined : superfluous.find((slice) => isEmpty(slice));
  // A Service without any pod has one empty slice, so that its readers know that this was looked at.
  if (kept + create.length === 0 && placeholder === undefined) create.push({ ports: [], endpoints: [] });
  for (const content of create) await writer.create(service, type, content);
  if (placeholder !== undefined) await writer.update(service, placeholder, []);
  for (const slice of superfluous) if (slice !== placeholder) await writer.remove(service, slice);
}

function isEmpty(slice: Readonly<EndpointSlice>): boolean {
  return (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0;
}

function desiredGroups(loop: Loop, { service, type }: Target): ReadonlyMap<string, EndpointGroup> {
  const nodes = loop.context.informer(Node);
  const nodeOf = (name: string) => nodes.get({ namespace: '', name });
  const pods = loop.selection.podsOf(keyOf(service)).filter((pod) => {
    const { nodeName = '' } = pod.spec;
    if (nodeName === '' || service.spec.publishNotReadyAddresses === true || nodeOf(nodeName) !== undefined) return true;
    wait(loop, nodeName, keyOf(service));
    return false;
  });
  return groupEndpoints(service, pods, type, (name) => nodeOf(name)?.metadata.labels?.[zoneLabel]);
}

/** A pod of a node that is not known is no endpoint until the node is: as upstream, so that no slice points to a node that has gone. */
function wait(loop: Loop, node: string, service: ObjectKey): void {
  const id = `${service.namespace}/${service.name}`;
  const here = loop.waiting.get(node);
  if (here === undefined) loop.waiting.set(node, new Map([[id, service]]));
  else here.set(id, service);
}
