import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigMap, CustomResourceDefinition, Deployment, Event, Namespace, Pod, ReplicaSet } from '../../src/api/kinds.generated.ts';
import type { Kind, KubeObject, OwnerReference } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, namespace, podsOf, setsOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const map = (name: string, owners: readonly OwnerReference[] = [], where = namespace): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: where, ...(owners.length === 0 ? {} : { ownerReferences: [...owners] }) },
});
const ownerOf = (object: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid ?? '',
  ...more,
});
const make = (name: string, owners?: readonly OwnerReference[]) => admin.create(ConfigMap, map(name, owners));
const remove = (name: string, propagation?: 'Background' | 'Foreground' | 'Orphan') =>
  admin.delete(ConfigMap, { namespace, name }, propagation === undefined ? {} : { propagation });
const names = async () =>
  (await admin.list(ConfigMap, { namespace })).items.map((each) => each.metadata.name).filter((name) => !name.startsWith('kube-'));
const exists = async (kind: Kind, name: string) => {
  try {
    await admin.get(kind, { namespace: kind.namespaced ? namespace : '', name });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
};

describe('background', () => {
  it('deletes what is owned, and what that owns, after the owner', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    await admin.delete(Deployment, { namespace, name: 'web' }, { propagation: 'Background' });
    expect(await exists(Deployment, 'web')).toBe(false);
    await cluster.settle();
    expect(await setsOf(admin, 'web')).toEqual([]);
    expect(await podsOf(admin, 'web')).toEqual([]);
  });

  it('leaves an object that has another owner, without the reference to the dead one', async () => {
    const [a, b] = [await make('a'), await make('b')];
    await make('both', [ownerOf(a), ownerOf(b)]);
    await cluster.settle();
    await remove('a');
    await cluster.settle();
    expect((await admin.get(ConfigMap, { namespace, name: 'both' })).metadata.ownerReferences).toEqual([ownerOf(b)]);
    await remove('b');
    await cluster.settle();
    expect(await names()).toEqual([]);
  });

  it('deletes an object whose owner never was, and one whose owner is another of that name', async () => {
    const a = await make('a');
    await make('of-nobody', [{ ...ownerOf(a), name: 'nobody', uid: '00000000-0000-4000-8000-000000000001' }]);
    await make('of-former', [{ ...ownerOf(a), uid: '00000000-0000-4000-8000-000000000002' }]);
    await make('of-a', [ownerOf(a)]);
    await cluster.settle();
    expect(await names()).toEqual(['a', 'of-a']);
  });

  it('leaves alone what belongs to a kind that is not served', async () => {
    await make('kept', [{ apiVersion: 'nowhere.example/v1', kind: 'Thing', name: 'x', uid: '00000000-0000-4000-8000-000000000003' }]);
    await cluster.clock.advance(60_000);
    expect(await names()).toEqual(['kept']);
  });

  it('of a long chain deletes it all', async () => {
    let owner = await make('m-0');
    for (let at = 1; at <= 30; at++) owner = await make(`m-${at}`, [ownerOf(owner)]);
    await cluster.settle();
    await remove('m-0');
    await cluster.settle();
    expect(await names()).toEqual([]);
  });
});

