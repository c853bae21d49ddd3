import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, withMetadata, type Live, type Resource } from './client.ts';
import { expectStatus } from './operations.ts';
import { deployment, expectScale, pod, replicaSet, template, untilComplete, untilRunning, untilStatus } from './workloads.ts';

const plane = conformance();
interface Space {
  readonly deployments: Resource;
  readonly replicaSets: Resource;
  readonly pods: Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, namespace);
  return { deployments: of('apps/v1', 'deployments'), replicaSets: of('apps/v1', 'replicasets'), pods: of('v1', 'pods') };
}
const replicasOf = (object: Live) => fieldsOf(object, 'spec')['replicas'] as number;
const revision = 'deployment.kubernetes.io/revision';
/** How many replicas the ReplicaSets ask for, by their image. */
async function shares({ replicaSets }: Space): Promise<Record<string, number>> {
  const { items } = await replicaSets.list();
  return Object.fromEntries(items.map((set) => [imageOf(set), replicasOf(set)]));
}
function imageOf(object: Live): string {
  const { template: of } = object.spec as { template: { spec: { containers: { image: string }[] } } };
  return of.spec.containers[0]?.image ?? '';
}
const controlledBy = ({ metadata }: Live) => metadata.ownerReferences?.find(({ controller }) => controller === true)?.name;

