import type { EndpointSlice, Service } from '../api/kinds.generated.ts';
import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import type { ServiceEntry, ServiceTable } from '../api/service-table.ts';
import { jsonEqual } from '../base/json.ts';
import type { Informer } from '../reconcile/controller.ts';
import { serviceEntry, serviceNameLabel, serviceTable } from './service-table.ts';

/** Follows Services and EndpointSlices, and makes anew only the entries that a change concerns. */
export class TableKeeper {
  readonly #services: Informer<Service>;
  readonly #nodeName: string;
  readonly #entries = new Map<string, ServiceEntry>();
  /** By Service, then by the name of the slice. */
  readonly #slices = new Map<string, Map<string, Readonly<EndpointSlice>>>();
  readonly #dirty = new Map<string, ObjectKey>();
  readonly #listening: Disposable[];

  /** `changed` is called for each change that may concern the table. */
  constructor(options: {
    readonly services: Informer<Service>;
    readonly slices: Informer<EndpointSlice>;
    readonly nodeName: string;
    changed(): void;
  }) {
    this.#services = options.services;
    this.#nodeName = options.nodeName;
    this.#listening = [
      options.slices.onChange((slice, previous) => {
        if (previous !== undefined) this.#takeSlice(previous, undefined);
        if (slice !== undefined) this.#takeSlice(slice, slice);
        options.changed();
      }),
      options.services.onChange((service, previous) => {
        const { metadata } = (service ?? previous) as Service;
        this.#mark({ namespace: metadata.namespace ?? '', name: metadata.name });
        options.changed();
      }),
    ];
  }

  /** The table as it is now; undefined when it is the one that was answered last. */
  next(): ServiceTable | undefined {
    let changed = false;
    for (const [id, key] of this.#dirty) if (this.#renew(id, key)) changed = true;
    this.#dirty.clear();
    return changed ? serviceTable(this.#entries.values()) : undefined;
  }

  stop(): void {
    for (const listening of this.#listening) listening[Symbol.dispose]();
  }

  #mark(key: ObjectKey): void {
    this.#dirty.set(keyText(key), key);
  }

  /** `now`: undefined takes it away. */
  #takeSlice(slice: Readonly<EndpointSlice>, now: Readonly<EndpointSlice> | undefined): void {
    const name = slice.metadata.labels?.[serviceNameLabel];
    if (name === undefined) return;
    const service = { namespace: slice.metadata.namespace ?? '', name };
    const id = keyText(service);
    const slices = this.#slices.get(id) ?? new Map<string, Readonly<EndpointSlice>>();
    if (now === undefined) slices.delete(slice.metadata.name);
    else slices.set(slice.metadata.name, now);
    if (slices.size === 0) this.#slices.delete(id);
    else this.#slices.set(id, slices);
    this.#mark(service);
  }

  #renew(id: string, key: ObjectKey): boolean {
    const service = this.#services.get(key);
    if (service === undefined) return this.#entries.delete(id);
    const entry = serviceEntry(service, [...(this.#slices.get(keyText(keyOf(service)))?.values() ?? [])], this.#nodeName);
    if (jsonEqual(entry, this.#entries.get(id))) return false;
    this.#entries.set(id, entry);
    return true;
  }
}
