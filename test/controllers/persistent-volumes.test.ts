import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Event, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, namespace, podOf } from './workloads.ts';
import { claimOf, volumeOf } from './volumes.ts';

let cluster: TestCluster;
let admin: Connection;
beforeEach(async () => {
  cluster = await startCluster({ scheduler: false });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const claim = (name: string) => admin.get(PersistentVolumeClaim, { namespace, name });
const volume = (name: string) => admin.get(PersistentVolume, { namespace: '', name });
const phases = async () => (await admin.list(PersistentVolume)).items.map(({ metadata, status }) => [metadata.name, status?.phase]);

describe('a claim without a class', () => {
  it('is bound to the smallest volume that fits, and both say so', async () => {
    await admin.create(PersistentVolume, volumeOf('small', { storage: '1Gi' }));
    await admin.create(PersistentVolume, volumeOf('large', { storage: '100Gi' }));
    await admin.create(PersistentVolume, volumeOf('right', { storage: '8Gi' }));
    await cluster.settle();
    expect(await phases()).toEqual([
      ['large', 'Available'],
      ['right', 'Available'],
      ['small', 'Available'],
    ]);
    const { metadata } = await admin.create(PersistentVolumeClaim, claimOf('data', { storage: '5Gi', storageClassName: '' }));
    await cluster.settle();
    const bound = await claim('data');
    expect({ annotations: bound.metadata.annotations, volume: bound.spec.volumeName, status: bound.status }).toEqual({
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      volume: 'right',
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '8Gi' } },
    });
    const taken = await volume('right');
    expect({ annotations: taken.metadata.annotations, claimRef: taken.spec.claimRef, phase: taken.status?.phase }).toEqual({
      annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: 'data',
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
      },
      phase: 'Bound',
    });
  });

  it('waits for one, and takes it when it comes', async () => {
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    expect((await claim('data')).status).toEqual({ phase: 'Pending' });
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toEqual([
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ]);
    await admin.create(PersistentVolume, volumeOf('late', {}));
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Bound');
  });

  it('passes over volumes of the wrong mode, access, class, label or attributes', async () => {
    const wrong: Partial<PersistentVolume['spec']>[] = [
      { volumeMode: 'Block' },
      { accessModes: ['ReadOnlyMany'] },
      { storageClassName: 'other' },
      { capacity: { storage: '1Mi' } },
    ];
    for (const [index, spec] of wrong.entries()) await admin.create(PersistentVolume, volumeOf(`wrong-${index}`, {}, spec));
    await admin.create(PersistentVolume, volumeOf('unlabelled', {}));
    const selector = { matchLabels: { tier: 'db' } };
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }, { selector }));
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Pending');
    await edit(admin, PersistentVolume, 'unlabelled', (object) => void (object.metadata.labels = { tier: 'db' }));
    await cluster.settle();
    expect((await claim('data')).spec.volumeName).toBe('unlabelled');
  });

  it('prefers a volume that gives no more access than it asks for', async () => {
    await admin.create(PersistentVolume, volumeOf('wide', { storage: '1Gi' }, { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }));
    await admin.create(PersistentVolume, volumeOf('narrow', { storage: '2Gi' }));
    await cluster.settle();
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    expect((await claim('data')).spec.volumeName).toBe('narrow');
  });
});

describe('many claims at once', () => {
  it('get one volume each', async () => {
    for (let at = 0; at < 20; at++) await admin.create(PersistentVolume, volumeOf(`pv-${at}`, {}));
    await Promise.all(
      Array.from({ length: 22 }, (_, at) => admin.create(PersistentVolumeClaim, claimOf(`c-${at}`, { storageClassName: '' }))),
    );
    await cluster.settle();
    const claims = (await admin.list(PersistentVolumeClaim)).items;
    const names = claims.flatMap(({ spec }) => spec.volumeName ?? []);
    expect(new Set(names).size).toBe(20);
    expect(claims.filter(({ status }) => status?.phase === 'Pending')).toHaveLength(2);
    for (const { metadata, spec } of (await admin.list(PersistentVolume)).items) {
      const owner = claims.find((one) => one.spec.volumeName === metadata.name);
      expect(spec.claimRef?.uid).toBe(owner?.metadata.uid);
    }
  });
});

describe('a claim that names its volume', () => {
  it('waits for it, is bound to it and to no other', async () => {
    await admin.create(PersistentVolume, volumeOf('other', {}));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }, { volumeName: 'mine' }));
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Pending');
    await admin.create(PersistentVolume, volumeOf('mine', {}));
    await cluster.settle();
    const bound = await claim('data');
    expect([bound.status?.phase, bound.metadata.annotations]).toEqual(['Bound', { 'pv.kubernetes.io/bind-completed': 'yes' }]);
  });

  it('is told why it cannot have it', async () => {
    await admin.create(PersistentVolume, volumeOf('small', { storage: '1Mi' }));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }, { volumeName: 'small' }));
    await cluster.settle();
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toEqual([
      'Warning VolumeMismatch: Cannot bind to requested volume "small": requested PV is too small',
    ]);
    await admin.create(PersistentVolume, volumeOf('taken', {}, { claimRef: { namespace, name: 'somebody' } }));
    await admin.create(PersistentVolumeClaim, claimOf('late', { storageClassName: '' }, { volumeName: 'taken' }));
    await cluster.settle();
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'late')).toEqual([
      'Warning FailedBinding: volume "taken" already bound to a different claim.',
    ]);
  });
});

