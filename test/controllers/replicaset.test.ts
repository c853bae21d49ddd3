import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pod, ReplicaSet } from '../../src/api/kinds.generated.ts';
import { forbidden } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, namespace, podOf, podsOf, replicaSetOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

let refusePods = false;

beforeEach(async () => {
  refusePods = false;
  const status = forbidden({ group: '', plural: 'pods' }, '', 'exceeded quota: pods').toStatus();
  const refusal = { status: 403, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify(status)) };
  cluster = await startCluster({
    nodes: 2,
    between: (handle) => (request) =>
      refusePods && request.method === 'POST' && request.path.endsWith('/pods') ? Promise.resolve(refusal) : handle(request),
  });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const get = () => admin.get(ReplicaSet, { namespace, name: 'web' });
const resize = (replicas: number) => edit(admin, ReplicaSet, 'web', (object) => void (object.spec.replicas = replicas));
const namesOf = async () => (await podsOf(admin, 'web')).map((pod) => pod.metadata.name).sort();

describe('a ReplicaSet', () => {
  it('makes its pods, says so, and counts them', async () => {
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 2 }));
    await cluster.settle();
    const names = await namesOf();
    expect((await get()).status).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    expect([...(await eventsOf(admin, 'ReplicaSet', 'web'))].sort()).toEqual(names.map((name) => `SuccessfulCreate: Created pod: ${name}`));
  });

  it('replaces a pod that was deleted and one that has failed', async () => {
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 2 }));
    await cluster.settle();
    const before = await namesOf();
    await admin.delete(Pod, { namespace, name: before[0] ?? '' });
    await cluster.settle();
    const after = await namesOf();
    expect(after).toHaveLength(2);
    expect(after.filter((name) => before.includes(name))).toEqual([before[1]]);
  });

  it('deletes pods that are not ready first', async () => {
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 3 }));
    await cluster.settle();
    const ready = await namesOf();
    await edit(admin, ReplicaSet, 'web', (object) => {
      object.spec.template!.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' };
      object.spec.replicas = 6;
    });
    await cluster.clock.advance(5_000);
    await resize(3);
    await cluster.clock.advance(60_000);
    expect(await namesOf()).toEqual(ready);
  });

  it('deletes the pod of the lowest deletion cost first', async () => {
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 4 }));
    await cluster.settle();
    const [cheap = '', ...rest] = await namesOf();
    await edit(admin, Pod, cheap, (pod) => void (pod.metadata.annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-5' }));
    await resize(3);
    await cluster.settle();
    expect(await namesOf()).toEqual(rest);
  });

  it('adopts a pod that matches and releases one that no longer does', async () => {
    await admin.create(Pod, podOf('stray', { app: 'web' }));
    const created = await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 2 }));
    await cluster.settle();
    expect(await namesOf()).toHaveLength(2);
    expect((await admin.get(Pod, { namespace, name: 'stray' })).metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([
      created.metadata.uid,
    ]);
    await edit(admin, Pod, 'stray', (pod) => void (pod.metadata.labels = { app: 'free' }));
    await cluster.settle();
    expect(await namesOf()).toHaveLength(2);
    expect((await admin.get(Pod, { namespace, name: 'stray' })).metadata.ownerReferences).toBeUndefined();
  });

  it('deletes an orphan that is too many, as one of its own', async () => {
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 2 }));
    await cluster.settle();
    await admin.create(Pod, podOf('stray', { app: 'web' }));
    await cluster.settle();
    expect(await namesOf()).toHaveLength(2);
  });

  it('calls pods available minReadySeconds after they are ready', async () => {
    const set = replicaSetOf('web', { replicas: 1 });
    set.spec.minReadySeconds = 30;
    await admin.create(ReplicaSet, set);
    await cluster.clock.advance(20_000);
    expect((await get()).status).toMatchObject({ readyReplicas: 1 });
    expect((await get()).status?.availableReplicas).toBeUndefined();
    await cluster.clock.advance(15_000);
    expect((await get()).status?.availableReplicas).toBe(1);
  });

  it('says in a condition and an event why no pod can be made, and goes on when it can', async () => {
    refusePods = true;
    await admin.create(ReplicaSet, replicaSetOf('web', { replicas: 2 }));
    await cluster.clock.advance(3_000);
    const [failure] = (await get()).status?.conditions ?? [];
    expect({ type: failure?.type, status: failure?.status, reason: failure?.reason }).toEqual({
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
    });
    expect(failure?.message).toBe('pods is forbidden: exceeded quota: pods');
    expect(await eventsOf(admin, 'ReplicaSet', 'web')).toEqual([
      'Warning FailedCreate: Error creating: pods is forbidden: exceeded quota: pods',
    ]);
    refusePods = false;
    await cluster.settle();
    expect(await namesOf()).toHaveLength(2);
    expect((await get()).status?.conditions).toBeUndefined();
  });
});
