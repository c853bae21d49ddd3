import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, Lease, Node, Pod } from '../../src/api/kinds.generated.ts';
import { microTimestamp, timestamp } from '../../src/base/clock.ts';
import type { Connection } from '../../src/client/connect.ts';
import { controllersWith } from '../../src/controllers/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, eventsOf, namespace, podOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
const key = { namespace: '', name: 'lone' };

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

/** A node without agent: the test says what it says. */
const register = async () => {
  const time = timestamp(cluster.clock);
  const condition = { status: 'True', reason: 'KubeletReady', message: '', lastHeartbeatTime: time, lastTransitionTime: time };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'lone' }, spec: {} };
  await admin.create(Node, node);
  await admin.patch(Node, key, { status: { conditions: [{ type: 'Ready', ...condition }] } }, { subresource: 'status' });
  await admin.create(Lease, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'lone', namespace: 'kube-node-lease' },
    spec: { holderIdentity: 'lone', leaseDurationSeconds: 40, renewTime: microTimestamp(cluster.clock) },
  });
};
const renew = () =>
  admin.patch(Lease, { namespace: 'kube-node-lease', name: 'lone' }, { spec: { renewTime: microTimestamp(cluster.clock) } });
const runPod = async (name: string, more: Partial<Pod['spec']> = {}) => {
  const pod = podOf(name, { app: 'x' });
  Object.assign(pod.spec, { nodeName: 'lone', ...more });
  const created = await admin.create(Pod, pod);
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(cluster.clock) }];
  await admin.update(Pod, { ...created, status: { phase: 'Running', conditions } }, { subresource: 'status' });
};
const ready = async () => {
  const found = (await admin.get(Node, key)).status?.conditions?.find((each) => each.type === 'Ready');
  return { status: found?.status, reason: found?.reason, message: found?.message };
};
const taints = async () => ((await admin.get(Node, key)).spec.taints ?? []).map((taint) => `${taint.key}:${taint.effect}`);
const pods = async () =>
  (await admin.list(Pod)).items.map((pod) => `${pod.metadata.name}${pod.metadata.deletionTimestamp === undefined ? '' : ' going'}`);

