import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { WatchHub, type Subscriber, type Where } from '../../src/apiserver/watch-hub.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';

const pod = (name: string, node = '') => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName: node } }) as KubeObject;
const all = { resource: 'core/pods/', prefix: 'core/pods/' };

let store: Store<KubeObject>;
let hub: WatchHub;
beforeEach(() => {
  store = openMemoryStore<KubeObject>({ codec: objectCodec, clock: new SimulatedClock() });
  hub = new WatchHub(store, new AbortController().signal);
  void hub.run();
});

function listener(where: Where): { readonly seen: string[]; readonly failures: unknown[] } & Disposable {
  const seen: string[] = [];
  const failures: unknown[] = [];
  const subscriber: Subscriber = {
    take: (change) => seen.push(`${change.type} ${change.entry.key} ${change.entry.revision}`),
    fail: (error) => failures.push(error),
  };
  const subscription = hub.subscribe(subscriber, where);
  return { seen, failures, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}
const put = (namespace: string, name: string, node = '') => store.put(`core/pods/${namespace}/${name}`, pod(name, node), 0);

describe('the watch hub', () => {
  it('hands out what happens under a prefix, in order', async () => {
    const everywhere = listener({ ...all, from: 0 });
    const shop = listener({ resource: 'core/pods/', prefix: 'core/pods/shop/', from: 0 });
    const entry = await put('shop', 'a');
    await put('other', 'b');
    await store.put('core/services/shop/a', pod('a'), 0);
    await store.delete(entry.key, entry.revision);
    await loopTurn();
    expect(everywhere.seen).toEqual(['put core/pods/shop/a 1', 'put core/pods/other/b 2', 'delete core/pods/shop/a 4']);
    expect(shop.seen).toEqual(['put core/pods/shop/a 1', 'delete core/pods/shop/a 4']);
  });

  it('starts in the past and goes on in the present without loss or repetition', async () => {
    for (const name of ['a', 'b', 'c']) await put('shop', name);
    await loopTurn();
    const late = listener({ ...all, from: 1 });
    await put('shop', 'd');
    await loopTurn();
    await put('shop', 'e');
    await loopTurn();
    expect(late.seen).toEqual(['put core/pods/shop/b 2', 'put core/pods/shop/c 3', 'put core/pods/shop/d 4', 'put core/pods/shop/e 5']);
  });

  it('asks only those whose field had or has the value', async () => {
    const of = (entry: { value(): KubeObject }) => (entry.value() as KubeObject & { spec: { nodeName: string } }).spec.nodeName;
    const asked = { n: 0 };
    const counting = (entry: { value(): KubeObject }) => ((asked.n += 1), of(entry));
    const one = listener({ ...all, from: 0, index: { field: 'spec.nodeName', value: 'n1', of: counting } });
    const others = Array.from({ length: 50 }, (_, at) =>
      listener({ ...all, from: 0, index: { field: 'spec.nodeName', value: `m${at}`, of: counting } }),
    );
    const entry = await put('shop', 'a', 'n1');
    await store.put(entry.key, pod('a', 'n2'), entry.revision);
    await loopTurn();
    expect(one.seen).toEqual(['put core/pods/shop/a 1', 'put core/pods/shop/a 2']);
    expect(others.flatMap(({ seen }) => seen)).toEqual([]);
    expect(asked.n).toBe(3);
  });

  it('says nothing more to who has left', async () => {
    const gone = listener({ ...all, from: 0 });
    await put('shop', 'a');
    await loopTurn();
    gone[Symbol.dispose]();
    await put('shop', 'b');
    await loopTurn();
    expect(gone.seen).toEqual(['put core/pods/shop/a 1']);
  });

  it('fails who asks for a past that is forgotten', async () => {
    for (const name of ['a', 'b', 'c']) await put('shop', name);
    await store.compact(3);
    await loopTurn();
    const late = listener({ ...all, from: 1 });
    await loopTurn();
    expect(late.failures).toEqual([expect.objectContaining({ name: 'Compacted' })]);
  });

  it('tells everybody when the store closes, also who comes later', async () => {
    const early = listener({ ...all, from: 0 });
    await store.close();
    await loopTurn();
    const late = listener({ ...all, from: 0 });
    expect([early.failures, late.failures]).toMatchObject([[{ name: 'StoreClosed' }], [{ name: 'StoreClosed' }]]);
  });

  it('resolves reached when a revision has been handed out', async () => {
    const heard = listener({ ...all, from: 0 });
    const { revision } = await put('shop', 'a');
    await hub.reached(revision);
    expect(heard.seen).toEqual(['put core/pods/shop/a 1']);
  });
});
