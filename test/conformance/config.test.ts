import { describe, expect, it } from 'vitest';
import { conformance, refused, withMetadata, type Fields, type Live, type Resource } from './client.ts';

const plane = conformance();
async function of(groupVersion: string, plural: string): Promise<Resource> {
  return plane.admin.resource(groupVersion, plural, await plane.namespace());
}
const make = (kind: string, name: string, more: { labels?: Fields; rest?: Fields } = {}) =>
  ({ apiVersion: 'v1', kind, metadata: { name, labels: more.labels ?? {} }, ...more.rest }) as Live;

describe('common/node/configmap.go', () => {
  it('[sig-node] ConfigMap should fail to create ConfigMap with empty key', async () => {
    const status = await refused(
      (await of('v1', 'configmaps')).create(make('ConfigMap', 'empty-key', { rest: { data: { '': 'value-1' } } })),
    );
    expect(status).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ reason: 'FieldValueInvalid', field: 'data[]' }] } });
  });

  it('[sig-node] ConfigMap should update ConfigMap successfully', async () => {
    const maps = await of('v1', 'configmaps');
    const created = await maps.create(make('ConfigMap', 'updated', { rest: { data: { 'data-1': 'value-1' } } }));
    const data = { 'data-1': 'value-1', 'data-2': 'value-2' };
    expect((await maps.update({ ...created, data })).data).toEqual(data);
    expect((await maps.get('updated')).data).toEqual(data);
  });

  it('[sig-node] ConfigMap should run through a ConfigMap lifecycle', async () => {
    const maps = await of('v1', 'configmaps');
    const labelSelector = 'test-configmap-static=true';
    const watching = await maps.watch((await maps.list()).metadata.resourceVersion, { labelSelector });
    await maps.create(
      make('ConfigMap', 'test-configmap', { labels: { 'test-configmap-static': 'true' }, rest: { data: { valueName: 'value' } } }),
    );
    const patch = { metadata: { labels: { 'test-configmap': 'patched' } }, data: { valueName: 'value1' } };
    await maps.patch('test-configmap', patch, { type: 'strategic' });
    expect(await maps.get('test-configmap')).toMatchObject(patch);
    const found = (await plane.admin.resource('v1', 'configmaps').list({ labelSelector })).items;
    expect(found).toMatchObject([
      { metadata: { name: 'test-configmap', labels: { 'test-configmap-static': 'true' } }, data: { valueName: 'value1' } },
    ]);
    await maps.deleteCollection(labelSelector);
    await plane.until(() => watching.events.length === 3);
    await watching.stop();
    expect(watching.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(await maps.names(labelSelector)).toEqual([]);
  });
});

describe('common/storage', () => {
  /** What stands in `data` can be changed until the object is immutable, its metadata always, and it can be deleted. */
  async function expectImmutable(objects: Resource, kind: string, values: readonly [string, string, string]): Promise<void> {
    const [first, second, third] = values;
    const created = await objects.create(make(kind, 'immutable', { rest: { data: { 'data-1': first } } }));
    const changed = await objects.update({ ...created, data: { 'data-1': second } });
    const immutable = await objects.update({ ...changed, immutable: true });
    const forbidden = (field: string) => ({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ reason: 'FieldValueForbidden', field }] },
    });
    expect(await refused(objects.update({ ...immutable, data: { 'data-1': third } }))).toMatchObject(forbidden('data'));
    expect(await refused(objects.update({ ...immutable, immutable: false }))).toMatchObject(forbidden('immutable'));
    const labelled = await objects.update(withMetadata(await objects.get('immutable'), { labels: { label1: 'value1' } }));
    expect(labelled).toMatchObject({ metadata: { labels: { label1: 'value1' } }, data: { 'data-1': second }, immutable: true });
    await objects.delete('immutable');
    expect(await refused(objects.get('immutable'))).toMatchObject({ reason: 'NotFound' });
  }

  it('[sig-storage] ConfigMap should be immutable if `immutable` field is set', async () => {
    await expectImmutable(await of('v1', 'configmaps'), 'ConfigMap', ['value-1', 'value-2', 'value-3']);
  });

  it('[sig-storage] Secrets should be immutable if `immutable` field is set', async () => {
    await expectImmutable(await of('v1', 'secrets'), 'Secret', ['dmFsdWUtMQ==', 'dmFsdWUtMg==', 'dmFsdWUtMw==']);
  });
});