describe('a node', () => {
  it('that renews its Lease stays ready', async () => {
    await register();
    for (let round = 0; round < 12; round++) {
      await cluster.clock.advance(10_000);
      await renew();
    }
    expect((await ready()).status).toBe('True');
    expect(await taints()).toEqual([]);
  });

  it('that does not for 50 s becomes Unknown, is tainted, and its pods are not ready', async () => {
    await register();
    await runPod('p');
    await cluster.clock.advance(49_000);
    expect((await ready()).status).toBe('True');
    await cluster.clock.advance(3_000);
    expect(await ready()).toEqual({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    expect(await taints()).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
    const pod = await admin.get(Pod, { namespace, name: 'p' });
    expect(pod.status?.conditions?.find((each) => each.type === 'Ready')?.status).toBe('False');
    expect(await eventsOf(admin, 'Pod', 'p')).toContain('Warning NodeNotReady: Node is not ready');
    expect(await eventsOf(admin, 'Node', 'lone')).toEqual([
      'RegisteredNode: Node lone event: Registered Node lone in Controller',
      'NodeNotReady: Node lone status is now: NodeNotReady',
    ]);
    const memory = (await admin.get(Node, key)).status?.conditions?.find((each) => each.type === 'MemoryPressure');
    expect(memory).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' });
  });

  it('that comes back in time loses its taints and keeps its pods', async () => {
    await register();
    await runPod('p');
    await cluster.clock.advance(60_000);
    await edit(admin, Node, 'lone', () => undefined);
    const node = await admin.get(Node, key);
    const conditions = (node.status?.conditions ?? []).map((each) => ({
      ...each,
      status: 'True',
      lastHeartbeatTime: timestamp(cluster.clock),
    }));
    await admin.update(
      Node,
      { ...node, status: { conditions: conditions.filter((each) => each.type === 'Ready') } },
      { subresource: 'status' },
    );
    for (let round = 0; round < 40; round++) {
      await renew();
      await cluster.clock.advance(10_000);
    }
    expect(await taints()).toEqual([]);
    expect(await pods()).toEqual(['p']);
  });

  it('that is away loses its pods after 300 s, or after what they tolerate', async () => {
    await register();
    await runPod('patient', { tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' }] });
    await runPod('plain');
    await runPod('hasty', { tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] });
    await cluster.clock.advance(100_000);
    expect(await pods()).toEqual(['hasty', 'patient', 'plain']);
    await cluster.clock.advance(20_000);
    expect(await pods()).toEqual(['hasty going', 'patient', 'plain']);
    await cluster.clock.advance(240_000);
    expect(await pods()).toEqual(['hasty going', 'patient', 'plain going']);
    expect(await eventsOf(admin, 'Pod', 'plain')).toContain('TaintManagerEviction: Marking for deletion Pod default/plain');
  });

  it('that is deleted takes its pods along after 40 s', async () => {
    await register();
    await runPod('p');
    await admin.delete(Node, key);
    await cluster.clock.advance(30_000);
    expect(await pods()).toEqual(['p']);
    await cluster.clock.advance(15_000);
    expect(await pods()).toEqual([]);
  });

  it('that is cordoned is tainted so', async () => {
    await register();
    await edit(admin, Node, 'lone', (node) => void (node.spec.unschedulable = true));
    await cluster.clock.advance(1_000);
    expect(await taints()).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
    await edit(admin, Node, 'lone', (node) => void delete node.spec.unschedulable);
    await cluster.clock.advance(1_000);
    expect(await taints()).toEqual([]);
  });
});

describe('a node that dies', () => {
  it('loses the pods of a Deployment to the others; back again it ends what was taken from it', async () => {
    const cut = new Set<string>();
    await cluster.stop();
    cluster = await startCluster({ nodes: 2, between: (handle, user) => (request) => (cut.has(user.name) ? silence() : handle(request)) });
    admin = cluster.cluster();
    await admin.create(Deployment, deploymentOf('web', { replicas: 4, pod: { tolerations: tolerant(20) }, script: { stop: '3s' } }));
    await cluster.clock.advance(20_000);
    const before = (await admin.list(Pod)).items.filter((pod) => pod.spec.nodeName === 'node-2').map((pod) => pod.metadata.name);
    expect(before.length).toBeGreaterThan(0);
    cut.add('system:node:node-2');
    await cluster.clock.advance(50_000 + 10_000 + 20_000 + 10_000);
    const state = async () => (await admin.list(Pod)).items.map((pod) => `${pod.spec.nodeName} ${going(pod) ? 'going' : 'stays'}`).sort();
    const moved = Array.from({ length: 4 }, () => 'node-1 stays');
    expect(await state()).toEqual([...moved, ...before.map(() => 'node-2 going')]);
    cut.clear();
    await cluster.clock.advance(60_000);
    expect(await state()).toEqual(moved);
    expect((await admin.get(Node, { namespace: '', name: 'node-2' })).spec.taints ?? []).toEqual([]);
  });

  it('with settings of a second has replacements of its pods on the other node within seconds', async () => {
    const cut = new Set<string>();
    await cluster.stop();
    cluster = await startCluster({
      nodes: [{ renewMs: 200 }, { renewMs: 200 }],
      controllers: controllersWith({ nodeMonitor: { graceMs: 1_000 } }),
      between: (handle, user) => (request) => (cut.has(user.name) ? silence() : handle(request)),
    });
    admin = cluster.cluster();
    await admin.create(Deployment, deploymentOf('web', { replicas: 4, pod: { tolerations: tolerant(1) } }));
    await cluster.clock.advance(60_000);
    const nodesOf = async () => (await admin.list(Pod)).items.filter((pod) => !going(pod)).map((pod) => pod.spec.nodeName);
    expect(new Set(await nodesOf())).toEqual(new Set(['node-1', 'node-2']));
    cut.add('system:node:node-2');
    await cluster.clock.advance(5_000);
    expect(await nodesOf()).toEqual(['node-1', 'node-1', 'node-1', 'node-1']);
    const ready = (await admin.list(Pod)).items.filter((pod) => !going(pod) && pod.status?.phase === 'Running');
    expect(ready).toHaveLength(4);
    cut.clear();
    await cluster.clock.advance(60_000);
  });

  it.each([
    ['and others of its zone live, is emptied', 3, 1, ['unreachable']],
    ['as all of its zone do, is emptied too: others live', 2, 2, ['unreachable']],
  ])('%s', async (_, size, dead, expected) => {
    await Promise.all(Array.from({ length: size }, (__, at) => make(`z-${at}`, 'a')));
    await make('far', 'b');
    await keepAlive(['far', ...names(size).slice(dead)], 200_000);
    expect((await driven()).slice(0, 1)).toEqual(expected.map((key) => `z-0 ${key}`));
  });

  it('is one of many: one is emptied every 10 s', async () => {
    for (let at = 0; at < 8; at++) await make(`z-${at}`, 'a');
    for (let round = 0; round < 5; round++) await beat(names(8).slice(4));
    await keepAlive(names(8).slice(4), 52_000);
    expect(await driven()).toHaveLength(1);
    await keepAlive(names(8).slice(4), 10_000);
    expect(await driven()).toHaveLength(2);
    await keepAlive(names(8).slice(4), 30_000);
    expect(await driven()).toHaveLength(4);
  });

  it('in a small zone of which most has failed keeps its pods: it may be the network', async () => {
    for (let at = 0; at < 6; at++) await make(`z-${at}`, 'a');
    await keepAlive(names(6).slice(4), 300_000);
    const few = (await driven()).length;
    expect(few).toBeLessThanOrEqual(1);
    expect((await admin.get(Node, { namespace: '', name: 'z-0' })).spec.taints).toContainEqual(
      expect.objectContaining({ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }),
    );
  });

  it('together with all others keeps its pods, until one is heard again', async () => {
    await cluster.stop();
    cluster = await startCluster({ nodes: 0 });
    admin = cluster.cluster();
    for (let at = 0; at < 3; at++) await make(`z-${at}`, `zone-${at}`);
    await cluster.clock.advance(200_000);
    expect(await driven()).toEqual([]);
    await post('z-2');
    await keepAlive(['z-2'], 10_000);
    expect(await driven()).toEqual(['z-0 unreachable', 'z-1 unreachable']);
  });
});

describe('a taint NoExecute', () => {
  const taint = { key: 'gone', effect: 'NoExecute' as const };
  const setTaints = (taints: Node['spec']['taints']) => edit(admin, Node, 'lone', (node) => void (node.spec.taints = taints ?? []));
  const tolerating = (tolerationSeconds?: number) => ({
    tolerations: [
      {
        key: 'gone',
        operator: 'Exists' as const,
        effect: 'NoExecute' as const,
        ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
      },
    ],
  });

  it('by hand drives out at once, or after what is tolerated since, with a condition that says why', async () => {
    await register();
    await runPod('plain', {});
    await runPod('for-ever', tolerating());
    await runPod('for-30', tolerating(30));
    await cluster.clock.advance(40_000);
    await renew();
    await setTaints([taint]);
    await cluster.clock.advance(1_000);
    expect(await pods()).toEqual(['for-30', 'for-ever', 'plain going']);
    const told = (await admin.get(Pod, { namespace, name: 'plain' })).status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    expect(told).toEqual({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: expect.any(String) as string,
      observedGeneration: 1,
    });
    await cluster.clock.advance(28_000);
    expect(await pods()).toEqual(['for-30', 'for-ever', 'plain going']);
    await cluster.clock.advance(2_000);
    expect(await pods()).toEqual(['for-30 going', 'for-ever', 'plain going']);
  });

  it('that goes in time cancels what was to come, and says so', async () => {
    await register();
    await runPod('for-30', tolerating(30));
    await setTaints([taint]);
    await cluster.clock.advance(10_000);
    await setTaints([]);
    await cluster.clock.advance(60_000);
    expect(await pods()).toEqual(['for-30']);
    expect(await eventsOf(admin, 'Pod', 'for-30')).toContain('TaintManagerEviction: Cancelling deletion of Pod default/for-30');
  });
});

describe('pods that nobody else would remove', () => {
  it('go from a node that somebody has said is out of service', async () => {
    await register();
    await runPod('p');
    await runPod('stays', { tolerations: [{ operator: 'Exists' }] });
    await cluster.clock.advance(60_000);
    await admin.delete(Pod, { namespace, name: 'p' });
    await cluster.clock.advance(60_000);
    expect(await pods()).toEqual(['p going', 'stays']);
    const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' as const };
    await edit(admin, Node, 'lone', (node) => void (node.spec.taints = [...(node.spec.taints ?? []), taint]));
    await cluster.clock.advance(5_000);
    expect(await pods()).toEqual(['stays']);
  });

  it('have no node and wait for a finalizer: they count as failed', async () => {
    const pod = podOf('p', { app: 'x' });
    await admin.create(Pod, {
      ...pod,
      metadata: { ...pod.metadata, finalizers: ['demo.example/hold'] },
      spec: { ...pod.spec, nodeSelector: { no: 'such' } },
    });
    await cluster.clock.advance(5_000);
    await admin.delete(Pod, { namespace, name: 'p' });
    await cluster.clock.advance(5_000);
    expect((await admin.get(Pod, { namespace, name: 'p' })).status?.phase).toBe('Failed');
    await edit(admin, Pod, 'p', (object) => void (object.metadata.finalizers = []));
    await cluster.clock.advance(1_000);
    expect(await pods()).toEqual([]);
  });

  it('have ended and are too many: the oldest go', async () => {
    await cluster.stop();
    const few = controllersWith({ podGarbage: { endedPods: 3 } });
    cluster = await startCluster({ controllers: few });
    admin = cluster.cluster();
    for (let at = 0; at < 5; at++) {
      const pod = podOf(`p-${at}`, { app: 'x' });
      await admin.create(Pod, { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } });
      await cluster.clock.advance(5_000);
    }
    await cluster.clock.advance(30_000);
    expect(await pods()).toEqual(['p-2', 'p-3', 'p-4']);
  });
});

describe('ranges of nodes', () => {
  const rangesOf = async () => (await admin.list(Node)).items.map((node) => `${node.metadata.name} ${node.spec.podCIDRs?.join() ?? '-'}`);

  it('are cut out of that of the cluster, kept by who has one, and given back', async () => {
    await cluster.stop();
    cluster = await startCluster({ nodes: 2, controllers: controllersWith({ ranges: { clusterRange: '10.10.0.0/22' } }) });
    admin = cluster.cluster();
    await cluster.clock.advance(1_000);
    expect(await rangesOf()).toEqual(['node-1 10.10.0.0/24', 'node-2 10.10.1.0/24']);
    await admin.create(Node, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'own' },
      spec: { podCIDR: '10.10.2.0/24', podCIDRs: ['10.10.2.0/24'] },
    });
    for (const name of ['c', 'd']) await admin.create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {} });
    await cluster.clock.advance(1_000);
    expect(await rangesOf()).toEqual(['c 10.10.3.0/24', 'd -', 'node-1 10.10.0.0/24', 'node-2 10.10.1.0/24', 'own 10.10.2.0/24']);
    expect(await eventsOf(admin, 'Node', 'd')).toContain('CIDRNotAvailable: Node d status is now: CIDRNotAvailable');
    await admin.delete(Node, { namespace: '', name: 'own' });
    await cluster.clock.advance(1_000);
    expect(await rangesOf()).toContain('d 10.10.2.0/24');
  });
});

