import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { deployment, pod, untilComplete } from './workloads.ts';

const plane = conformance({ nodes: 2 });
const namespaces = (): Resource => plane.admin.resource('v1', 'namespaces');
const make = (name: string, metadata: Fields = {}) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...metadata } });
const of = (groupVersion: string, plural: string, namespace: string): Resource => plane.admin.resource(groupVersion, plural, namespace);

describe('architecture/conformance.go', () => {
  it('[sig-architecture] Conformance Tests should have at least two untainted nodes', async () => {
    const { items } = await plane.admin.resource('v1', 'nodes').list();
    const free = items.filter(({ spec }) => {
      const taints = ((spec ?? {}) as { taints?: { effect: string }[] }).taints ?? [];
      return taints.every(({ effect }) => effect === 'PreferNoSchedule');
    });
    expect(free.length).toBeGreaterThanOrEqual(2);
  });
});

describe('apimachinery/namespace.go', () => {
  it('[sig-api-machinery] Namespaces should ensure that all pods are removed when a namespace is deleted', async () => {
    const name = await plane.namespace();
    const pods = of('v1', 'pods', name);
    await pods.create(pod('test-pod'));
    await plane.until(async () => fieldsOf(await pods.get('test-pod'), 'status')['phase'] === 'Running');
    await namespaces().delete(name);
    expect((await namespaces().get(name)).metadata.deletionTimestamp).toBeDefined();
    await plane.until(async () => !(await namespaces().names()).includes(name));
    await namespaces().create(make(name));
    expect(await pods.names()).toEqual([]);
  });

  it('[sig-api-machinery] Namespaces should ensure that all services are removed when a namespace is deleted', async () => {
    const name = await plane.namespace();
    const services = of('v1', 'services', name);
    await services.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'test-service' },
      spec: { selector: { foo: 'bar' }, ports: [{ port: 80 }] },
    });
    await namespaces().delete(name);
    await plane.until(async () => !(await namespaces().names()).includes(name));
    await namespaces().create(make(name));
    expect(await services.names()).toEqual([]);
  });

  it('[sig-api-machinery] Namespaces should patch a Namespace', async () => {
    await namespaces().create(make('patched'));
    await namespaces().patch('patched', { metadata: { labels: { testLabel: 'testValue' } } }, { type: 'strategic' });
    expect((await namespaces().get('patched')).metadata.labels).toEqual({
      testLabel: 'testValue',
      'kubernetes.io/metadata.name': 'patched',
    });
  });

  it('[sig-api-machinery] Namespaces should apply changes to a namespace status', async () => {
    await namespaces().create(make('statused'));
    const before = await namespaces().get('statused', 'status');
    expect(before.status).toEqual({ phase: 'Active' });
    const patch = {
      metadata: { annotations: { 'e2e-patched-ns-status': 'statused' } },
      status: { conditions: [{ type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched by an e2e test' }] },
    };
    const patched = await namespaces().patch('statused', patch, { subresource: 'status' });
    expect(patched).toMatchObject({ ...patch, metadata: { uid: before.metadata.uid ?? '', annotations: patch.metadata.annotations } });
    const update = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Updated by an e2e test' }];
    const live = await namespaces().get('statused', 'status');
    const updated = await namespaces().update({ ...live, status: { ...fieldsOf(live, 'status'), conditions: update } }, 'status');
    expect(updated.status).toEqual({ phase: 'Active', conditions: update });
    expect(await namespaces().get('statused')).toMatchObject({ metadata: { uid: before.metadata.uid }, status: updated.status as object });
  });

  it('[sig-api-machinery] Namespaces should apply an update to a Namespace', async () => {
    await namespaces().create(make('updated'));
    const updated = await namespaces().update(withMetadata(await namespaces().get('updated'), { labels: { updated: 'yes' } }));
    expect(updated.metadata.labels).toMatchObject({ updated: 'yes' });
    expect((await namespaces().get('updated')).metadata.labels).toMatchObject({ updated: 'yes' });
  });

  it('[sig-api-machinery] Namespaces should apply a finalizer to a Namespace', async () => {
    const fake = 'e2e.example.com/fakeFinalizer';
    await namespaces().create(make('finalized'));
    const live = await namespaces().get('finalized');
    const { finalizers } = live.spec as { finalizers: string[] };
    const finalize = (list: readonly string[], from: Live) =>
      plane.admin.ok('PUT', '/api/v1/namespaces/finalized/finalize', {
        body: { ...from, spec: { ...fieldsOf(from, 'spec'), finalizers: list } },
      });
    expect((await finalize([...finalizers, fake], live)).spec).toEqual({ finalizers: ['kubernetes', fake] });
    const marked = await namespaces().get('finalized');
    expect(marked.spec).toEqual({ finalizers: ['kubernetes', fake] });
    expect((await finalize(['kubernetes'], marked)).spec).toEqual({ finalizers: ['kubernetes'] });
    expect((await namespaces().get('finalized')).spec).toEqual({ finalizers: ['kubernetes'] });
  });

  it('[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first', async () => {
    const name = await plane.namespace();
    const [pods, maps] = [of('v1', 'pods', name), of('v1', 'configmaps', name)];
    await pods.create(withMetadata(pod('held'), { finalizers: ['e2e.example.com/finalizer'] }));
    await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'waiting' } });
    await namespaces().delete(name);
    const type = 'NamespaceDeletionContentFailure';
    await plane.until(async () =>
      ((fieldsOf(await namespaces().get(name), 'status')['conditions'] ?? []) as Fields[]).some((each) => each['type'] === type),
    );
    await plane.cluster.clock.advance(10_000);
    expect((await pods.get('held')).metadata.deletionTimestamp).toBeDefined();
    expect((await maps.get('waiting')).metadata.deletionTimestamp).toBeUndefined();
    await pods.patch('held', { metadata: { finalizers: null } });
    await plane.until(async () => !(await namespaces().names()).includes(name));
    expect(await refused(maps.get('waiting'))).toMatchObject({ reason: 'NotFound' });
  });
});

