import { afterEach, beforeEach, expect, it } from 'vitest';
import { WatchedObjects } from '../../src/agent/volumes/watched-objects.ts';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Reader } from '../../src/client/cluster.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
let objects: WatchedObjects;
let watches: string[];
beforeEach(async () => {
  plane = await startCluster({ nodes: 0 });
  watches = [];
  const real = plane.cluster();
  const cluster: Reader = {
    get: (kind, key) => real.get(kind, key),
    list: (kind, options) => real.list(kind, options),
    watch: (kind, revision, options) => {
      if (!options.signal.aborted) watches.push(`${kind.kind} ${options.namespace ?? ''} ${options.fieldSelector ?? ''}`);
      return real.watch(kind, revision, options);
    },
  };
  objects = new WatchedObjects({ cluster, clock: plane.clock, random: seededRandom(1), log: silentLog });
});
afterEach(async () => {
  await objects.stop();
  await plane.stop();
});

const key = { namespace: 'default', name: 'm' };
const make = (data: Record<string, string>, more: Partial<ConfigMap> = {}) =>
  plane.cluster().create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data, ...more });

it('an object has one watch, of itself alone, however many follow it, and none when nobody does', async () => {
  const seen: string[] = [];
  const [first, second] = ['a', 'b'].map((who) => objects.follow(ConfigMap, key, () => seen.push(who))) as [
    ReturnType<typeof objects.follow<ConfigMap>>,
    ReturnType<typeof objects.follow<ConfigMap>>,
  ];
  await plane.until(() => first.known.then(() => true));
  expect([first.get(), watches]).toEqual([undefined, ['ConfigMap default metadata.name=m']]);
  await make({ x: '1' });
  await plane.until(() => seen.length === 2);
  expect(second.get()?.data).toEqual({ x: '1' });
  first[Symbol.dispose]();
  await plane.cluster().patch(ConfigMap, key, { data: { x: '2' } });
  await plane.until(() => seen.length === 3);
  expect(seen).toEqual(['a', 'b', 'b']);
  second[Symbol.dispose]();
  await plane.cluster().patch(ConfigMap, key, { data: { x: '3' } });
  await plane.clock.advance(1000);
  expect([seen.length, watches.length]).toEqual([3, 1]);
});

it('what says that it is immutable is read once', async () => {
  await make({ x: '1' }, { immutable: true });
  let changes = 0;
  const followed = objects.follow(ConfigMap, key, () => void changes++);
  await plane.until(() => followed.known.then(() => true));
  await plane.cluster().delete(ConfigMap, key);
  await make({ x: '2' });
  await plane.clock.advance(5000);
  expect([followed.get()?.data, changes, watches]).toEqual([{ x: '1' }, 1, []]);
});
