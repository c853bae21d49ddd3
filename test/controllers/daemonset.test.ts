import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControllerRevision, DaemonSet, Node, Pod, type DaemonSetSpec } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { daemonSetOf, edit, eventsOf, namespace, podOf, podsOf, recordMoments, type WorkloadOptions } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

async function begin(nodes: number) {
  cluster = await startCluster({ nodes });
  admin = cluster.cluster();
}
beforeEach(() => begin(3));
afterEach(() => cluster.stop());

const get = () => admin.get(DaemonSet, { namespace, name: 'agent' });
const change = (edits: (spec: DaemonSetSpec) => void) => edit(admin, DaemonSet, 'agent', (set) => edits(set.spec as DaemonSetSpec));
const setImage = (image: string) => change((spec) => void (spec.template.spec!.containers[0]!.image = image));
const nodesOf = async () => (await podsOf(admin, 'agent')).map((pod) => pod.spec.nodeName).sort();
const imagesOf = async () => (await podsOf(admin, 'agent')).map((pod) => pod.spec.containers[0]?.image);
const revisions = async () => [...(await admin.list(ControllerRevision, { namespace })).items].sort((a, b) => a.revision - b.revision);
const start = async (options: WorkloadOptions & { spec?: Partial<DaemonSetSpec> } = {}) => {
  await admin.create(DaemonSet, daemonSetOf('agent', options));
  await cluster.settle();
};
const taint = (name: string, effect: 'NoSchedule' | 'NoExecute') =>
  edit(admin, Node, name, (node) => void ((node.spec ??= {}).taints = [{ key: 'dedicated', value: 'db', effect }]));
const label = (name: string, key: string, value: string) =>
  edit(admin, Node, name, (node) => void (node.metadata.labels = { ...node.metadata.labels, [key]: value }));