describe('apps/deployment.go', () => {
  it('[sig-apps] Deployment deployment should delete old replica sets', async () => {
    const { deployments, replicaSets, pods } = await space();
    await replicaSets.create(replicaSet('cleanup', 1));
    await untilRunning(plane, pods, 'cleanup', 1);
    const made = await deployments.create(
      deployment('cleanup', 1, { revisionHistoryLimit: 0, template: template('cleanup', { image: 'agnhost:1' }) }),
    );
    await untilComplete(plane, deployments, 'cleanup');
    await plane.until(async () => (await replicaSets.list()).items.length === 1);
    const [left] = (await replicaSets.list()).items;
    expect(left).toMatchObject({ metadata: { ownerReferences: [{ uid: made.metadata.uid }] }, spec: { replicas: 1 } });
    expect(imageOf(left as Live)).toBe('agnhost:1');
  });

  it('[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones', async () => {
    const { deployments, replicaSets, pods } = await space();
    const before = replicaSet('rolling', 1, { metadata: { annotations: { [revision]: '3546343826724305832' } } });
    await replicaSets.create(before);
    const [old] = await untilRunning(plane, pods, 'rolling', 1);
    await deployments.create(deployment('rolling', 1, { template: template('rolling', { image: 'agnhost:1' }) }));
    const done = await untilComplete(plane, deployments, 'rolling');
    expect(done.metadata.annotations).toMatchObject({ [revision]: '3546343826724305833' });
    await plane.until(async () => !(await pods.names()).includes(old?.metadata.name ?? ''));
    const sets = (await replicaSets.list()).items;
    expect(sets.map((set) => [controlledBy(set), imageOf(set), replicasOf(set)]).sort()).toEqual([
      ['rolling', 'agnhost:1', 1],
      ['rolling', 'httpd:2.4', 0],
    ]);
  });

  it('[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones', async () => {
    const { deployments, pods } = await space();
    await deployments.create(deployment('recreate', 2, { strategy: { type: 'Recreate' } }));
    await untilComplete(plane, deployments, 'recreate');
    const { items: olds, metadata } = await pods.list();
    const watching = await pods.watch(metadata.resourceVersion);
    await deployments.patch('recreate', { spec: { template: template('recreate', { image: 'agnhost:1' }) } });
    await untilComplete(plane, deployments, 'recreate');
    await watching.stop();
    const running = new Set(olds.map((each) => each.metadata.name));
    const old = new Set(running);
    for (const { type, object } of watching.events) {
      if (type === 'DELETED') running.delete(object.metadata.name);
      else running.add(object.metadata.name);
      const [ofOld, ofNew] = [[...running].filter((name) => old.has(name)), [...running].filter((name) => !old.has(name))];
      expect(ofOld.length > 0 && ofNew.length > 0).toBe(false);
    }
    expect([...running].some((name) => old.has(name))).toBe(false);
    expect(running.size).toBe(2);
  });

  it('[sig-apps] Deployment deployment should support rollover', async () => {
    const at = await space();
    const { deployments, replicaSets, pods } = at;
    await replicaSets.create(replicaSet('rollover', 1));
    await untilRunning(plane, pods, 'rollover', 1);
    const broken = template('rollover', { image: 'no-such:0', script: { failure: 'ErrImagePull: no such image' } });
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    const spec = { minReadySeconds: 10, strategy, template: broken };
    await deployments.create(deployment('rollover', 1, spec));
    await plane.until(async () => (await shares(at))['no-such:0'] === 1);
    await deployments.update({
      ...(await deployments.get('rollover')),
      spec: { ...(deployment('rollover', 1, spec).spec as object), template: template('rollover', { image: 'agnhost:1' }) },
    });
    await untilComplete(plane, deployments, 'rollover');
    await plane.until(async () => (await pods.names()).length === 1);
    expect(await shares(at)).toEqual({ 'httpd:2.4': 0, 'no-such:0': 0, 'agnhost:1': 1 });
    expect((await replicaSets.list()).items.map(controlledBy)).toEqual(['rollover', 'rollover', 'rollover']);
  });

  it('[sig-apps] Deployment deployment should support proportional scaling', async () => {
    const at = await space();
    const { deployments } = at;
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    await deployments.create(deployment('proportional', 10, { strategy }));
    await untilComplete(plane, deployments, 'proportional');
    const broken = template('proportional', { image: 'no-such:0', script: { failure: 'ErrImagePull: no such image' } });
    await deployments.patch('proportional', { spec: { template: broken } });
    await plane.until(async () => (await shares(at))['no-such:0'] === 5);
    expect(await shares(at)).toEqual({ 'httpd:2.4': 8, 'no-such:0': 5 });
    await untilStatus(plane, deployments, 'proportional', { availableReplicas: 8, updatedReplicas: 5 });
    await deployments.patch('proportional', { spec: { replicas: 30 } });
    await plane.until(async () => (await shares(at))['no-such:0'] !== 5);
    await untilStatus(plane, deployments, 'proportional', { replicas: 33 });
    expect(await shares(at)).toEqual({ 'httpd:2.4': 20, 'no-such:0': 13 });
  });

  it('[sig-apps] Deployment Deployment should have a working scale subresource', async () => {
    const { deployments, pods } = await space();
    await deployments.create(deployment('scaled', 1));
    await untilRunning(plane, pods, 'scaled', 1);
    await expectScale(deployments, 'scaled', 1);
    await untilRunning(plane, pods, 'scaled', 4);
  });

  it('[sig-apps] Deployment should run the lifecycle of a Deployment', async () => {
    const { deployments } = await space();
    const { metadata } = await deployments.list();
    const watching = await deployments.watch(metadata.resourceVersion);
    await deployments.create(withMetadata(deployment('lifecycle', 1), { labels: { 'test-deployment-static': 'true' } }));
    await untilStatus(plane, deployments, 'lifecycle', { readyReplicas: 1 });
    const patched = await deployments.patch('lifecycle', {
      metadata: { labels: { 'test-deployment': 'patched' } },
      spec: { replicas: 2, template: { spec: { containers: [{ name: 'main', image: 'agnhost:1' }] } } },
    });
    expect(patched).toMatchObject({ metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 2 } });
    expect(imageOf(patched)).toBe('agnhost:1');
    await untilStatus(plane, deployments, 'lifecycle', { readyReplicas: 2, updatedReplicas: 2, replicas: 2 });
    expect(await plane.admin.resource('apps/v1', 'deployments').names('test-deployment-static=true')).toEqual(['lifecycle']);
    const scaled = await deployments.update({
      ...(await deployments.get('lifecycle')),
      spec: { ...fieldsOf(patched, 'spec'), replicas: 3 },
    });
    expect(scaled.spec).toMatchObject({ replicas: 3 });
    await untilStatus(plane, deployments, 'lifecycle', { readyReplicas: 3 });
    const status = await deployments.patch(
      'lifecycle',
      { metadata: { labels: { 'test-deployment': 'patched-status' } }, status: { readyReplicas: 0, availableReplicas: 0 } },
      { subresource: 'status' },
    );
    expect(status).toMatchObject({ metadata: { labels: { 'test-deployment': 'patched' } }, status: { readyReplicas: 0 } });
    const { replicas, readyReplicas } = fieldsOf(await untilStatus(plane, deployments, 'lifecycle', { readyReplicas: 3 }), 'status');
    expect({ replicas, readyReplicas }).toEqual({ replicas: 3, readyReplicas: 3 });
    await deployments.deleteCollection('test-deployment-static=true');
    await plane.until(() => watching.events.some(({ type }) => type === 'DELETED'));
    await watching.stop();
    expect(watching.events[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'lifecycle' } } });
    expect(await deployments.names()).toEqual([]);
  });

  it('[sig-apps] Deployment should validate Deployment Status endpoints', async () => {
    const { deployments } = await space();
    await deployments.create(deployment('statused', 1));
    await untilComplete(plane, deployments, 'statused');
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    const patch = { conditions: [{ type: 'StatusPatched', status: 'True' }] };
    const [before] = (await deployments.list()).items;
    await deployments.patch('statused', { spec: { paused: true } });
    await untilStatus(plane, deployments, 'statused', { observedGeneration: 2 });
    await expectStatus(deployments, 'statused', patch, (live) => ({
      ...live,
      status: { ...fieldsOf(live, 'status'), conditions: [condition] },
    }));
    expect(before?.metadata.uid).toBe((await deployments.get('statused')).metadata.uid);
  });
});

