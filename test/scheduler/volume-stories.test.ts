import { afterEach, expect, test } from 'vitest';
import { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../src/api/kinds.generated.ts';
import { findCondition } from '../../src/api/condition.ts';
import { controllers } from '../../src/controllers/index.ts';
import { readSchedulerConfiguration } from '../../src/scheduler/configuration.ts';
import type { PodMore } from './builders.ts';
import { claimOf, volumeOf } from '../controllers/volumes.ts';
import { schedulerWorld, type SchedulerWorld } from './world.ts';

let world: SchedulerWorld;
afterEach(() => world.cluster.stop());

const capacity = { cpu: '4', memory: '8Gi', pods: '10' };
const nodes = ['a', 'b'].map((name) => ({ name, capacity }));
const start = async (more: Parameters<typeof schedulerWorld>[0] = {}): Promise<void> => {
  world = await schedulerWorld({ nodes, controllers, ...more });
  await world.cluster.settle();
};
const using = (claimName: string, more: PodMore = {}): PodMore => ({
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  ...more,
});
const onlyOn = (node: string): NonNullable<PersistentVolume['spec']['nodeAffinity']> => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] },
});
const waiting = (name: string, provisioner: string, more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
});
const claim = (name: string) => world.api.get(PersistentVolumeClaim, { namespace: 'default', name });
const message = async (name: string): Promise<string | undefined> =>
  findCondition((await world.read(name)).status?.conditions, 'PodScheduled')?.message;
const helpless = 'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';

test('a claim of the default class waits for its pod, and its volume is made on the node that is chosen', async () => {
  await start();
  await world.api.create(PersistentVolumeClaim, claimOf('data'));
  await world.cluster.settle();
  expect((await claim('data')).status?.phase).toBe('Pending');
  await world.make('web', using('data', { nodeSelector: { 'kubernetes.io/hostname': 'b' } }));
  await world.cluster.settle();
  const bound = await claim('data');
  expect([await world.nodeOf('web'), bound.metadata.annotations?.['volume.kubernetes.io/selected-node'], bound.status?.phase]).toEqual([
    'b',
    'b',
    'Bound',
  ]);
  // Its volume is on that node, so the next pod that uses it goes there too.
  await world.make('next', using('data'));
  await world.cluster.settle();
  expect(await world.nodeOf('next')).toBe('b');
});

test('a pod goes to the node that can reach a free volume, which is kept for its claim', async () => {
  await start();
  await world.api.create(StorageClass, waiting('local', 'kubernetes.io/no-provisioner'));
  await world.api.create(PersistentVolume, volumeOf('disk-b', {}, { storageClassName: 'local', nodeAffinity: onlyOn('b') }));
  await world.api.create(PersistentVolumeClaim, claimOf('data', { storageClassName: 'local' }));
  await world.cluster.settle();
  await world.make('web', using('data'));
  await world.cluster.settle();
  const { spec } = await world.api.get(PersistentVolume, { namespace: '', name: 'disk-b' });
  expect([await world.nodeOf('web'), (await claim('data')).spec.volumeName, spec.claimRef?.name]).toEqual(['b', 'disk-b', 'data']);
});

test('two pods never get one volume, and the second says what it lacks until another comes', async () => {
  await start();
  await world.api.create(StorageClass, waiting('local', 'kubernetes.io/no-provisioner'));
  await world.api.create(PersistentVolume, volumeOf('one', {}, { storageClassName: 'local', nodeAffinity: onlyOn('a') }));
  for (const name of ['d1', 'd2']) await world.api.create(PersistentVolumeClaim, claimOf(name, { storageClassName: 'local' }));
  await world.cluster.settle();
  await Promise.all(['d1', 'd2'].map((name) => world.make(`uses-${name}`, using(name))));
  await world.cluster.settle();
  const late = (await world.nodeOf('uses-d1')) === undefined ? 'uses-d1' : 'uses-d2';
  expect(Object.values(await world.places()).sort()).toEqual(['a', undefined]);
  expect(await message(late)).toBe(`0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. ${helpless}`);
  await world.api.create(PersistentVolume, volumeOf('two', {}, { storageClassName: 'local', nodeAffinity: onlyOn('b') }));
  await world.cluster.settle();
  expect(await world.nodeOf(late)).toBe('b');
});