describe('a DaemonSet', () => {
  it('runs one pod on each node, bound by node affinity and tolerant of what befalls nodes, and counts them', async () => {
    await start();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
    const [pod] = await podsOf(admin, 'agent');
    const [revision] = await revisions();
    expect(pod?.metadata.labels).toEqual({
      app: 'agent',
      'controller-revision-hash': revision?.metadata.labels?.['controller-revision-hash'],
    });
    expect(pod?.spec.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [pod?.spec.nodeName] }] }],
        },
      },
    });
    expect(pod?.spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect((await get()).status).toEqual({
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 3,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    });
    const names = (await podsOf(admin, 'agent')).map((each) => each.metadata.name).sort();
    expect([...(await eventsOf(admin, 'DaemonSet', 'agent'))].sort()).toEqual(
      names.map((name) => `SuccessfulCreate: Created pod: ${name}`),
    );
  });

  it('follows its node selector: pods go from nodes that no longer match and come to those that do', async () => {
    await label('node-1', 'disk', 'ssd');
    await start({ pod: { nodeSelector: { disk: 'ssd' } } });
    expect(await nodesOf()).toEqual(['node-1']);
    await label('node-2', 'disk', 'ssd');
    await label('node-1', 'disk', 'slow');
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-2']);
    await change((spec) => void delete spec.template.spec!.nodeSelector);
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('keeps off nodes whose taints it does not tolerate; NoSchedule lets a pod stay that is there, as one too many', async () => {
    await taint('node-1', 'NoSchedule');
    await start();
    expect(await nodesOf()).toEqual(['node-2', 'node-3']);
    await taint('node-2', 'NoSchedule');
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-2', 'node-3']);
    expect((await get()).status).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1, numberMisscheduled: 1 });
    await taint('node-2', 'NoExecute');
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-3']);
    await change((spec) => void (spec.template.spec!.tolerations = [{ key: 'dedicated', operator: 'Exists' }]));
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('comes to cordoned nodes and to new ones', async () => {
    await edit(admin, Node, 'node-1', (node) => void ((node.spec ??= {}).unschedulable = true));
    await start();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
    await admin.delete(Node, { namespace: '', name: 'node-3' });
    await cluster.clock.advance(5_000);
    expect((await get()).status?.desiredNumberScheduled).toBeLessThanOrEqual(3);
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('adopts a pod that matches, deletes the younger of two on one node, and releases one that no longer matches', async () => {
    await start();
    const set = await get();
    const [first] = await podsOf(admin, 'agent');
    const stray = podOf('stray', { app: 'agent' });
    await cluster.clock.advance(5_000);
    await admin.create(Pod, { ...stray, spec: { ...stray.spec, nodeName: first?.spec.nodeName ?? '' } });
    await cluster.settle();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
    expect((await podsOf(admin, 'agent')).every((pod) => pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid)).toBe(true);
    const { name = '' } = first?.metadata ?? {};
    await edit(admin, Pod, name, (pod) => void (pod.metadata.labels = { app: 'free' }));
    await cluster.settle();
    expect((await admin.get(Pod, { namespace, name })).metadata.ownerReferences).toBeUndefined();
    expect(await nodesOf()).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('deletes pods that have failed, slower and slower, and says so', async () => {
    await start();
    const fail = async () => {
      const pod = (await podsOf(admin, 'agent')).find((each) => each.spec.nodeName === 'node-1');
      if (pod === undefined || pod.status?.phase === 'Failed') return;
      await admin.update(Pod, { ...pod, status: { ...pod.status, phase: 'Failed' } }, { subresource: 'status' });
    };
    const seen = async () =>
      (await eventsOf(admin, 'DaemonSet', 'agent')).filter((event) => event.startsWith('Warning FailedDaemonPod')).length;
    await fail();
    await cluster.clock.advance(500);
    const [told] = (await eventsOf(admin, 'DaemonSet', 'agent')).filter((event) => event.startsWith('Warning FailedDaemonPod'));
    expect(told).toMatch(/^Warning FailedDaemonPod: Found failed daemon pod default\/agent-\w{5} on node node-1, will try to kill it$/);
    for (let second = 0; second < 20; second++) {
      await fail();
      await cluster.clock.advance(1_000);
    }
    expect(await seen()).toBeLessThanOrEqual(6);
    expect(await seen()).toBeGreaterThanOrEqual(4);
  });

  it('counts pods as available after minReadySeconds', async () => {
    await admin.create(DaemonSet, daemonSetOf('agent', { spec: { minReadySeconds: 30 } }));
    await cluster.clock.advance(20_000);
    expect((await get()).status).toMatchObject({ numberReady: 3, numberUnavailable: 3 });
    await cluster.clock.advance(15_000);
    expect((await get()).status).toMatchObject({ numberReady: 3, numberAvailable: 3 });
  });
});

describe('a rolling update of a DaemonSet', () => {
  const available = (moments: readonly { available: number }[]) => Math.min(...moments.map((moment) => moment.available));

  it('replaces one pod after the other, and writes down the revision', async () => {
    await start({ script: { ready: '2s' } });
    const recording = recordMoments(cluster, 'agent');
    await setImage('web:2');
    await cluster.settle();
    await recording.stop();
    expect(available(recording.moments)).toBe(2);
    expect(new Set(await imagesOf())).toEqual(new Set(['web:2']));
    expect((await revisions()).map((each) => each.revision)).toEqual([1, 2]);
    expect((await get()).status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3, observedGeneration: 2 });
  });

  it('rolled back takes the revision that was there, as the newest', async () => {
    await start();
    const [first] = await revisions();
    await setImage('web:2');
    await cluster.settle();
    await setImage('web:1');
    await cluster.settle();
    expect(new Set(await imagesOf())).toEqual(new Set(['web:1']));
    const all = await revisions();
    expect(all.map((each) => [each.revision, each.metadata.name === first?.metadata.name])).toEqual([
      [2, false],
      [3, true],
    ]);
  });

  it('goes past pods that are not available: those are replaced at once', async () => {
    await start({ script: { ready: 'never' } });
    await change((spec) => void (spec.template.metadata!.annotations = {}));
    await cluster.settle();
    expect((await get()).status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
  });

  it('stops at a broken revision when as many are unavailable as are allowed', async () => {
    await start();
    await change((spec) => void (spec.template.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' }));
    await cluster.clock.advance(300_000);
    expect((await get()).status).toMatchObject({ updatedNumberScheduled: 1, numberAvailable: 2, numberUnavailable: 1 });
  });

  it('with OnDelete waits for somebody to delete the pods', async () => {
    await start({ spec: { updateStrategy: { type: 'OnDelete' } } });
    await setImage('web:2');
    await cluster.settle();
    expect((await get()).status).not.toHaveProperty('updatedNumberScheduled');
    const [pod] = await podsOf(admin, 'agent');
    await admin.delete(Pod, { namespace, name: pod?.metadata.name ?? '' });
    await cluster.settle();
    expect([...(await imagesOf())].sort()).toEqual(['web:1', 'web:1', 'web:2']);
    expect((await get()).status).toMatchObject({ updatedNumberScheduled: 1, desiredNumberScheduled: 3 });
  });

  it('keeps as many former revisions as revisionHistoryLimit says', async () => {
    await start({ spec: { revisionHistoryLimit: 1 } });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await setImage(image);
      await cluster.settle();
    }
    expect((await revisions()).map((each) => each.revision)).toEqual([3, 4]);
  });

  it('takes two revisions that say the same for one', async () => {
    await start();
    const [first] = await revisions();
    const { metadata } = first!;
    const labels = { ...metadata.labels, 'controller-revision-hash': 'other' };
    await admin.create(ControllerRevision, { ...first!, metadata: { name: 'agent-other', namespace, labels } });
    await cluster.settle();
    const left = await revisions();
    expect(left).toHaveLength(1);
    const hash = left[0]?.metadata.labels?.['controller-revision-hash'];
    expect((await podsOf(admin, 'agent')).every((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash)).toBe(true);
  });

  it('with maxSurge over 100 nodes: none is ever without a pod that is available, and no more than ten have two', async () => {
    await cluster.stop();
    await begin(100);
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } };
    await start({ script: { ready: '2s' }, spec: { updateStrategy } });
    const recording = recordMoments(cluster, 'agent');
    await setImage('web:2');
    await cluster.settle();
    await recording.stop();
    expect(available(recording.moments)).toBe(100);
    expect(Math.max(...recording.moments.map((moment) => moment.active))).toBe(110);
    expect((await get()).status).toEqual({
      currentNumberScheduled: 100,
      numberMisscheduled: 0,
      desiredNumberScheduled: 100,
      numberReady: 100,
      observedGeneration: 2,
      updatedNumberScheduled: 100,
      numberAvailable: 100,
    });
  });
});
