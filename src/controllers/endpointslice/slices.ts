import { keyOf, keyText, type ObjectKey } from '../../api/object.ts';
import { EndpointSlice, Service, type Endpoint, type EndpointPort } from '../../api/kinds.generated.ts';
import { controllerReference } from '../../api/owner.ts';
import { isNotFound } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import { OwnWrites } from '../cache/own-writes.ts';
import type { AddressType } from './endpoints.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const reserved = new Set([serviceNameLabel, managedByLabel, headlessLabel]);

/** The labels of the slices of a Service: its own, and ours. */
export function sliceLabels(service: Service): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !reserved.has(key));
  return {
    ...Object.fromEntries(own),
    ...(service.spec.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
    [managedByLabel]: manager,
    [serviceNameLabel]: service.metadata.name,
  };
}

/** A slice that could not be written, in the words of kube-controller-manager; `cause` is the refusal itself. */
export class SliceError extends Error {
  constructor(what: string, service: Readonly<Service>, cause: unknown) {
    super(`failed to ${what} EndpointSlice for Service ${keyText(keyOf(service))}: ${errorText(cause)}`, { cause });
    this.name = 'SliceError';
  }
}

async function written<T>(what: string, service: Readonly<Service>, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    throw new SliceError(what, service, cause);
  }
}

/** Writes slices, and knows when the cache does not show yet what was written. */
export class SliceWriter {
  readonly #context: Context;
  readonly #own: OwnWrites<EndpointSlice>;

  constructor(context: Context) {
    this.#context = context;
    this.#own = new OwnWrites(context.informer(EndpointSlice), context.clock);
  }

  /** True while the cache is behind our own writes: to decide now would be to write twice. */
  isBehind(service: ObjectKey, slices: readonly Readonly<EndpointSlice>[]): boolean {
    return this.#own.isBehind(keyText(service), slices);
  }

  async create(
    service: Readonly<Service>,
    addressType: AddressType,
    content: { ports: readonly EndpointPort[]; endpoints: readonly Endpoint[] },
  ): Promise<void> {
    const creating = this.#context.cluster.create(EndpointSlice, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        // The server makes the name from generateName.
        name: '',
        generateName: `${service.metadata.name}-`,
        namespace: service.metadata.namespace ?? '',
        labels: sliceLabels(service),
        ownerReferences: [controllerReference(Service, service)],
      },
      addressType,
      ports: clone(content.ports),
      endpoints: clone(content.endpoints),
    });
    this.#own.made(keyText(keyOf(service)), await written('create', service, creating));
  }

  /** Writes where endpoints or labels differ. */
  async update(service: Readonly<Service>, slice: Readonly<EndpointSlice>, endpoints: readonly Endpoint[]): Promise<void> {
    const labels = sliceLabels(service);
    if (jsonEqual(labels, slice.metadata.labels) && jsonEqual(endpoints, slice.endpoints)) return;
    const { metadata } = slice;
    const next = { ...slice, metadata: { ...metadata, labels }, endpoints: clone(endpoints) };
    this.#own.updated(slice, await written(`update ${metadata.name}`, service, this.#context.cluster.update(EndpointSlice, next)));
  }

  async remove(service: Readonly<Service>, slice: Readonly<EndpointSlice>): Promise<void> {
    try {
      await this.#context.cluster.delete(EndpointSlice, keyOf(slice), { uid: slice.metadata.uid ?? '' });
    } catch (error) {
      // NotFound: it is gone already.
      if (!isNotFound(error)) throw new SliceError(`delete ${slice.metadata.name}`, service, error);
    }
    this.#own.deleted(keyText(keyOf(service)), slice);
  }
}