test('a bound volume out of reach says so', async () => {
  await start();
  await world.api.create(PersistentVolume, volumeOf('disk', {}, { nodeAffinity: onlyOn('gone') }));
  await world.api.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
  await world.cluster.settle();
  await world.make('web', using('data'));
  await world.cluster.settle();
  expect(await message('web')).toBe(`0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. ${helpless}`);
});

test('a claim that others bind is waited for, and wakes its pod', async () => {
  await start();
  await world.api.create(PersistentVolumeClaim, claimOf('data', { storageClassName: '' }));
  await world.make('web', using('data'));
  await world.cluster.settle();
  expect(await message('web')).toBe(`0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. ${helpless}`);
  await world.api.create(PersistentVolume, volumeOf('disk', {}));
  await world.cluster.settle();
  expect(await world.nodeOf('web')).toMatch(/^[ab]$/);
});

test('only nodes of the allowed topologies come into question', async () => {
  await start();
  const allowedTopologies = [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: ['a'] }] }];
  await world.api.create(StorageClass, waiting('only-a', 'rancher.io/local-path', { allowedTopologies }));
  await world.api.create(PersistentVolumeClaim, claimOf('data', { storageClassName: 'only-a' }));
  await world.make('web', using('data'));
  await world.make('other', using('data', { nodeSelector: { 'kubernetes.io/hostname': 'b' } }));
  await world.cluster.until(async () => (await claim('data')).metadata.annotations?.['volume.kubernetes.io/selected-node'] === 'a');
  await world.cluster.clock.advance(1000);
  expect(await world.nodeOf('other')).toBeUndefined();
});

test('a volume that nobody makes is waited for as long as the profile says, and then the pod is tried anew', async () => {
  const schedulerConfiguration = readSchedulerConfiguration(
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- pluginConfig:
  - name: VolumeBinding
    args: {bindTimeoutSeconds: 30}
`,
    'scheduler.yaml',
  );
  await start({ schedulerConfiguration });
  await world.api.create(StorageClass, waiting('slow', 'example.com/nobody'));
  await world.api.create(PersistentVolumeClaim, claimOf('data', { storageClassName: 'slow' }));
  await world.make('web', using('data'));
  await world.make('plain');
  await world.cluster.until(async () => (await message('web'))?.includes('deadline') === true);
  expect(await message('web')).toBe('running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded');
  // Nobody else waits meanwhile.
  expect((await world.api.get(Pod, { namespace: 'default', name: 'plain' })).spec.nodeName).toMatch(/^[ab]$/);
});

test('a claim that is given back, or is gone, is told in the words of kube-scheduler', async () => {
  await start();
  await world.api.create(StorageClass, waiting('slow', 'example.com/nobody'));
  const chosen = 'volume.kubernetes.io/selected-node';
  for (const name of ['given-back', 'lost']) {
    await world.api.create(PersistentVolumeClaim, claimOf(name, { storageClassName: 'slow' }));
    await world.make(`with-${name}`, using(name));
    await world.cluster.until(async () => (await claim(name)).metadata.annotations?.[chosen] !== undefined);
  }
  await world.cluster.clock.advance(1000);
  const given = { namespace: 'default', name: 'given-back' };
  await world.api.patch(PersistentVolumeClaim, given, { metadata: { annotations: { [chosen]: null } } });
  // Somebody takes its protection away.
  const lost = { namespace: 'default', name: 'lost' };
  await world.api.patch(PersistentVolumeClaim, lost, { metadata: { finalizers: null } });
  await world.api.delete(PersistentVolumeClaim, lost, {});
  await world.cluster.clock.advance(100);
  const bound = async (name: string) => (await world.events(name)).map(([, text]) => text).find((text) => text?.includes('PreBind'));
  const prefix = 'running PreBind plugin "VolumeBinding": binding volumes: ';
  expect(await bound('with-given-back')).toBe(`${prefix}provisioning failed for PVC "given-back"`);
  expect(await bound('with-lost')).toBe(
    `${prefix}failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "default/lost"`,
  );
});
