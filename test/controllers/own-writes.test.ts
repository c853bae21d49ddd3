import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { OwnWrites, patienceMs } from '../../src/controllers/cache/own-writes.ts';
import type { Informer } from '../../src/reconcile/controller.ts';

type Listener = (object: KubeObject | undefined, previous: KubeObject | undefined) => void;

/** A cache that shows what it is told to show. */
function cacheOf() {
  const objects = new Map<string, KubeObject>();
  let listener: Listener = () => undefined;
  const clock = { at: 0, now: () => clock.at };
  const informer = {
    get: ({ name }) => objects.get(name),
    onChange: (given: Listener) => {
      listener = given;
      return { [Symbol.dispose]: () => undefined };
    },
  } as Partial<Informer> as Informer;
  const show = (object: KubeObject | undefined, name = object?.metadata.name ?? '') => {
    const previous = objects.get(name);
    if (object === undefined) objects.delete(name);
    else objects.set(name, object);
    listener(object, previous);
  };
  return { own: new OwnWrites(informer, clock), show, clock };
}
const object = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, uid, resourceVersion },
});

describe('own writes', () => {
  it('a cache is behind while it shows what an update replaced', () => {
    const { own } = cacheOf();
    own.updated(object('a', '1'), object('a', '2'));
    own.updated(object('a', '2'), object('a', '3'));
    expect(['1', '2', '3'].map((version) => own.isBehind('k', [object('a', version)]))).toEqual([true, true, false]);
  });

  it('an update that has changed nothing is not waited for', () => {
    const { own } = cacheOf();
    own.updated(object('a', '1'), object('a', '1'));
    expect(own.isBehind('k', [object('a', '1')])).toBe(false);
  });

  it('a cache is behind until it shows what was made', () => {
    const { own, show } = cacheOf();
    own.made('k', object('a', '1'));
    expect([own.isBehind('k', []), own.isBehind('other', [])]).toEqual([true, false]);
    show(object('a', '1'));
    expect(own.isBehind('k', [])).toBe(false);
  });

  it('what was made and has gone before the answer came is not waited for', () => {
    const { own, show } = cacheOf();
    show(object('a', '1'));
    show(undefined, 'a');
    own.made('k', object('a', '1'));
    expect(own.isBehind('k', [])).toBe(false);
  });

  it('a cache is behind until what was deleted is gone, whatever else happens to it', () => {
    const { own, show } = cacheOf();
    show(object('a', '1'));
    own.deleted('k', object('a', '1'));
    show(object('a', '2'));
    expect(own.isBehind('k', [])).toBe(true);
    show(undefined, 'a');
    expect(own.isBehind('k', [])).toBe(false);
  });

  it('waits no longer than a minute', () => {
    const { own, clock } = cacheOf();
    own.made('k', object('a', '1'));
    own.updated(object('b', '1'), object('b', '2'));
    clock.at = patienceMs;
    expect(own.isBehind('k', [object('b', '1')])).toBe(false);
  });
});