describe('common/node/secrets.go', () => {
  it('[sig-node] Secrets should fail to create secret due to empty secret key', async () => {
    const status = await refused(
      (await of('v1', 'secrets')).create(make('Secret', 'empty-key', { rest: { data: { '': 'dmFsdWUtMQ==' } } })),
    );
    expect(status).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ reason: 'FieldValueInvalid', field: 'data[]' }] } });
  });

  it('[sig-node] Secrets should patch a secret', async () => {
    const secrets = await of('v1', 'secrets');
    const labels = { testsecret: 'true', 'testsecret-constant': 'true' };
    await secrets.create(make('Secret', 'test-secret', { labels, rest: { data: { key: 'dmFsdWU=' }, type: 'Opaque' } }));
    const everywhere = plane.admin.resource('v1', 'secrets');
    expect(await everywhere.names('testsecret-constant=true')).toEqual(['test-secret']);
    const patch = { metadata: { labels: { testsecret: 'false' } }, data: { key: 'dmFsdWUx' } };
    await secrets.patch('test-secret', patch, { type: 'strategic' });
    expect(await secrets.get('test-secret')).toMatchObject(patch);
    await secrets.deleteCollection('testsecret=false');
    expect(await everywhere.names('testsecret-constant=true')).toEqual([]);
  });
});

describe('common/node/podtemplates.go', () => {
  const template = (name: string, labels: Fields) =>
    make('PodTemplate', name, { labels, rest: { template: { spec: { containers: [{ name: 'nginx', image: 'nginx:1' }] } } } });

  it('[sig-node] PodTemplates should run the lifecycle of PodTemplates', async () => {
    const templates = await of('v1', 'podtemplates');
    await templates.create(template('nginx-pod-template', { 'podtemplate-static': 'true' }));
    const everywhere = plane.admin.resource('v1', 'podtemplates');
    expect(await everywhere.names('podtemplate-static=true')).toEqual(['nginx-pod-template']);
    await templates.patch('nginx-pod-template', { metadata: { labels: { podtemplate: 'patched' } } }, { type: 'strategic' });
    expect((await templates.get('nginx-pod-template')).metadata.labels).toMatchObject({ podtemplate: 'patched' });
    await templates.delete('nginx-pod-template');
    expect(await everywhere.names('podtemplate-static=true')).toEqual([]);
  });

  it('[sig-node] PodTemplates should delete a collection of pod templates', async () => {
    const templates = await of('v1', 'podtemplates');
    for (const name of ['test-1', 'test-2', 'test-3']) await templates.create(template(name, { 'podtemplate-set': 'true' }));
    expect(await templates.names('podtemplate-set=true')).toEqual(['test-1', 'test-2', 'test-3']);
    await templates.deleteCollection('podtemplate-set=true');
    expect(await templates.names('podtemplate-set=true')).toEqual([]);
  });

  it('[sig-node] PodTemplates should replace a pod template', async () => {
    const templates = await of('v1', 'podtemplates');
    await templates.create(template('replaced', {}));
    const updated = await templates.update(withMetadata(await templates.get('replaced'), { annotations: { updated: 'true' } }));
    expect(updated.metadata.annotations).toEqual({ updated: 'true' });
    expect((await templates.get('replaced')).metadata.annotations).toEqual({ updated: 'true' });
  });
});

