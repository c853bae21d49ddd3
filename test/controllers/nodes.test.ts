import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, Lease, Node, Pod } from '../../src/api/kinds.generated.ts';
import { microTimestamp, timestamp } from '../../src/base/clock.ts';
import type { Connection } from '../../src/client/connect.ts';
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

  it('that does not for 40 s becomes Unknown, is tainted, and its pods are not ready', async () => {
    await register();
    await runPod('p');
    await cluster.clock.advance(39_000);
    expect((await ready()).status).toBe('True');
    await cluster.clock.advance(3_000);
    expect(await ready()).toEqual({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    expect(await taints()).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
    const pod = await admin.get(Pod, { namespace, name: 'p' });
    expect(pod.status?.conditions?.find((each) => each.type === 'Ready')?.status).toBe('False');
    expect(await eventsOf(admin, 'Pod', 'p')).toContain('NodeNotReady: Node is not ready');
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
    await cluster.clock.advance(90_000);
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

it('pods of a Deployment on a node that has gone away run again elsewhere', async () => {
  await register();
  await admin.create(Deployment, deploymentOf('web', { replicas: 1, pod: { nodeName: 'lone' } }));
  await cluster.clock.advance(30_000);
  await edit(admin, Deployment, 'web', (object) => void delete object.spec.template.spec!.nodeName);
  await cluster.clock.advance(400_000);
  const running = (await admin.list(Pod)).items.filter(
    (pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined,
  );
  expect(running.map((pod) => pod.spec.nodeName)).toEqual(['node-1']);
});
