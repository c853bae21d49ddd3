import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { Endpoints, EndpointSlice, Service } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';
import { mirror, mirroredMetadata, mostAddresses, type MirroredSlice } from './endpointslice-mirroring/mirror.ts';
import { serviceNameLabel } from './endpointslice/slices.ts';
import { isTerminating } from './pods/pod-control.ts';

const managedBy = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslicemirroring-controller.k8s.io';
const skip = 'endpointslice.kubernetes.io/skip-mirror';
const leader = 'control-plane.alpha.kubernetes.io/leader';

interface Loop {
  readonly context: Context;
  readonly own: OwnWrites<EndpointSlice>;
}

/** Shows the Endpoints that people keep for Services without a selector as EndpointSlices, which is what proxies and DNS read. */
export const endpointsliceMirroring: Controller = {
  name: 'endpointslice-mirroring',
  identity: 'endpointslicemirroring-controller',
  component: 'endpoint-slice-mirroring-controller',
  reconciles: Endpoints,
  watches: [
    { kind: Service, keysFor: (service) => [keyOf(service)] },
    { kind: EndpointSlice, keysFor: (slice) => (slice.metadata.labels?.[managedBy] === manager ? [endpointsKey(slice)] : []) },
  ],
  concurrency: 5,
  start(context) {
    const loop: Loop = { context, own: new OwnWrites(context.informer(EndpointSlice), context.clock) };
    return (key) => reconcile(loop, key);
  },
};

function endpointsKey({ metadata }: EndpointSlice | { metadata: EndpointSlice['metadata'] }): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.labels?.[serviceNameLabel] ?? '' };
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, own } = loop;
  const endpoints = context.informer(Endpoints).get(key);
  const service = context.informer(Service).get(key);
  const labels = { [managedBy]: manager, [serviceNameLabel]: key.name };
  const slices = context.informer(EndpointSlice).list({ namespace: key.namespace, labels });
  // The change that the cache is waiting for brings the key back.
  if (own.isBehind(keyText(key), slices)) return behind;
  if (endpoints === undefined || service === undefined || !isMirrored(endpoints, service)) {
    for (const slice of slices) await remove(loop, key, slice);
    return;
  }
  try {
    await sync(loop, endpoints, slices);
  } catch (error) {
    if (!isTerminating(error)) throw error;
  }
}

/** Not those that the control plane keeps itself, nor those that are a lock, nor what says that it is not to be. */
function isMirrored({ metadata }: Readonly<Endpoints>, service: Readonly<Service>): boolean {
  if (service.spec.selector !== undefined && Object.keys(service.spec.selector).length > 0) return false;
  return metadata.labels?.[skip] !== 'true' && metadata.annotations?.[leader] === undefined;
}

async function sync(loop: Loop, endpoints: Readonly<Endpoints>, slices: readonly Readonly<EndpointSlice>[]): Promise<void> {
  const { context } = loop;
  const { wanted, skipped, invalid } = mirror(endpoints);
  if (invalid > 0)
    context.event(endpoints, 'Warning', 'InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`);
  if (skipped > 0) {
    const text = `A max of ${mostAddresses} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
    context.event(endpoints, 'Warning', 'TooManyAddressesToMirror', text);
  }
  const left = [...slices];
  for (const content of wanted) {
    const at = left.findIndex((slice) => slice.addressType === content.addressType && jsonEqual(slice.ports ?? [], content.ports));
    const present = at < 0 ? undefined : left.splice(at, 1)[0];
    await write(loop, endpoints, { content, present });
  }
  for (const slice of left) await remove(loop, keyOf(endpoints), slice);
}

async function write(
  { context, own }: Loop,
  endpoints: Readonly<Endpoints>,
  { content, present }: { content: MirroredSlice; present: Readonly<EndpointSlice> | undefined },
): Promise<void> {
  const metadata = mirroredMetadata(endpoints, { [managedBy]: manager, [serviceNameLabel]: endpoints.metadata.name });
  if (present === undefined) {
    const slice: EndpointSlice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content };
    own.made(keyText(keyOf(endpoints)), await context.cluster.create(EndpointSlice, slice));
    return;
  }
  const { labels, annotations = {} } = metadata;
  const same = jsonEqual(present.endpoints, content.endpoints) && jsonEqual(present.metadata.labels, labels);
  if (same && jsonEqual(present.metadata.annotations ?? {}, annotations)) return;
  const next = { ...present.metadata, ...(labels && { labels }), annotations };
  own.updated(present, await context.cluster.update(EndpointSlice, { ...present, metadata: next, ...content }));
}

async function remove({ context, own }: Loop, key: ObjectKey, slice: Readonly<EndpointSlice>): Promise<void> {
  try {
    await context.cluster.delete(EndpointSlice, keyOf(slice), { uid: slice.metadata.uid ?? '' });
  } catch (error) {
    // NotFound: it is gone already.
    if (!isNotFound(error)) throw error;
  }
  own.deleted(keyText(key), slice);
}
