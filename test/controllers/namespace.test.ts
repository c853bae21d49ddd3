import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigMap, CustomResourceDefinition, Deployment, Namespace, Pod, Secret, ServiceAccount } from '../../src/api/kinds.generated.ts';
import type { Kind } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import { clone } from '../../src/base/json.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
const shop = { namespace: '', name: 'shop' };

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
  await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {} });
});
afterEach(() => cluster.stop());

const gone = async () => {
  try {
    await admin.get(Namespace, shop);
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
};
const map = (name: string, finalizers?: string[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', ...(finalizers === undefined ? {} : { finalizers }) },
});

describe('a namespace that is deleted', () => {
  it('goes with all that is in it', async () => {
    const web = deploymentOf('web', { script: { stop: '3s' } });
    web.metadata.namespace = 'shop';
    await admin.create(Deployment, web);
    await admin.create(ConfigMap, map('a'));
    await admin.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' } });
    await cluster.settle();
    await admin.delete(Namespace, shop);
    expect((await admin.get(Namespace, shop)).status?.phase).toBe('Terminating');
    await cluster.settle();
    expect(await gone()).toBe(true);
    for (const kind of [Deployment, Pod, ConfigMap, Secret, ServiceAccount] as readonly Kind[]) {
      expect((await admin.list(kind, { namespace: 'shop' })).items).toEqual([]);
    }
  });

  it('that is empty goes at once', async () => {
    await cluster.settle();
    const before = cluster.clock.now();
    await admin.delete(Namespace, shop);
    await cluster.until(gone);
    expect(cluster.clock.now() - before).toBeLessThan(1_000);
  });

  it('takes objects of custom kinds along', async () => {
    const Shelf: Kind = { group: 'demo.example', version: 'v1', kind: 'Shelf', plural: 'shelves', namespaced: true };
    await admin.create(CustomResourceDefinition, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'shelves.demo.example' },
      spec: {
        group: 'demo.example',
        scope: 'Namespaced',
        names: { kind: 'Shelf', plural: 'shelves', singular: 'shelf', listKind: 'ShelfList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await cluster.settle();
    await admin.create(Shelf, { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's', namespace: 'shop' } });
    await admin.delete(Namespace, shop);
    await cluster.settle();
    expect(await gone()).toBe(true);
    expect((await admin.list(Shelf)).items).toEqual([]);
  });

  it('says what is left and which finalizers hold it', async () => {
    await admin.create(ConfigMap, map('held', ['example.com/hold']));
    await cluster.settle();
    await admin.delete(Namespace, shop);
    await cluster.clock.advance(5_000);
    const conditions = (await admin.get(Namespace, shop)).status?.conditions ?? [];
    expect(conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message }))).toEqual([
      {
        type: 'NamespaceDeletionDiscoveryFailure',
        status: 'False',
        reason: 'ResourcesDiscovered',
        message: 'All resources successfully discovered',
      },
      {
        type: 'NamespaceDeletionGroupVersionParsingFailure',
        status: 'False',
        reason: 'ParsedGroupVersions',
        message: 'All legacy kube types successfully parsed',
      },
      {
        type: 'NamespaceDeletionContentFailure',
        status: 'False',
        reason: 'ContentDeleted',
        message: 'All content successfully deleted, may be waiting on finalization',
      },
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: 'Some resources are remaining: configmaps. has 1 resource instances',
      },
      {
        type: 'NamespaceFinalizersRemaining',
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      },
    ]);
    const held = clone(await admin.get(ConfigMap, { namespace: 'shop', name: 'held' }));
    delete held.metadata.finalizers;
    await admin.update(ConfigMap, held);
    await cluster.settle();
    expect(await gone()).toBe(true);
  });

  it('stays while another finalizer is on it, and its content goes', async () => {
    const object = clone(await admin.get(Namespace, shop));
    object.spec.finalizers = ['kubernetes', 'example.com/hold'];
    await admin.update(Namespace, object, { subresource: 'finalize' });
    await admin.create(ConfigMap, map('a'));
    await cluster.settle();
    await admin.delete(Namespace, shop);
    await cluster.settle();
    expect((await admin.get(Namespace, shop)).spec.finalizers).toEqual(['example.com/hold']);
    expect((await admin.list(ConfigMap, { namespace: 'shop' })).items).toEqual([]);
  });
});

describe('service accounts', () => {
  const accounts = async () => (await admin.list(ServiceAccount, { namespace: 'shop' })).items.map((each) => each.metadata.name);

  it('there is `default` in every namespace, and it comes back', async () => {
    await cluster.settle();
    expect(await accounts()).toEqual(['default']);
    await admin.delete(ServiceAccount, { namespace: 'shop', name: 'default' });
    await cluster.settle();
    expect(await accounts()).toEqual(['default']);
  });
});

describe('the certificate of the cluster', () => {
  it('is published to every namespace, and repaired', async () => {
    await admin.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt', namespace: 'kube-system' },
      data: { 'ca.crt': 'certificate' },
    });
    await cluster.settle();
    const key = { namespace: 'shop', name: 'kube-root-ca.crt' };
    const published = clone(await admin.get(ConfigMap, key));
    expect(published.data).toEqual({ 'ca.crt': 'certificate' });
    await admin.update(ConfigMap, { ...published, data: { 'ca.crt': 'other' } });
    await cluster.settle();
    expect((await admin.get(ConfigMap, key)).data).toEqual({ 'ca.crt': 'certificate' });
  });
});