describe('common/node/lease.go', () => {
  it('[sig-node] Lease lease API should be available', async () => {
    const leases = await of('coordination.k8s.io/v1', 'leases');
    const lease = (name: string, labels: Fields, spec: Fields) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, labels },
      spec,
    });
    const spec = {
      holderIdentity: 'holder',
      leaseDurationSeconds: 30,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:05.000000Z',
      leaseTransitions: 0,
    };
    await leases.create(lease('lease', {}, spec));
    const read = await leases.get('lease');
    expect(read.spec).toEqual(spec);
    const next = {
      ...spec,
      holderIdentity: 'holder2',
      leaseDurationSeconds: 60,
      renewTime: '2026-01-01T00:00:10.000000Z',
      leaseTransitions: 1,
    };
    await leases.update({ ...read, spec: next });
    expect((await leases.get('lease')).spec).toEqual(next);
    await leases.patch('lease', { spec: { holderIdentity: 'holder3', leaseDurationSeconds: 50 } }, { type: 'strategic' });
    expect((await leases.get('lease')).spec).toEqual({ ...next, holderIdentity: 'holder3', leaseDurationSeconds: 50 });
    await leases.create(lease('lease2', { deletecollection: 'true' }, spec));
    expect(await leases.names()).toEqual(['lease', 'lease2']);
    await leases.deleteCollection('deletecollection=true');
    expect(await leases.names()).toEqual(['lease']);
    await leases.delete('lease');
    expect(await refused(leases.get('lease'))).toMatchObject({ code: 404, reason: 'NotFound' });
  });
});

describe('instrumentation/core_events.go', () => {
  const event = (name: string, namespace: string, labels: Fields) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, labels },
    message: 'This is a test event',
    reason: 'Test',
    type: 'Normal',
    count: 1,
    involvedObject: { namespace },
  });

  it('[sig-instrumentation] Events should manage the lifecycle of an event', async () => {
    const namespace = await plane.namespace();
    const events = plane.admin.resource('v1', 'events', namespace);
    const everywhere = plane.admin.resource('v1', 'events');
    await events.create(event('event-test', namespace, { 'testevent-constant': 'true' }));
    expect(await everywhere.names('testevent-constant=true')).toEqual(['event-test']);
    await events.patch('event-test', { message: 'This is a test event - patched' }, { type: 'strategic' });
    const read = await events.get('event-test');
    expect(read).toMatchObject({ message: 'This is a test event - patched' });
    const series = { count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' };
    await events.update({ ...read, series });
    expect(await events.get('event-test')).toMatchObject({ series });
    await events.delete('event-test');
    expect(await everywhere.names('testevent-constant=true')).toEqual([]);
  });

  it('[sig-instrumentation] Events should delete a collection of events', async () => {
    const namespace = await plane.namespace();
    const events = plane.admin.resource('v1', 'events', namespace);
    for (const name of ['test-event-1', 'test-event-2', 'test-event-3'])
      await events.create(event(name, namespace, { 'testevent-set': 'true' }));
    expect(await events.names('testevent-set=true')).toHaveLength(3);
    await events.deleteCollection('testevent-set=true');
    expect(await events.names('testevent-set=true')).toEqual([]);
  });
});

