import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet, type StatefulSetSpec } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, namespace, podOf, podsOf, recordMoments, statefulSetOf, type WorkloadOptions } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: 3 });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const get = () => admin.get(StatefulSet, { namespace, name: 'web' });
const change = (edits: (spec: StatefulSetSpec) => void) => edit(admin, StatefulSet, 'web', (set) => edits(set.spec as StatefulSetSpec));
const setImage = (image: string) => change((spec) => void (spec.template.spec!.containers[0]!.image = image));
const names = async () => (await podsOf(admin, 'web')).map((pod) => pod.metadata.name).sort();
const images = async () =>
  Object.fromEntries((await podsOf(admin, 'web')).map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image]).sort());
const revisions = async () => {
  const { items } = await admin.list(ControllerRevision, { namespace });
  return [...items].sort((a, b) => a.revision - b.revision);
};
const start = async (options: WorkloadOptions & { spec?: Partial<StatefulSetSpec> } = {}) => {
  await admin.create(StatefulSet, statefulSetOf('web', options));
  await cluster.settle();
};
/** Names of pods in the order in which they were made (or `gone`: in which they went). */
function sequence(what: 'made' | 'gone', from = 0): string[] {
  return cluster.changes.slice(from).flatMap((each) => {
    if (what === 'gone') return each.type === 'delete' && each.previous.key.startsWith('core/pods/') ? [nameIn(each.previous.key)] : [];
    return each.type === 'put' && each.previous === undefined && each.entry.key.startsWith('core/pods/') ? [nameIn(each.entry.key)] : [];
  });
}
const nameIn = (key: string) => key.split('/').at(-1) ?? '';

