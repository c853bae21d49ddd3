import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigMap, Secret } from '../../src/api/kinds.generated.ts';
import type { OwnerReference } from '../../src/api/object.ts';
import { controllerOf, controllerReference } from '../../src/api/owner.ts';
import type { Connection } from '../../src/client/connect.ts';
import { ReconcileError } from '../../src/reconcile/controller.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../../src/reconcile/finalizers.ts';
import { claimObjects } from '../../src/reconcile/owners.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let api: Connection;
let owner: Readonly<ConfigMap>;
beforeEach(async () => {
  cluster = await startCluster({ controllers: [], scheduler: false, nodes: 0 });
  api = cluster.cluster();
  owner = await api.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', namespace: 'default' } });
});
afterEach(() => cluster.stop());

const named = (name: string) => ({ namespace: 'default', name });
const secret = (name: string, app: string, owners: OwnerReference[] = []): Promise<Readonly<Secret>> =>
  api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...named(name), labels: { app }, ...(owners.length > 0 && { ownerReferences: owners }) },
  });
const claim = (candidates: readonly Readonly<Secret>[], by = owner) =>
  claimObjects(
    { cluster: api, ownerKind: ConfigMap, owner: by, kind: Secret, matches: (object) => object.metadata.labels?.['app'] === 'mine' },
    candidates,
  );
const stranger: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'stranger', uid: 'stranger', controller: true };

test('its own that match are kept, orphans that match adopted, others let be', async () => {
  const own = await secret('own', 'mine', [controllerReference(ConfigMap, owner)]);
  const orphan = await secret('orphan', 'mine');
  const foreign = await secret('foreign', 'mine', [stranger]);
  const unlike = await secret('unlike', 'other');
  const claimed = await claim([own, orphan, foreign, unlike]);
  expect(claimed.map((each) => each.metadata.name)).toEqual(['own', 'orphan']);
  expect(controllerOf(await api.get(Secret, named('orphan')))).toEqual(controllerReference(ConfigMap, owner));
  expect(controllerOf(await api.get(Secret, named('foreign')))?.uid).toBe('stranger');
  expect(controllerOf(await api.get(Secret, named('unlike')))).toBeUndefined();
});

test('its own that no longer match are released, and keep their other owners', async () => {
  const second = { ...stranger, controller: false };
  const lost = await secret('lost', 'other', [second, controllerReference(ConfigMap, owner)]);
  expect(await claim([lost])).toEqual([]);
  expect((await api.get(Secret, named('lost'))).metadata.ownerReferences).toEqual([second]);
});

test('an owner that is being deleted neither adopts nor releases', async () => {
  const lost = await secret('lost', 'other', [controllerReference(ConfigMap, owner)]);
  const orphan = await secret('orphan', 'mine');
  const dying = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  expect(await claim([lost, orphan], dying)).toEqual([]);
  expect(controllerOf(await api.get(Secret, named('lost')))?.uid).toBe(owner.metadata.uid);
});

test('an owner that was replaced, which the cache does not know yet, adopts nothing', async () => {
  const orphan = await secret('orphan', 'mine');
  await api.delete(ConfigMap, named('owner'));
  await api.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: named('owner') });
  await expect(claim([orphan])).rejects.toThrow(ReconcileError);
  expect(controllerOf(await api.get(Secret, named('orphan')))).toBeUndefined();
});

test('an orphan that has gone meanwhile is not claimed', async () => {
  const orphan = await secret('orphan', 'mine');
  await api.delete(Secret, named('orphan'));
  expect(await claim([orphan])).toEqual([]);
});

test('an orphan that somebody else adopted meanwhile is a conflict', async () => {
  const orphan = await secret('orphan', 'mine');
  await api.patch(Secret, named('orphan'), { metadata: { ownerReferences: [stranger] } });
  await expect(claim([orphan])).rejects.toMatchObject({ reason: 'Conflict' });
});

test('a finalizer is added once and holds the object until it is removed', async () => {
  const held = await addFinalizer(api, ConfigMap, owner, 'example.com/hold');
  expect(hasFinalizer(held, 'example.com/hold')).toBe(true);
  expect(await addFinalizer(api, ConfigMap, held, 'example.com/hold')).toBe(held);
  await api.delete(ConfigMap, named('owner'));
  const going = await api.get(ConfigMap, named('owner'));
  expect(going.metadata.deletionTimestamp).toBeDefined();
  await expect(removeFinalizer(api, ConfigMap, held, 'example.com/hold')).rejects.toMatchObject({ reason: 'Conflict' });
  await removeFinalizer(api, ConfigMap, going, 'example.com/hold');
  await expect(api.get(ConfigMap, named('owner'))).rejects.toMatchObject({ reason: 'NotFound' });
});
