import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Event, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { controllerUser } from '../../src/controlplane/identities.ts';
import { controllers, localPathProvisioner, memoryVolumeFolders } from '../../src/controllers/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { claimOf, volumeOf } from './volumes.ts';
import { edit, eventsOf, namespace, podOf } from './workloads.ts';

const binder = controllers.filter(({ name }) => name !== 'persistentvolume-binder');
const root = '/volumes';
const selected = 'volume.kubernetes.io/selected-node';

let cluster: TestCluster;
let admin: Connection;
let folders: ReturnType<typeof memoryVolumeFolders>;
beforeEach(async () => {
  // The binder brings a provisioner along; here it is ours, with folders that can be looked at.
  cluster = await startCluster({ scheduler: false, controllers: binder, admission: { enable: ['StorageObjectInUseProtection'] } });
  admin = cluster.cluster();
  folders = memoryVolumeFolders(root);
  for (const controller of [...controllers.filter((one) => !binder.includes(one)), localPathProvisioner(folders)]) {
    cluster.run(controller, controllerUser(controller.identity ?? ''));
  }
  await cluster.settle();
});
afterEach(() => cluster.stop());

const claim = (name: string) => admin.get(PersistentVolumeClaim, { namespace, name });
/** What the scheduler does when the first pod comes. */
const choose = (name: string, node = 'node-1') =>
  edit(
    admin,
    PersistentVolumeClaim,
    name,
    (object) => void (object.metadata.annotations = { ...object.metadata.annotations, [selected]: node }),
  );

it('the class local-path is there from the start, and is the default one', async () => {
  const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = await admin.get(StorageClass, {
    namespace: '',
    name: 'local-path',
  });
  expect({ annotations: metadata.annotations, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }).toEqual({
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    provisioner: 'steersman.dev/local-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  });
});

describe('a claim that names no class', () => {
  it('gets a folder on the node of its first pod, which goes with it', async () => {
    await admin.create(PersistentVolumeClaim, claimOf('data', { storage: '2Gi' }));
    await cluster.settle();
    expect([(await claim('data')).status?.phase, folders.names()]).toEqual(['Pending', []]);
    await choose('data');
    const before = cluster.clock.now();
    await cluster.until(async () => (await claim('data')).status?.phase === 'Bound');
    expect(cluster.clock.now() - before).toBeLessThan(1000);
    await cluster.settle();
    const bound = await claim('data');
    const name = `pvc-${bound.metadata.uid ?? ''}`;
    expect(bound.spec.volumeName).toBe(name);
    expect(folders.names()).toEqual([name]);
    const { metadata, spec, status } = await admin.get(PersistentVolume, { namespace: '', name });
    expect({ annotations: metadata.annotations, finalizers: metadata.finalizers, phase: status?.phase }).toEqual({
      annotations: { 'pv.kubernetes.io/provisioned-by': 'steersman.dev/local-path' },
      finalizers: ['external-provisioner.volume.kubernetes.io/finalizer', 'kubernetes.io/pv-protection'],
      phase: 'Bound',
    });
    expect({ ...spec, claimRef: spec.claimRef?.uid }).toEqual({
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
      claimRef: bound.metadata.uid,
      local: { path: `${root}/${name}` },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] }] },
      },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'local-path',
      volumeMode: 'Filesystem',
    });
    expect((await eventsOf(admin, 'PersistentVolumeClaim', 'data')).map((text) => text.split(':')[0]).sort()).toEqual([
      'ExternalProvisioning',
      'Provisioning',
      'ProvisioningSucceeded',
      'WaitForFirstConsumer',
    ]);
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'data' });
    await cluster.settle();
    expect([(await admin.list(PersistentVolume)).items, folders.names()]).toEqual([[], []]);
  });

  it('gets the default class later where there was none', async () => {
    await admin.delete(StorageClass, { namespace: '', name: 'local-path' });
    await cluster.settle();
    await admin.create(PersistentVolumeClaim, claimOf('data'));
    await cluster.settle();
    expect((await claim('data')).spec.storageClassName).toBeUndefined();
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const metadata = { name: 'mine', annotations };
    await admin.create(StorageClass, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata, provisioner: 'example.com/disk' });
    await cluster.settle();
    expect((await claim('data')).spec.storageClassName).toBe('mine');
  });
});

describe('what a folder cannot give', () => {
  it.each([
    ['a block device', { volumeMode: 'Block' }, 'does not support block volume provisioning'],
    ['a choice by labels', { selector: { matchLabels: { a: 'b' } } }, 'claim Selector is not supported'],
    [
      'a copy',
      { dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } },
      'a folder cannot be filled from PersistentVolumeClaim other',
    ],
  ])('is refused in an event: %s', async (_what, spec, why) => {
    await admin.create(PersistentVolumeClaim, claimOf('data', {}, spec));
    await choose('data');
    await cluster.settle();
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toContain(
      `Warning ProvisioningFailed: failed to provision volume with StorageClass "local-path": ${why}`,
    );
    expect([(await claim('data')).status?.phase, folders.names()]).toEqual(['Pending', []]);
  });

  it('is a place on a node that is gone: the scheduler chooses again', async () => {
    await admin.create(PersistentVolumeClaim, claimOf('data'));
    await choose('data', 'gone');
    await cluster.settle();
    expect((await claim('data')).metadata.annotations?.[selected]).toBeUndefined();
    await choose('data');
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Bound');
  });
});