const going = (pod: Readonly<Pod>) => pod.metadata.deletionTimestamp !== undefined;
const tolerant = (tolerationSeconds: number) =>
  ['not-ready', 'unreachable'].map((state) => ({
    key: `node.kubernetes.io/${state}`,
    operator: 'Exists' as const,
    effect: 'NoExecute' as const,
    tolerationSeconds,
  }));
const silence = () => Promise.reject(new Error('the node is not connected'));
const names = (count: number) => Array.from({ length: count }, (_, at) => `z-${at}`);
/** Nodes that are being driven out, and why. */
const driven = async () =>
  (await admin.list(Node)).items.flatMap((node) =>
    (node.spec.taints ?? [])
      .filter(({ effect, key: reason }) => effect === 'NoExecute' && reason.startsWith('node.kubernetes.io/'))
      .map(({ key: reason }) => `${node.metadata.name} ${reason.replace('node.kubernetes.io/', '')}`),
  );
const post = (name: string) => {
  const time = timestamp(cluster.clock);
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: '',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  return admin.patch(Node, { namespace: '', name }, { status: { conditions: [condition] } }, { subresource: 'status' });
};
async function make(name: string, zone: string): Promise<void> {
  await admin.create(Node, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
    spec: {},
  });
  await post(name);
}
async function beat(alive: readonly string[]): Promise<void> {
  for (const name of alive) await post(name);
}
async function keepAlive(alive: readonly string[], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await beat(alive);
    await cluster.clock.advance(Math.min(10_000, left));
  }
}
