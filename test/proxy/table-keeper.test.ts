import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../src/api/kinds.generated.ts';
import type { KubeObject, ObjectKey } from '../../src/api/object.ts';
import type { ServiceTable } from '../../src/api/service-table.ts';
import { silentLog } from '../../src/base/log.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { TableKeeper } from '../../src/proxy/table-keeper.ts';
import { TableSink } from '../../src/proxy/table-sink.ts';
import { nameServers } from '../../src/proxy/resolver-file.ts';
import type { Informer } from '../../src/reconcile/controller.ts';

/** An informer that the test feeds. */
class FedInformer<T extends KubeObject> implements Informer<T> {
  readonly synced = Promise.resolve();
  readonly hasSynced = true;
  readonly objects = new Map<string, T>();
  readonly #listeners = new Set<(object: T | undefined, previous: T | undefined) => void>();
  put(object: T): void {
    const previous = this.objects.get(object.metadata.name);
    this.objects.set(object.metadata.name, object);
    for (const listener of this.#listeners) listener(object, previous);
  }
  remove(name: string): void {
    const previous = this.objects.get(name);
    this.objects.delete(name);
    for (const listener of this.#listeners) listener(undefined, previous);
  }
  get({ name }: ObjectKey): T | undefined {
    return this.objects.get(name);
  }
  list(): readonly T[] {
    return [...this.objects.values()];
  }
  ownedBy(): readonly T[] {
    return [];
  }
  onChange(listener: (object: T | undefined, previous: T | undefined) => void): Disposable {
    this.#listeners.add(listener);
    for (const object of this.list()) listener(object, undefined);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
const service = (name: string, labels: Record<string, string> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, labels },
  spec: { clusterIP: '10.96.0.7', ports: [{ port: 80 }] },
});
const slice = (name: string, of: string, address: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
  ports: [{ port: 8080 }],
});
const summary = (table: ServiceTable | undefined) =>
  table?.services.map(({ name, ports }) => `${name}: ${ports[0]?.endpoints.map(({ address }) => address).join(' ')}`);

describe('the keeper of the table', () => {
  const start = () => {
    const services = new FedInformer<Service>();
    const slices = new FedInformer<EndpointSlice>();
    let changes = 0;
    const keeper = new TableKeeper({ services, slices, nodeName: 'n1', changed: () => changes++ });
    return { services, slices, keeper, changes: () => changes };
  };

  it('brings Services and their slices together, in whatever order they come', () => {
    const { services, slices, keeper } = start();
    slices.put(slice('web-1', 'web', '10.0.0.1'));
    expect(keeper.next()).toBeUndefined();
    services.put(service('web'));
    slices.put(slice('web-2', 'web', '10.0.0.2'));
    expect(summary(keeper.next())).toEqual(['web: 10.0.0.1 10.0.0.2']);
    slices.remove('web-1');
    expect(summary(keeper.next())).toEqual(['web: 10.0.0.2']);
    services.remove('web');
    expect(summary(keeper.next())).toEqual([]);
  });

  it('follows a slice that names another Service from now on', () => {
    const { services, slices, keeper } = start();
    services.put(service('api'));
    services.put(service('web'));
    slices.put(slice('one', 'web', '10.0.0.1'));
    expect(summary(keeper.next())).toEqual(['api: ', 'web: 10.0.0.1']);
    slices.put(slice('one', 'api', '10.0.0.1'));
    expect(summary(keeper.next())).toEqual(['api: 10.0.0.1', 'web: ']);
  });

  it('answers nothing when nothing that counts has changed, and keeps what has not', () => {
    const { services, slices, keeper, changes } = start();
    services.put(service('api'));
    services.put(service('web'));
    const before = keeper.next();
    services.put(service('web', { seen: 'yes' }));
    expect(changes()).toBe(3);
    expect(keeper.next()).toBeUndefined();
    slices.put(slice('one', 'web', '10.0.0.1'));
    expect(keeper.next()?.services[0]).toBe(before?.services[0]);
  });
});

describe('a sink', () => {
  const table = (name: string): ServiceTable => ({ services: [{ namespace: name } as ServiceTable['services'][number]] });

  it('is given the newest table when it was busy, and the last one again when it has failed', async () => {
    const clock = new SimulatedClock();
    const taken: string[] = [];
    let failures = 1;
    const sink = new TableSink(
      async ({ services }) => {
        await clock.sleep(100);
        taken.push(services[0]?.namespace ?? '');
        if (services[0]?.namespace === 'd' && failures-- > 0) throw new Error('busy');
      },
      { clock, log: silentLog, signal: new AbortController().signal },
    );
    for (const name of ['a', 'b', 'c']) sink.put(table(name));
    await clock.advance(1000);
    expect(taken).toEqual(['a', 'c']);
    sink.put(table('d'));
    await clock.advance(1000);
    expect(taken).toEqual(['a', 'c', 'd', 'd']);
  });
});

describe('name servers', () => {
  it('are read as resolvers read them', () => {
    const text =
      '# made by hand\nsearch example.com\nnameserver 10.0.0.2\nnameserver\t2001:db8::53 \nnameserver nonsense\nnameserver 10.96.0.10\nnameserver 10.0.0.2\n';
    expect(nameServers(text, ['10.96.0.10'])).toEqual([{ address: '10.0.0.2' }, { address: '2001:db8::53' }]);
  });
});
