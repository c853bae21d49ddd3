import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, type Fields, type Live, type Resource } from './client.ts';
import { conditionOf, pod, template, untilRunning } from './workloads.ts';

const plane = conformance({ nodes: 2 });
interface Space {
  readonly controllers: Resource;
  readonly pods: Resource;
  readonly quotas: Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  const of = (plural: string) => plane.admin.resource('v1', plural, namespace);
  return { controllers: of('replicationcontrollers'), pods: of('pods'), quotas: of('resourcequotas') };
}
function controller(name: string, replicas: number, more: Fields = {}): Live {
  const spec = { replicas, selector: { name }, template: template(name), ...more };
  return { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name }, spec } as unknown as Live;
}
const ownersOf = ({ metadata }: Live) => (metadata.ownerReferences ?? []).map(({ uid }) => uid);

describe('apps/rc.go', () => {
  it('[sig-apps] ReplicationController should serve a basic image on each replica with a public image', async () => {
    const { controllers, pods } = await space();
    await controllers.create(controller('basic', 1));
    const [running] = await untilRunning(plane, pods, 'basic', 1);
    expect(fieldsOf(running as Live, 'status')['podIP']).toEqual(expect.any(String));
  });

  it('[sig-apps] ReplicationController should adopt matching pods on creation', async () => {
    const { controllers, pods } = await space();
    await pods.create(pod('pod-adoption'));
    const made = await controllers.create(controller('pod-adoption', 1));
    await plane.until(async () => ownersOf(await pods.get('pod-adoption')).includes(made.metadata.uid ?? ''));
    expect(await pods.names()).toEqual(['pod-adoption']);
  });

  it('[sig-apps] ReplicationController should release no longer matching pods', async () => {
    const { controllers, pods } = await space();
    await controllers.create(controller('pod-release', 1));
    const [first] = await untilRunning(plane, pods, 'pod-release', 1);
    const name = first?.metadata.name ?? '';
    await pods.patch(name, { metadata: { labels: { name: 'not-matching-name' } } });
    await plane.until(async () => ownersOf(await pods.get(name)).length === 0);
    await untilRunning(plane, pods, 'pod-release', 1);
  });

  it('[sig-apps] ReplicationController should surface a failure condition on a common issue like exceeded quota', async () => {
    const { controllers, pods, quotas } = await space();
    await quotas.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'condition-test' }, spec: { hard: { pods: '2' } } });
    await plane.until(async () => 'hard' in fieldsOf(await quotas.get('condition-test'), 'status'));
    await controllers.create(controller('condition-test', 3));
    await plane.until(async () => conditionOf(await controllers.get('condition-test'), 'ReplicaFailure') !== undefined);
    expect(conditionOf(await controllers.get('condition-test'), 'ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
    });
    await controllers.patch('condition-test', { spec: { replicas: 2 } });
    await plane.until(async () => conditionOf(await controllers.get('condition-test'), 'ReplicaFailure') === undefined);
    await untilRunning(plane, pods, 'condition-test', 2);
  });
});

describe('apimachinery/garbage_collector.go', () => {
  it('[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning', async () => {
    const { controllers, pods } = await space();
    await controllers.create(controller('simpletest.rc', 2));
    await untilRunning(plane, pods, 'simpletest.rc', 2);
    await controllers.delete('simpletest.rc', { propagationPolicy: 'Background' });
    expect(await refused(controllers.get('simpletest.rc'))).toMatchObject({ reason: 'NotFound' });
    await plane.until(async () => (await pods.names()).length === 0);
  });

  it('[sig-api-machinery] Garbage collector should orphan pods created by rc if delete options say so', async () => {
    const { controllers, pods } = await space();
    await controllers.create(controller('simpletest.rc', 10));
    await untilRunning(plane, pods, 'simpletest.rc', 10);
    await controllers.delete('simpletest.rc', { propagationPolicy: 'Orphan' });
    await plane.until(async () => (await controllers.names()).length === 0);
    await plane.cluster.clock.advance(30_000);
    expect((await pods.list()).items.map(ownersOf)).toEqual(Array.from({ length: 10 }, () => []));
  });

  it('[sig-api-machinery] Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so', async () => {
    const { controllers, pods } = await space();
    await controllers.create(
      controller('simpletest.rc', 10, { template: template('simpletest.rc', { spec: { terminationGracePeriodSeconds: 30 } }) }),
    );
    await untilRunning(plane, pods, 'simpletest.rc', 10);
    await controllers.delete('simpletest.rc', { propagationPolicy: 'Foreground' });
    let left = 10;
    await plane.until(async () => {
      left = (await pods.names()).length;
      const there = (await controllers.names()).length === 1;
      if (!there) expect(left).toBe(0);
      return !there;
    });
    expect(left).toBe(0);
  });

  it("[sig-api-machinery] Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted", async () => {
    const { controllers, pods } = await space();
    await controllers.create(controller('to-be-deleted', 4));
    const made = await untilRunning(plane, pods, 'to-be-deleted', 4);
    const stays = await controllers.create(controller('to-stay', 0, { selector: { name: 'other' }, template: template('other') }));
    const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: 'to-stay', uid: stays.metadata.uid };
    const shared = made.slice(0, 2).map(({ metadata }) => metadata.name);
    for (const name of shared) await pods.patch(name, [{ op: 'add', path: '/metadata/ownerReferences/-', value: owner }], { type: 'json' });
    await controllers.delete('to-be-deleted', { propagationPolicy: 'Foreground' });
    await plane.until(async () => (await controllers.names()).join() === 'to-stay' && (await pods.names()).length === 2);
    await plane.cluster.clock.advance(30_000);
    expect(await pods.names()).toEqual([...shared].sort());
    expect((await pods.list()).items.map(ownersOf)).toEqual([[stays.metadata.uid], [stays.metadata.uid]]);
  });
});