describe('foreground', () => {
  it('keeps the owner until the dependents that block it are gone', async () => {
    await admin.create(Deployment, deploymentOf('web', { script: { stop: '5s' } }));
    await cluster.settle();
    await admin.delete(Deployment, { namespace, name: 'web' }, { propagation: 'Foreground' });
    await cluster.clock.advance(2_000);
    expect((await admin.get(Deployment, { namespace, name: 'web' })).metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(await podsOf(admin, 'web')).toHaveLength(3);
    await cluster.settle();
    expect(await podsOf(admin, 'web')).toEqual([]);
    expect(await exists(Deployment, 'web')).toBe(false);
  });

  it('does not wait for dependents that do not block', async () => {
    const a = await make('a');
    const held = map('held', [ownerOf(a, { blockOwnerDeletion: false })]);
    held.metadata.finalizers = ['example.com/held'];
    await admin.create(ConfigMap, held);
    await cluster.settle();
    await remove('a', 'Foreground');
    await cluster.settle();
    expect(await names()).toEqual(['held']);
    await edit(admin, ConfigMap, 'held', (object) => void delete object.metadata.finalizers);
    await cluster.settle();
    expect(await names()).toEqual([]);
  });

  it('of two that own each other ends', async () => {
    const a = await make('a');
    const b = await make('b', [ownerOf(a, { blockOwnerDeletion: true })]);
    await edit(admin, ConfigMap, 'a', (object) => void (object.metadata.ownerReferences = [ownerOf(b, { blockOwnerDeletion: true })]));
    await cluster.settle();
    await remove('a', 'Foreground');
    await cluster.settle();
    expect(await names()).toEqual([]);
  });
});

describe('orphan', () => {
  it('keeps the dependents and takes the reference from them', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    await admin.delete(Deployment, { namespace, name: 'web' }, { propagation: 'Orphan' });
    await cluster.settle();
    expect(await exists(Deployment, 'web')).toBe(false);
    const [set] = await setsOf(admin, 'web');
    expect(set?.metadata.ownerReferences).toBeUndefined();
    expect(await podsOf(admin, 'web')).toHaveLength(3);
  });
});

describe('owners elsewhere', () => {
  it('a namespaced owner in another namespace is none, and an event says so', async () => {
    await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'far' }, spec: {} });
    const owner = await admin.create(ConfigMap, map('owner', [], 'far'));
    await cluster.settle();
    await make('child', [ownerOf(owner)]);
    await cluster.settle();
    expect(await names()).toEqual([]);
    const { items } = await admin.list(Event, { namespace });
    const [event] = items.filter((each) => each.reason === 'OwnerRefInvalidNamespace');
    expect(event?.message).toBe(
      `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "default"`,
    );
  });

  it('a cluster-scoped owner owns in every namespace', async () => {
    const owner = await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'owner' }, spec: {} });
    await make('child', [ownerOf(owner)]);
    await cluster.settle();
    expect(await names()).toEqual(['child']);
    await admin.delete(Namespace, { namespace: '', name: 'owner' });
    await cluster.settle();
    expect(await names()).toEqual([]);
  });
});

describe('custom kinds', () => {
  const Shelf: Kind = { group: 'demo.example', version: 'v1', kind: 'Shelf', plural: 'shelves', namespaced: true };
  const definition: CustomResourceDefinition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'shelves.demo.example' },
    spec: {
      group: 'demo.example',
      scope: 'Namespaced',
      names: { kind: 'Shelf', plural: 'shelves', singular: 'shelf', listKind: 'ShelfList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  };

  it('own and are owned as soon as they are served', async () => {
    await admin.create(CustomResourceDefinition, definition);
    await cluster.settle();
    const shelf = await admin.create(Shelf, { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's', namespace } });
    await make('on-shelf', [ownerOf(shelf)]);
    const a = await make('a');
    await admin.create(Shelf, {
      apiVersion: 'demo.example/v1',
      kind: 'Shelf',
      metadata: { name: 'of-a', namespace, ownerReferences: [ownerOf(a)] },
    });
    await cluster.settle();
    expect(await names()).toEqual(['a', 'on-shelf']);
    await admin.delete(Shelf, { namespace, name: 's' });
    await remove('a');
    await cluster.settle();
    expect(await names()).toEqual([]);
    expect((await admin.list(Shelf)).items).toEqual([]);
    await admin.delete(CustomResourceDefinition, { namespace: '', name: 'shelves.demo.example' });
    await cluster.settle();
    expect(cluster.troubles.filter((line) => line.fields['controller'] === 'garbage-collector')).toEqual([]);
  });
});

it('pods of a ReplicaSet that is deleted alone are deleted once each', async () => {
  await admin.create(Deployment, deploymentOf('web', { replicas: 20 }));
  await cluster.settle();
  const [set] = await setsOf(admin, 'web');
  await admin.delete(Deployment, { namespace, name: 'web' }, { propagation: 'Orphan' });
  await cluster.settle();
  await admin.delete(ReplicaSet, { namespace, name: set?.metadata.name ?? '' });
  await cluster.settle();
  expect((await admin.list(Pod)).items).toEqual([]);
});