describe('a bound claim', () => {
  const bound = async () => {
    await admin.create(PersistentVolumeClaim, claimOf('data'));
    await choose('data');
    await cluster.settle();
    return (await claim('data')).spec.volumeName ?? '';
  };

  it('grows when it asks for more', async () => {
    const name = await bound();
    await edit(admin, PersistentVolumeClaim, 'data', (object) => void (object.spec.resources = { requests: { storage: '3Gi' } }));
    await cluster.settle();
    expect((await claim('data')).status).toEqual({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '3Gi' },
      allocatedResources: { storage: '3Gi' },
    });
    expect((await admin.get(PersistentVolume, { namespace: '', name })).spec.capacity).toEqual({ storage: '3Gi' });
    const events = await eventsOf(admin, 'PersistentVolumeClaim', 'data');
    expect(events).toContain(`Resizing: External resizer is resizing volume ${name}`);
    expect(events).toContain('VolumeResizeSuccessful: Resize volume succeeded');
    expect(events).toContain('ExternalExpanding: waiting for an external controller to expand this PVC');
  });

  it('leaves its folder where the volume is to be retained', async () => {
    const name = await bound();
    await edit(admin, PersistentVolume, name, (object) => void (object.spec.persistentVolumeReclaimPolicy = 'Retain'));
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'data' });
    await cluster.settle();
    expect((await admin.get(PersistentVolume, { namespace: '', name })).status?.phase).toBe('Released');
    await admin.delete(PersistentVolume, { namespace: '', name });
    await cluster.settle();
    expect([(await admin.list(PersistentVolume)).items, folders.names()]).toEqual([[], [name]]);
  });

  it('keeps its folder when the volume is deleted before it', async () => {
    const name = await bound();
    await admin.delete(PersistentVolume, { namespace: '', name });
    await cluster.settle();
    expect([(await claim('data')).status?.phase, folders.names()]).toEqual(['Bound', [name]]);
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'data' });
    await cluster.settle();
    expect([(await admin.list(PersistentVolume)).items, folders.names()]).toEqual([[], []]);
  });
});

it('a volume that only says that it was made here never leads to a folder of somebody else', async () => {
  const claimRef = { namespace, name: 'gone', uid: '11111111-1111-4111-8111-111111111111' };
  const annotations = { 'pv.kubernetes.io/provisioned-by': 'steersman.dev/local-path' };
  const spec = { claimRef, persistentVolumeReclaimPolicy: 'Delete' as const };
  const lie = volumeOf('lie', {}, { ...spec, hostPath: { path: '/etc' } });
  const name = 'pvc-22222222-2222-4222-8222-222222222222';
  const other = volumeOf(name, {}, { ...spec, hostPath: { path: '/etc' } });
  for (const one of [lie, other]) await admin.create(PersistentVolume, { ...one, metadata: { ...one.metadata, annotations } });
  await folders.make(name);
  await folders.settle(name);
  await cluster.settle();
  expect(folders.names()).toEqual([name]);
  const events = (await admin.list(Event)).items.filter(({ reason }) => reason === 'VolumeFailedDelete');
  expect(events.map(({ message }) => message).sort()).toEqual([
    'the volume is not one of steersman.dev/local-path: its folder would be /volumes/lie',
    `the volume is not one of steersman.dev/local-path: its folder would be /volumes/${name}`,
  ]);
});

describe('a pod with a claim of its own', () => {
  const withEphemeral = () => {
    const pod = podOf('web', {});
    const volumeClaimTemplate = { metadata: { labels: { a: 'b' } }, spec: claimOf('').spec };
    Object.assign(pod.spec, { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate } }] });
    return pod;
  };

  it('is given it, and takes it along', async () => {
    const { metadata } = await admin.create(Pod, withEphemeral());
    await cluster.settle();
    const made = await claim('web-scratch');
    expect([made.metadata.labels, made.metadata.ownerReferences?.[0]?.uid]).toEqual([{ a: 'b' }, metadata.uid]);
    await choose('web-scratch');
    await cluster.settle();
    expect(folders.names()).toHaveLength(1);
    await admin.delete(Pod, { namespace, name: 'web' });
    await cluster.settle();
    expect([(await admin.list(PersistentVolumeClaim)).items, folders.names()]).toEqual([[], []]);
  });

  it('is told when somebody else has a claim of that name', async () => {
    await admin.create(PersistentVolumeClaim, claimOf('web-scratch'));
    await admin.create(Pod, withEphemeral());
    await cluster.clock.advance(1000);
    expect(await eventsOf(admin, 'Pod', 'web')).toContain(
      'Warning FailedBinding: ephemeral volume scratch: PVC default/web-scratch was not created for pod default/web (pod is not owner)',
    );
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'web-scratch' });
    await cluster.settle();
    expect((await claim('web-scratch')).metadata.ownerReferences).toHaveLength(1);
  });
});

it('what a life that ended has begun is taken away, and what was settled stays', async () => {
  const [begun, kept] = ['pvc-33333333-3333-4333-8333-333333333333', 'pvc-44444444-4444-4444-8444-444444444444'];
  await folders.make(begun);
  await folders.make(kept);
  await folders.settle(kept);
  const again = localPathProvisioner(folders);
  cluster.run(again, controllerUser(again.identity ?? ''));
  await cluster.settle();
  expect(folders.names()).toEqual([kept]);
});