describe('instrumentation/events.go', () => {
  const event = (name: string, namespace: string, labels: Fields) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, labels },
    eventTime: '2026-01-01T00:00:00.000000Z',
    note: `This is ${name}`,
    action: 'Do',
    reason: 'Test',
    type: 'Normal',
    reportingController: 'test-controller',
    reportingInstance: 'test-node',
    regarding: { kind: 'Pod', namespace },
  });

  it('[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed', async () => {
    const namespace = await plane.namespace();
    const events = plane.admin.resource('events.k8s.io/v1', 'events', namespace);
    const core = plane.admin.resource('v1', 'events', namespace);
    await events.create(event('event-test', namespace, { 'testevent-constant': 'true' }));
    expect(await events.names()).toEqual(['event-test']);
    expect(await plane.admin.resource('events.k8s.io/v1', 'events').names('testevent-constant=true')).toEqual(['event-test']);
    expect(await events.get('event-test')).toMatchObject(event('event-test', namespace, {}));
    expect(await core.get('event-test')).toMatchObject({
      apiVersion: 'v1',
      message: 'This is event-test',
      involvedObject: { kind: 'Pod', namespace },
    });
    const series = (count: number) => ({ count, lastObservedTime: '2026-01-01T00:00:01.000000Z' });
    await events.patch('event-test', { series: series(2) }, { type: 'strategic' });
    const read = await events.get('event-test');
    expect(read).toMatchObject({ series: series(2) });
    await events.update({ ...read, series: series(100) });
    expect(await events.get('event-test')).toMatchObject({ note: 'This is event-test', series: series(100) });
    expect(await refused(events.patch('event-test', { note: 'other' }, { type: 'strategic' }))).toMatchObject({ reason: 'Invalid' });
    await events.delete('event-test');
    expect(await events.names()).toEqual([]);
    expect(await core.names()).toEqual([]);
  });

  it('[sig-instrumentation] Events API should delete a collection of events', async () => {
    const namespace = await plane.namespace();
    const events = plane.admin.resource('events.k8s.io/v1', 'events', namespace);
    for (const name of ['test-event-1', 'test-event-2', 'test-event-3'])
      await events.create(event(name, namespace, { 'testevent-set': 'true' }));
    expect(await events.names('testevent-set=true')).toEqual(['test-event-1', 'test-event-2', 'test-event-3']);
    await events.deleteCollection('testevent-set=true');
    expect(await events.names('testevent-set=true')).toEqual([]);
  });
});