describe('a volume that is kept for a claim', () => {
  it('is Available until the claim comes, and then its own', async () => {
    await admin.create(PersistentVolume, volumeOf('kept', { storage: '50Gi' }, { claimRef: { namespace, name: 'data' } }));
    await admin.create(PersistentVolume, volumeOf('tight', {}));
    await cluster.settle();
    expect((await volume('kept')).status?.phase).toBe('Available');
    await admin.create(PersistentVolumeClaim, claimOf('other', { storage: '20Gi', storageClassName: '' }));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    expect([(await claim('data')).spec.volumeName, (await claim('other')).spec.volumeName]).toEqual(['kept', undefined]);
    expect((await volume('kept')).metadata.annotations).toBeUndefined();
  });
});

describe('when a claim goes', () => {
  const bind = async (policy: 'Retain' | 'Delete' | 'Recycle') => {
    await admin.create(PersistentVolume, volumeOf('pv', {}, { persistentVolumeReclaimPolicy: policy }));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'data' });
    await cluster.settle();
    return volume('pv');
  };

  it('its volume is Released, and kept until somebody frees it', async () => {
    expect((await bind('Retain')).status?.phase).toBe('Released');
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Pending');
    await edit(admin, PersistentVolume, 'pv', (object) => void delete object.spec.claimRef);
    await cluster.settle();
    expect((await claim('data')).status?.phase).toBe('Bound');
  });

  it.each([
    ['Delete', 'VolumeFailedDelete', 'error getting deleter volume plugin for volume "pv": no deletable volume plugin matched'],
    ['Recycle', 'VolumeFailedRecycle', 'No recycler plugin found for the volume!'],
  ] as const)('a volume of policy %s that nobody can free has Failed', async (policy, reason, message) => {
    expect((await bind(policy)).status).toMatchObject({ phase: 'Failed', message });
    expect((await admin.list(Event, { namespace: 'default' })).items.filter((event) => event.reason === reason)).toHaveLength(1);
  });
});

describe('a bound claim', () => {
  it('is Lost with its volume', async () => {
    await admin.create(PersistentVolume, volumeOf('pv', {}));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    await cluster.settle();
    await admin.delete(PersistentVolume, { namespace: '', name: 'pv' });
    await cluster.settle();
    // It is protected as long as it is bound.
    expect((await volume('pv')).metadata.deletionTimestamp).toBeDefined();
    await edit(admin, PersistentVolume, 'pv', (object) => void (object.metadata.finalizers = []));
    await cluster.settle();
    expect((await claim('data')).status).toEqual({ phase: 'Lost' });
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toEqual([
      'Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    ]);
  });

  it('that is deleted stays until no pod of a node uses it', async () => {
    await admin.create(PersistentVolume, volumeOf('pv', {}));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
    const pod = podOf('user', {});
    Object.assign(pod.spec, { nodeName: 'node-1', volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
    await admin.create(Pod, pod);
    await cluster.settle();
    await admin.delete(PersistentVolumeClaim, { namespace, name: 'data' });
    await cluster.settle();
    const going = await claim('data');
    expect([going.metadata.deletionTimestamp === undefined, going.metadata.finalizers]).toEqual([false, ['kubernetes.io/pvc-protection']]);
    await admin.delete(Pod, { namespace, name: 'user' });
    await cluster.settle();
    expect((await admin.list(PersistentVolumeClaim)).items).toEqual([]);
    expect((await volume('pv')).status?.phase).toBe('Released');
  });
});

describe('a claim whose class waits for the first consumer', () => {
  it('says for which pod it waits', async () => {
    await admin.create(StorageClass, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'manual' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await admin.create(PersistentVolume, volumeOf('pv', {}, { storageClassName: 'manual' }));
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: 'manual' }));
    await cluster.settle();
    const pod = podOf('first', {});
    Object.assign(pod.spec, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
    await admin.create(Pod, pod);
    await cluster.settle();
    expect((await claim('data')).status).toEqual({ phase: 'Pending' });
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toEqual([
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
      'WaitForPodScheduled: waiting for pod first to be scheduled',
    ]);
  });

  it('cannot be served by a class that is not there, until it is', async () => {
    await admin.create(PersistentVolumeClaim, claimOf('data', { storageClassName: 'later' }));
    await cluster.settle();
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toEqual([
      'Warning ProvisioningFailed: storageclass.storage.k8s.io "later" not found',
    ]);
    const metadata = { name: 'later' };
    await admin.create(StorageClass, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata, provisioner: 'example.com/disk' });
    await cluster.settle();
    expect((await claim('data')).metadata.annotations).toEqual({
      'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
      'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
    });
    expect(await eventsOf(admin, 'PersistentVolumeClaim', 'data')).toContain(
      "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    );
  });
});