describe('apps/replica_set.go', () => {
  it('[sig-apps] ReplicaSet should adopt matching pods on creation and release no longer matching pods', async () => {
    const { replicaSets, pods } = await space();
    await pods.create(pod('adoption'));
    const set = await replicaSets.create(replicaSet('adoption', 1));
    await plane.until(async () => controlledBy(await pods.get('adoption')) === 'adoption');
    expect((await pods.list()).items).toHaveLength(1);
    expect(await pods.get('adoption')).toMatchObject({ metadata: { ownerReferences: [{ uid: set.metadata.uid, controller: true }] } });
    await pods.patch('adoption', { metadata: { labels: { name: 'not-matching-name' } } });
    await plane.until(async () => (await pods.get('adoption')).metadata.ownerReferences === undefined);
    await untilRunning(plane, pods, 'adoption', 1);
  });

  it('[sig-apps] ReplicaSet Replicaset should have a working scale subresource', async () => {
    const { replicaSets, pods } = await space();
    await replicaSets.create(replicaSet('scaled', 1));
    await untilRunning(plane, pods, 'scaled', 1);
    await expectScale(replicaSets, 'scaled', 1);
    await untilRunning(plane, pods, 'scaled', 4);
  });

  it('[sig-apps] ReplicaSet Replace and Patch tests', async () => {
    const { replicaSets, pods } = await space();
    await replicaSets.create(replicaSet('replaced', 1));
    await untilRunning(plane, pods, 'replaced', 1);
    await replicaSets.update({ ...(await replicaSets.get('replaced')), ...{ spec: replicaSet('replaced', 2).spec } });
    await untilStatus(plane, replicaSets, 'replaced', { readyReplicas: 2, availableReplicas: 2 });
    const change = {
      metadata: { labels: { 'test-rs': 'patched' } },
      spec: { replicas: 3, template: { spec: { containers: [{ name: 'main', image: 'pause:1' }] } } },
    };
    const patched = await replicaSets.patch('replaced', change);
    expect(patched).toMatchObject(change);
    const final = await untilStatus(plane, replicaSets, 'replaced', { readyReplicas: 3 });
    expect(final).toMatchObject({ metadata: { labels: { 'test-rs': 'patched' } }, spec: { replicas: 3 } });
  });

  it('[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets', async () => {
    const { replicaSets, pods } = await space();
    await replicaSets.create(replicaSet('collected', 3));
    await untilRunning(plane, pods, 'collected', 3);
    expect(await plane.admin.resource('apps/v1', 'replicasets').names('name=collected')).toEqual(['collected']);
    await replicaSets.deleteCollection('name=collected');
    await plane.until(async () => (await replicaSets.names('name=collected')).length === 0);
  });

  it('[sig-apps] ReplicaSet should validate Replicaset Status endpoints', async () => {
    const { replicaSets, pods } = await space();
    await replicaSets.create(replicaSet('statused', 1));
    await untilRunning(plane, pods, 'statused', 1);
    await untilStatus(plane, replicaSets, 'statused', { availableReplicas: 1, observedGeneration: 1 });
    const patch = { conditions: [{ type: 'StatusPatched', status: 'True' }] };
    await expectStatus(replicaSets, 'statused', patch, (live) => ({
      ...live,
      status: {
        ...fieldsOf(live, 'status'),
        conditions: [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }],
      },
    }));
  });
});
