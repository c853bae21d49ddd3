import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigMap, Event, Secret, ServiceAccount } from '../../src/api/kinds.generated.ts';
import { keyText, type KubeObject } from '../../src/api/object.ts';
import { controllerReference } from '../../src/api/owner.ts';
import { applyConflict, notFound, staleVersion } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { ReconcileError, type Controller, type Reconcile } from '../../src/reconcile/controller.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let api: Connection;
let seen: string[];
beforeEach(async () => {
  seen = [];
  cluster = await startCluster({ controllers: [], scheduler: false, nodes: 0 });
  api = cluster.cluster();
});
afterEach(() => cluster.stop());

const user = { name: 'steersman', groups: [] };
const maps = { group: '', plural: 'configmaps' };
/** A controller of ConfigMaps in `default` that remembers what it is told. */
function run(more: Partial<Controller> = {}, reconcile?: Reconcile): void {
  cluster.run(
    {
      name: 'test',
      reconciles: ConfigMap,
      start: () => async (key, signal) => {
        if (key.namespace !== 'default') return;
        seen.push(keyText(key));
        return reconcile?.(key, signal);
      },
      ...more,
    },
    user,
  );
}
const named = (name: string) => ({ namespace: 'default', name });
const map = (name: string): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: named(name) });
const secret = (name: string, more: Partial<KubeObject['metadata']> = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...named(name), ...more },
});
async function events(): Promise<unknown[]> {
  const list = await api.list(Event, { namespace: 'default' });
  return list.items.map(({ type, reason, message, count, source, involvedObject }) => ({
    type,
    reason,
    message,
    count,
    component: source?.component,
    about: `${involvedObject.kind} ${involvedObject.name}`,
  }));
}

describe('what is queued', () => {
  test('at the start everything that is there, then what changes, also what goes', async () => {
    await api.create(ConfigMap, map('a'));
    await api.create(ConfigMap, map('b'));
    run();
    await cluster.settle();
    expect(seen).toEqual(['default/a', 'default/b']);
    await api.patch(ConfigMap, named('b'), { data: { x: '1' } });
    await cluster.settle();
    await api.delete(ConfigMap, named('a'));
    await cluster.settle();
    expect(seen.slice(2)).toEqual(['default/b', 'default/a']);
  });

  test('the controller of an owned object, by kind and uid, before and after a change of hands', async () => {
    const a = await api.create(ConfigMap, map('a'));
    const b = await api.create(ConfigMap, map('b'));
    run({ owns: [Secret] });
    await cluster.settle();
    seen.length = 0;
    await api.create(Secret, secret('s', { ownerReferences: [controllerReference(ConfigMap, a)] }));
    await cluster.settle();
    expect(seen).toEqual(['default/a']);
    await api.patch(Secret, named('s'), { metadata: { ownerReferences: [controllerReference(ConfigMap, b)] } });
    await cluster.settle();
    expect(seen).toEqual(['default/a', 'default/a', 'default/b']);
    seen.length = 0;
    await api.create(Secret, secret('stranger', { ownerReferences: [{ ...controllerReference(ConfigMap, a), uid: 'another' }] }));
    await api.create(Secret, secret('other', { ownerReferences: [{ ...controllerReference(ConfigMap, a), kind: 'Deployment' }] }));
    await cluster.settle();
    expect(seen).toEqual([]);
  });

  test('what a watch names for an object, before and after', async () => {
    const keysFor = (object: KubeObject) => [named(object.metadata.labels?.['for'] ?? 'none')];
    run({ watches: [{ kind: ServiceAccount, keysFor }] });
    await cluster.settle();
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...named('sa'), labels: { for: 'x' } } };
    await api.create(ServiceAccount, account);
    await cluster.settle();
    await api.patch(ServiceAccount, named('sa'), { metadata: { labels: { for: 'y' } } });
    await cluster.settle();
    expect(seen).toEqual(['default/x', 'default/x', 'default/y']);
  });

  test('what the controller asks for itself', async () => {
    run({
      start: (context) => {
        context.enqueue(named('self'), 500);
        return (key) => {
          if (key.namespace === 'default') seen.push(`${keyText(key)} at ${context.clock.now() - begun}`);
          return Promise.resolve();
        };
      },
    });
    const begun = cluster.clock.now();
    await cluster.settle();
    expect(seen).toEqual(['default/self at 500']);
  });
});

describe('a reconcile that throws', () => {
  test('a ReconcileError becomes a Warning event, and is tried again with back-off', async () => {
    let failures = 3;
    run({}, () => {
      if (failures-- > 0) throw new ReconcileError('NoLuck', 'the dice fell badly');
      return Promise.resolve();
    });
    await api.create(ConfigMap, map('a'));
    await cluster.settle();
    expect(seen).toEqual(Array(4).fill('default/a'));
    expect(await events()).toEqual([
      { type: 'Warning', reason: 'NoLuck', message: 'the dice fell badly', count: 3, component: 'steersman', about: 'ConfigMap a' },
    ]);
  });

  test('one that cannot be helped waits for a change', async () => {
    run({}, () => {
      throw new ReconcileError('Broken', 'nothing helps', { retry: false });
    });
    await api.create(ConfigMap, map('a'));
    await cluster.clock.advance(3600_000);
    expect(seen).toEqual(['default/a']);
    await api.patch(ConfigMap, named('a'), { data: { x: '1' } });
    await cluster.settle();
    expect(seen).toEqual(['default/a', 'default/a']);
  });

  test.each([
    { what: 'a stale write', error: () => staleVersion(maps, 'a'), loud: false },
    { what: 'something that has gone', error: () => notFound(maps, 'a'), loud: false },
    { what: 'a conflict between field managers', error: () => applyConflict([{ manager: 'm', field: '.data' }]), loud: true },
    { what: 'anything else', error: () => new Error('a bug'), loud: true },
  ])('$what is tried again, and logged: $loud', async ({ error, loud }) => {
    let failures = 1;
    run({}, () => {
      if (failures-- > 0) throw error();
      return Promise.resolve();
    });
    await api.create(ConfigMap, map('a'));
    await cluster.settle();
    expect(seen).toEqual(['default/a', 'default/a']);
    expect(cluster.troubles.map((line) => line.level)).toEqual(loud ? ['error'] : []);
    expect(await events()).toEqual([]);
  });

  test('because of the end is no failure', async () => {
    run({}, async (_key, signal) => {
      await cluster.clock.sleep(1_000_000, { signal });
    });
    await api.create(ConfigMap, map('a'));
    await cluster.clock.advance(10);
    await cluster.stop();
    expect(cluster.troubles).toEqual([]);
  });
});