describe('storage, objects of the cluster', () => {
  /** Create, read, patch, delete; again, update, and delete by collection. */
  async function expectLifecycle(objects: Resource, first: Live, second: Live): Promise<void> {
    const { name } = first.metadata;
    const { metadata } = await objects.create(first);
    expect((await objects.get(name)).metadata.uid).toBe(metadata.uid);
    expect((await objects.patch(name, { metadata: { labels: { [name]: 'patched' } } })).metadata.labels).toMatchObject({
      [name]: 'patched',
    });
    expect(await objects.names(`${name}=patched`)).toEqual([name]);
    await objects.delete(name);
    await plane.until(async () => !(await objects.names()).includes(name));
    const other = second.metadata.name;
    await objects.create(second);
    const updated = await objects.update(withMetadata(await objects.get(other), { labels: { [other]: 'updated' } }));
    expect(updated.metadata.labels).toMatchObject({ [other]: 'updated' });
    expect(await objects.names(`${other}=updated`)).toEqual([other]);
    await objects.deleteCollection(`${other}=updated`);
    await plane.until(async () => (await objects.names(`${other}=updated`)).length === 0);
  }
  const storage = (kind: string, name: string, rest: Fields) =>
    ({ apiVersion: 'storage.k8s.io/v1', kind, metadata: { name }, ...rest }) as Live;

  it('[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode', async () => {
    const node = (name: string) => storage('CSINode', name, { spec: { drivers: [] } });
    await expectLifecycle(plane.admin.resource('storage.k8s.io/v1', 'csinodes'), node('csinode-a'), node('csinode-b'));
  });

  it('[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass', async () => {
    const storageClass = (name: string) => storage('StorageClass', name, { provisioner: 'e2e-fake-provisioner' });
    await expectLifecycle(plane.admin.resource('storage.k8s.io/v1', 'storageclasses'), storageClass('e2e-a'), storageClass('e2e-b'));
  });

  it('[sig-storage] VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass', async () => {
    const attributes = (name: string) =>
      storage('VolumeAttributesClass', name, { driverName: 'e2e-fake-driver', parameters: { iops: '100' } });
    await expectLifecycle(plane.admin.resource('storage.k8s.io/v1', 'volumeattributesclasses'), attributes('e2e-a'), attributes('e2e-b'));
  });

  const amount = { requests: { storage: '1Gi' } };
  const claim = (name: string, labels: Fields) =>
    make('PersistentVolumeClaim', name, {
      labels,
      rest: { spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: amount } },
    });
  const volume = (name: string, labels: Fields) =>
    make('PersistentVolume', name, {
      labels,
      rest: {
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'none',
          capacity: { storage: '1Gi' },
          csi: { driver: 'e2e-fake-driver', volumeHandle: name },
        },
      },
    });
  /** Again where a controller wrote in between. */
  async function change(
    objects: Resource,
    name: string,
    { next, status }: { next: (live: Live) => Live; status?: 'status' },
  ): Promise<Live> {
    let changed: Live | undefined;
    await plane.until(async () => {
      changed = await objects.update(next(await objects.get(name)), status).catch(() => undefined);
      return changed !== undefined;
    });
    return changed as Live;
  }

  it('[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC', async () => {
    const claims = await of('v1', 'persistentvolumeclaims');
    const volumes = plane.admin.resource('v1', 'persistentvolumes');
    for (const round of ['patched', 'updated']) {
      for (const [objects, object] of [
        [volumes, volume(`pv-${round}`, { 'e2e-pv-pvc': round })],
        [claims, claim(`pvc-${round}`, { 'e2e-pv-pvc': round })],
      ] as const) {
        const { name } = object.metadata;
        const created = await objects.create(object);
        expect(await objects.names(`e2e-pv-pvc=${round}`)).toEqual([name]);
        expect((await objects.get(name)).metadata.uid).toBe(created.metadata.uid);
        if (round === 'patched') await objects.patch(name, { metadata: { labels: { [name]: round } } }, { type: 'strategic' });
        else await change(objects, name, { next: (live) => withMetadata(live, { labels: { [name]: round } }) });
        expect(await objects.names(`${name}=${round}`)).toEqual([name]);
        if (round === 'patched') await objects.delete(name);
        else await objects.deleteCollection(`${name}=${round}`);
        await plane.until(async () => !(await objects.names()).includes(name));
      }
    }
  });

  it('[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status', async () => {
    const claims = await of('v1', 'persistentvolumeclaims');
    const volumes = plane.admin.resource('v1', 'persistentvolumes');
    await volumes.create(volume('pv-status', {}));
    await claims.create(claim('pvc-status', {}));
    expect((await claims.get('pvc-status', 'status')).status).toMatchObject({ phase: 'Pending' });
    expect((await volumes.get('pv-status', 'status')).status).toMatchObject({
      phase: expect.stringMatching(/Pending|Available/) as string,
    });
    const condition = { type: 'StatusPatched', status: 'True', reason: 'E2E patchStatus', message: 'Set by e2e test' };
    const claimed = await claims.patch('pvc-status', { status: { conditions: [condition] } }, { subresource: 'status' });
    expect(claimed.status).toMatchObject({ conditions: [condition] });
    const said = { reason: 'E2E patchStatus', message: 'StatusPatched' };
    const stored = await volumes.patch('pv-status', { status: said }, { subresource: 'status' });
    expect(stored.status).toMatchObject(said);
    const updated = { ...condition, type: 'StatusUpdated', reason: 'E2E updateStatus' };
    const withStatus = (status: object) => (live: Live) => ({ ...live, status: { ...(live.status as object), ...status } });
    await change(claims, 'pvc-status', { next: withStatus({ conditions: [updated] }), status: 'status' });
    expect((await claims.get('pvc-status')).status).toMatchObject({ conditions: [updated] });
    const again = { reason: 'E2E updateStatus', message: 'StatusUpdated' };
    await change(volumes, 'pv-status', { next: withStatus(again), status: 'status' });
    expect((await volumes.get('pv-status')).status).toMatchObject(again);
  });
});