describe('apimachinery/garbage_collector.go', () => {
  async function rolledOut() {
    const name = await plane.namespace();
    const at = { deployments: of('apps/v1', 'deployments', name), sets: of('apps/v1', 'replicasets', name), pods: of('v1', 'pods', name) };
    await at.deployments.create(deployment('simpletest', 2));
    await untilComplete(plane, at.deployments, 'simpletest');
    expect((await at.sets.list()).items).toMatchObject([{ metadata: { ownerReferences: [{ kind: 'Deployment', name: 'simpletest' }] } }]);
    return at;
  }

  it('[sig-api-machinery] Garbage collector should delete RS created by deployment when not orphaning', async () => {
    const { deployments, sets, pods } = await rolledOut();
    await deployments.delete('simpletest', { propagationPolicy: 'Background' });
    expect(await refused(deployments.get('simpletest'))).toMatchObject({ reason: 'NotFound' });
    await plane.until(async () => (await sets.names()).length === 0 && (await pods.names()).length === 0);
  });

  it('[sig-api-machinery] Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan', async () => {
    const { deployments, sets, pods } = await rolledOut();
    await deployments.delete('simpletest', { propagationPolicy: 'Orphan' });
    await plane.until(async () => (await deployments.names()).length === 0);
    await plane.cluster.clock.advance(30_000);
    const { items } = await sets.list();
    expect(items.map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined]);
    expect(await pods.names()).toHaveLength(2);
  });

  it('[sig-api-machinery] Garbage collector should not be blocked by dependency circle', async () => {
    const pods = of('v1', 'pods', await plane.namespace());
    const made = [];
    for (const name of ['pod1', 'pod2', 'pod3']) made.push(await pods.create(pod(name)));
    const owned = (name: string, by: Live | undefined) => {
      const owner = {
        apiVersion: 'v1',
        kind: 'Pod',
        name: by?.metadata.name,
        uid: by?.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      };
      return pods.patch(name, { metadata: { ownerReferences: [owner] } });
    };
    await owned('pod1', made[2]);
    await owned('pod2', made[0]);
    await owned('pod3', made[1]);
    await pods.delete('pod1', { propagationPolicy: 'Foreground' });
    await plane.until(async () => (await pods.names()).length === 0);
  });
});