describe('a StatefulSet', () => {
  it('makes its pods in order, each when the one before it is ready, with a name, a host and an index of its own', async () => {
    const recording = recordMoments(cluster, 'web');
    await start({ script: { ready: '2s' } });
    await recording.stop();
    expect(sequence('made')).toEqual(['web-0', 'web-1', 'web-2']);
    expect(recording.moments.every(({ active, available }) => active - available <= 1)).toBe(true);
    const [revision] = await revisions();
    const name = revision?.metadata.name ?? '';
    expect((await podsOf(admin, 'web')).map(({ metadata, spec }) => [metadata.labels, spec.hostname, spec.subdomain])).toEqual(
      [0, 1, 2].map((index) => [
        {
          app: 'web',
          'apps.kubernetes.io/pod-index': String(index),
          'controller-revision-hash': name,
          'statefulset.kubernetes.io/pod-name': `web-${index}`,
        },
        `web-${index}`,
        'web',
      ]),
    );
    expect((await get()).status).toEqual({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      currentRevision: name,
      updateRevision: name,
      collisionCount: 0,
    });
    expect(await eventsOf(admin, 'StatefulSet', 'web')).toEqual(
      [0, 1, 2].map((index) => `SuccessfulCreate: create Pod web-${index} in StatefulSet web successful`),
    );
  });

  it('scales down from the highest ordinal, one pod after the other', async () => {
    await start({ replicas: 4 });
    const from = cluster.changes.length;
    const recording = recordMoments(cluster, 'web');
    await change((spec) => void (spec.replicas = 1));
    await cluster.settle();
    await recording.stop();
    expect(sequence('gone', from)).toEqual(['web-3', 'web-2', 'web-1']);
    expect((await eventsOf(admin, 'StatefulSet', 'web')).slice(4)).toEqual(
      [3, 2, 1].map((index) => `SuccessfulDelete: delete Pod web-${index} in StatefulSet web successful`),
    );
    expect((await get()).status).toMatchObject({ replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1 });
  });

  it('does not scale down while one of the pods that stay is not ready', async () => {
    await start({ spec: { updateStrategy: { type: 'OnDelete' } } });
    await change((spec) => void (spec.template.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' }));
    await admin.delete(Pod, { namespace, name: 'web-0' });
    await cluster.clock.advance(10_000);
    await change((spec) => void (spec.replicas = 2));
    await cluster.clock.advance(120_000);
    expect(await names()).toEqual(['web-0', 'web-1', 'web-2']);
  });

  it('with Parallel makes and deletes its pods all at once', async () => {
    const recording = recordMoments(cluster, 'web');
    await start({ script: { ready: '30s' }, spec: { podManagementPolicy: 'Parallel' } });
    await recording.stop();
    expect(recording.moments.some(({ active, available }) => active === 3 && available === 0)).toBe(true);
    await change((spec) => void (spec.replicas = 0));
    await cluster.settle();
    expect(await names()).toEqual([]);
    expect((await get()).status).toMatchObject({ replicas: 0, availableReplicas: 0 });
  });

  it('numbers its pods from ordinals.start, and moves them when that changes', async () => {
    await start({ replicas: 2, spec: { ordinals: { start: 5 } } });
    expect(await names()).toEqual(['web-5', 'web-6']);
    await change((spec) => void (spec.ordinals = { start: 6 }));
    await cluster.settle();
    expect(await names()).toEqual(['web-6', 'web-7']);
  });

  it('replaces a pod that was deleted, and one that has ended, under its name', async () => {
    await start({ replicas: 2 });
    const before = (await podsOf(admin, 'web')).map((pod) => pod.metadata.uid);
    await admin.delete(Pod, { namespace, name: 'web-0' });
    await cluster.settle();
    expect(await names()).toEqual(['web-0', 'web-1']);
    const failed = await admin.get(Pod, { namespace, name: 'web-1' });
    await admin.update(Pod, { ...failed, status: { ...failed.status, phase: 'Failed' } }, { subresource: 'status' });
    await cluster.settle();
    const after = await podsOf(admin, 'web');
    expect(after.map((pod) => [pod.metadata.name, pod.status?.phase])).toEqual([
      ['web-0', 'Running'],
      ['web-1', 'Running'],
    ]);
    expect(after.some((pod) => before.includes(pod.metadata.uid))).toBe(false);
    expect(await eventsOf(admin, 'StatefulSet', 'web')).toContain('SuccessfulDelete: delete Pod web-1 in StatefulSet web successful');
  });

  it('waits for minReadySeconds before it goes on to the next pod', async () => {
    await admin.create(StatefulSet, statefulSetOf('web', { replicas: 2, spec: { minReadySeconds: 30 } }));
    await cluster.clock.advance(20_000);
    expect(await names()).toEqual(['web-0']);
    expect((await get()).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    await cluster.settle();
    expect(await names()).toEqual(['web-0', 'web-1']);
    expect((await get()).status).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
  });

  it('adopts a pod that has the name of one of its own, and leaves others alone', async () => {
    await admin.create(Pod, podOf('web-1', { app: 'web' }));
    await admin.create(Pod, podOf('other', { app: 'web' }));
    await start({ replicas: 2 });
    const set = await get();
    const pods = await podsOf(admin, 'web');
    expect(pods.map((pod) => [pod.metadata.name, pod.metadata.ownerReferences?.[0]?.uid])).toEqual([
      ['other', undefined],
      ['web-0', set.metadata.uid],
      ['web-1', set.metadata.uid],
    ]);
  });

  it('gives a pod back the labels of its identity, and lets go of one whose labels it no longer selects', async () => {
    await start({ replicas: 2 });
    await edit(admin, Pod, 'web-1', (pod) => void delete pod.metadata.labels!['apps.kubernetes.io/pod-index']);
    await cluster.settle();
    expect((await admin.get(Pod, { namespace, name: 'web-1' })).metadata.labels?.['apps.kubernetes.io/pod-index']).toBe('1');
    expect((await eventsOf(admin, 'StatefulSet', 'web')).at(-1)).toBe('SuccessfulUpdate: update Pod web-1 in StatefulSet web successful');
    await edit(admin, Pod, 'web-1', (pod) => void (pod.metadata.labels!['app'] = 'free'));
    await cluster.clock.advance(5_000);
    expect((await admin.get(Pod, { namespace, name: 'web-1' })).metadata.ownerReferences).toBeUndefined();
    // Its name is taken until it goes.
    await admin.delete(Pod, { namespace, name: 'web-1' });
    await cluster.settle(1_200_000);
    expect(await names()).toEqual(['web-0', 'web-1']);
  });
});

describe('a rolling update of a StatefulSet', () => {
  it('replaces pods from the highest ordinal down, one at a time', async () => {
    await start({ script: { ready: '2s' } });
    const from = cluster.changes.length;
    const recording = recordMoments(cluster, 'web');
    await setImage('web:2');
    await cluster.settle();
    await recording.stop();
    expect(sequence('made', from)).toEqual(['web-2', 'web-1', 'web-0']);
    expect(Math.min(...recording.moments.map(({ available }) => available))).toBe(2);
    const [first, second] = await revisions();
    expect([first?.revision, second?.revision]).toEqual([1, 2]);
    expect((await get()).status).toMatchObject({ currentRevision: second?.metadata.name, updateRevision: second?.metadata.name });
  });

  it('with a partition replaces those at and above it, goes on when it falls, and keeps the old revision below it', async () => {
    await start({ replicas: 5, spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } } });
    await setImage('web:2');
    await cluster.settle();
    const two = { 'web-3': 'web:2', 'web-4': 'web:2' };
    expect(await images()).toEqual({ 'web-0': 'web:1', 'web-1': 'web:1', 'web-2': 'web:1', ...two });
    const [first, second] = await revisions();
    expect((await get()).status).toEqual({
      observedGeneration: 2,
      replicas: 5,
      readyReplicas: 5,
      availableReplicas: 5,
      currentReplicas: 3,
      updatedReplicas: 2,
      currentRevision: first?.metadata.name,
      updateRevision: second?.metadata.name,
      collisionCount: 0,
    });
    await admin.delete(Pod, { namespace, name: 'web-1' });
    await admin.delete(Pod, { namespace, name: 'web-4' });
    await cluster.settle();
    expect(await images()).toEqual({ 'web-0': 'web:1', 'web-1': 'web:1', 'web-2': 'web:1', ...two });
    await change((spec) => void (spec.updateStrategy!.rollingUpdate!.partition = 0));
    await cluster.settle();
    expect(new Set(Object.values(await images()))).toEqual(new Set(['web:2']));
    expect((await get()).status).toMatchObject({ currentReplicas: 5, updatedReplicas: 5, currentRevision: second?.metadata.name });
  });

  it('rolled back in the middle takes the pods above the partition back, under the revision that was there', async () => {
    await start({ replicas: 4, spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } } });
    const [first] = await revisions();
    await setImage('web:2');
    await cluster.settle();
    await setImage('web:1');
    await cluster.settle();
    expect(new Set(Object.values(await images()))).toEqual(new Set(['web:1']));
    const kept = await revisions();
    expect(kept.map((each) => each.revision)).toEqual([2, 3]);
    expect(kept[1]?.metadata.name).toBe(first?.metadata.name);
    expect((await get()).status).toMatchObject({
      currentReplicas: 4,
      updatedReplicas: 4,
      currentRevision: first?.metadata.name,
      updateRevision: first?.metadata.name,
    });
  });

  it('replaces as many at a time as maxUnavailable allows', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } };
    await start({ replicas: 5, script: { ready: '3s' }, spec: { updateStrategy, podManagementPolicy: 'Parallel' } });
    const recording = recordMoments(cluster, 'web');
    await setImage('web:2');
    await cluster.settle();
    await recording.stop();
    expect(Math.min(...recording.moments.map(({ available }) => available))).toBe(3);
    expect(new Set(Object.values(await images()))).toEqual(new Set(['web:2']));
  });

  it('with OnDelete waits for somebody to delete the pods', async () => {
    await start({ spec: { updateStrategy: { type: 'OnDelete' } } });
    await setImage('web:2');
    await cluster.settle();
    await admin.delete(Pod, { namespace, name: 'web-1' });
    await cluster.settle();
    expect(await images()).toEqual({ 'web-0': 'web:1', 'web-1': 'web:2', 'web-2': 'web:1' });
    const [first, second] = await revisions();
    expect((await get()).status).toMatchObject({
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: first?.metadata.name,
      updateRevision: second?.metadata.name,
    });
  });

  it('with OrderedReady stays at a pod of a broken revision until somebody deletes it, also when it was rolled back', async () => {
    await start({ replicas: 2 });
    await change((spec) => void (spec.template.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' }));
    await cluster.clock.advance(60_000);
    await change((spec) => void delete spec.template.metadata!.annotations);
    await cluster.clock.advance(60_000);
    expect((await get()).status).toMatchObject({ readyReplicas: 1, updatedReplicas: 1 });
    await admin.delete(Pod, { namespace, name: 'web-1' });
    await cluster.settle();
    expect((await get()).status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
  });

  it('with Parallel replaces the pods of a broken revision by themselves', async () => {
    await start({ replicas: 2, spec: { podManagementPolicy: 'Parallel' } });
    await change((spec) => void (spec.template.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' }));
    await cluster.clock.advance(60_000);
    expect((await get()).status).toMatchObject({ readyReplicas: 1, updatedReplicas: 1 });
    await change((spec) => void delete spec.template.metadata!.annotations);
    await cluster.settle();
    expect((await get()).status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
  });

  it('keeps as many former revisions as revisionHistoryLimit says, beside those in use', async () => {
    await start({ replicas: 1, spec: { revisionHistoryLimit: 1 } });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await setImage(image);
      await cluster.settle();
    }
    expect((await revisions()).map((each) => each.revision)).toEqual([3, 4]);
  });

  it('takes another name for a revision whose name is taken, and counts that', async () => {
    await start({ replicas: 1 });
    const [first] = await revisions();
    await admin.delete(StatefulSet, { namespace, name: 'web' });
    await cluster.settle();
    expect(await revisions()).toEqual([]);
    const taken = { name: first!.metadata.name, namespace };
    await admin.create(ControllerRevision, { ...first!, metadata: taken, data: { foreign: true } });
    await start({ replicas: 1 });
    expect(await revisions()).toHaveLength(2);
    expect((await get()).status).toMatchObject({ collisionCount: 1, readyReplicas: 1 });
  });
});

describe('the claims of a StatefulSet', () => {
  const volumeClaimTemplates: PersistentVolumeClaim[] = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', labels: { tier: 'db' } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  const claims = async () => {
    const { items } = await admin.list(PersistentVolumeClaim, { namespace });
    return Object.fromEntries(
      items.map((claim) => [claim.metadata.name, (claim.metadata.ownerReferences ?? []).map((owner) => owner.kind)]),
    );
  };
  const parallel = { podManagementPolicy: 'Parallel', volumeClaimTemplates } as const;

  it('are made for each pod, mounted by it, and kept when the set shrinks and goes', async () => {
    await start({ replicas: 2, spec: parallel });
    const claim = await admin.get(PersistentVolumeClaim, { namespace, name: 'data-web-1' });
    expect([claim.metadata.labels, claim.metadata.ownerReferences]).toEqual([{ tier: 'db', app: 'web' }, undefined]);
    const pod = await admin.get(Pod, { namespace, name: 'web-1' });
    expect(pod.spec.volumes?.[0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } });
    expect(await eventsOf(admin, 'StatefulSet', 'web')).toContain(
      'SuccessfulCreate: create Claim data-web-1 Pod web-1 in StatefulSet web success',
    );
    await change((spec) => void (spec.replicas = 1));
    await cluster.settle();
    await admin.delete(StatefulSet, { namespace, name: 'web' });
    await cluster.settle();
    expect(await names()).toEqual([]);
    expect(await claims()).toEqual({ 'data-web-0': [], 'data-web-1': [] });
  });

  it('with whenDeleted go with the set, and follow the policy when it changes', async () => {
    await start({ replicas: 2, spec: { ...parallel, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } } });
    expect(await claims()).toEqual({ 'data-web-0': ['StatefulSet'], 'data-web-1': ['StatefulSet'] });
    await change((spec) => void (spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Retain' }));
    await cluster.settle();
    expect(await claims()).toEqual({ 'data-web-0': [], 'data-web-1': [] });
    await change((spec) => void (spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete' }));
    await cluster.settle();
    await admin.delete(StatefulSet, { namespace, name: 'web' });
    await cluster.settle();
    expect(await claims()).toEqual({});
  });

  it('with whenScaled go with the pods that go', async () => {
    await start({ replicas: 3, spec: { ...parallel, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } });
    await change((spec) => void (spec.replicas = 1));
    await cluster.settle();
    expect(await claims()).toEqual({ 'data-web-0': [] });
    await change((spec) => void (spec.replicas = 2));
    await cluster.settle();
    expect(await claims()).toEqual({ 'data-web-0': [], 'data-web-1': [] });
  });
});
