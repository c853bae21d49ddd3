import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, type Fields, type Live, type Resource } from './client.ts';
import { template, untilRunning, untilStatus } from './workloads.ts';

const plane = conformance({ nodes: 2 });
interface Space {
  readonly sets: Resource;
  readonly pods: Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  return { sets: plane.admin.resource('apps/v1', 'statefulsets', namespace), pods: plane.admin.resource('v1', 'pods', namespace) };
}
const probed = (image = 'httpd:2.4'): Fields => {
  const readinessProbe = { httpGet: { path: '/index.html', port: 80 }, periodSeconds: 1 };
  return template('ss', { image, spec: { containers: [{ name: 'main', image, readinessProbe }] } });
};
function statefulSet(replicas: number, more: { spec?: Fields } = {}): Live {
  const spec = {
    replicas,
    serviceName: 'test',
    selector: { matchLabels: { name: 'ss' } },
    template: probed(),
    ...more.spec,
  };
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'ss' }, spec } as unknown as Live;
}
const images = async ({ pods }: Space) =>
  (await pods.list()).items.map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image);
const scale = ({ sets }: Space, replicas: number) => sets.patch('ss', { spec: { replicas } });
const setTemplate = ({ sets }: Space, to: Fields) => sets.patch('ss', { spec: { template: to } });
const statusOf = async ({ sets }: Space) => fieldsOf(await sets.get('ss'), 'status');
/** Waits until so many pods are ready, and none else is there. */
const untilReady = ({ sets }: Space, readyReplicas: number) => untilStatus(plane, sets, 'ss', { readyReplicas, replicas: readyReplicas });
/** Whether a pod is ready is up to the test. */
const gate = 'example.com/healthy';
const gated = { ...probed(), spec: { ...fieldsOf(probed(), 'spec'), readinessGates: [{ conditionType: gate }] } };
const setReady = ({ pods }: Space, name: string, status: 'True' | 'False') =>
  pods.patch(name, { status: { conditions: [{ type: gate, status }] } }, { type: 'strategic', subresource: 'status' });

describe('apps/statefulset.go', () => {
  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform rolling updates and roll backs of template modifications', async () => {
    const here = await space();
    await here.sets.create(statefulSet(3));
    await untilReady(here, 3);
    const before = await statusOf(here);
    expect(before['currentRevision']).toBe(before['updateRevision']);
    await setTemplate(here, probed('httpd:2.5'));
    await plane.until(async () => (await images(here)).every((image) => image === 'httpd:2.5'));
    await untilReady(here, 3);
    await plane.until(async () => (await statusOf(here))['currentRevision'] === (await statusOf(here))['updateRevision']);
    expect((await statusOf(here))['currentRevision']).not.toBe(before['currentRevision']);
    await setTemplate(here, probed());
    await plane.until(async () => (await images(here)).every((image) => image === 'httpd:2.4'));
    await untilReady(here, 3);
    await plane.until(async () => (await statusOf(here))['currentRevision'] === before['currentRevision']);
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform canary updates and phased rolling updates of template modifications', async () => {
    const here = await space();
    const rolling = (partition: number) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } });
    await here.sets.create(statefulSet(3, { spec: rolling(3) }));
    await untilReady(here, 3);
    const before = await statusOf(here);
    await setTemplate(here, probed('httpd:2.5'));
    await plane.until(async () => (await statusOf(here))['updateRevision'] !== before['updateRevision']);
    await plane.cluster.clock.advance(30_000);
    expect(await images(here)).toEqual(['httpd:2.4', 'httpd:2.4', 'httpd:2.4']);
    await here.sets.patch('ss', { spec: rolling(2) });
    await plane.until(async () => (await images(here)).at(-1) === 'httpd:2.5');
    await untilReady(here, 3);
    expect(await images(here)).toEqual(['httpd:2.4', 'httpd:2.4', 'httpd:2.5']);
    const uids = async () => (await here.pods.list()).items.map(({ metadata }) => metadata.uid);
    const replaced = await uids();
    for (const name of ['ss-0', 'ss-2']) await here.pods.delete(name);
    await plane.until(async () => (await uids()).filter((uid) => !replaced.includes(uid)).length === 2);
    await untilReady(here, 3);
    expect(await images(here)).toEqual(['httpd:2.4', 'httpd:2.4', 'httpd:2.5']);
    for (const partition of [1, 0]) await here.sets.patch('ss', { spec: rolling(partition) });
    await plane.until(async () => (await statusOf(here))['updatedReplicas'] === 3);
    await untilReady(here, 3);
    expect(await images(here)).toEqual(['httpd:2.5', 'httpd:2.5', 'httpd:2.5']);
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Scaling should happen in predictable order and halt if any stateful pod is unhealthy', async () => {
    const here = await space();
    await here.sets.create(statefulSet(1, { spec: { template: gated } }));
    await untilRunning(plane, here.pods, 'ss', 1);
    await scale(here, 3);
    await plane.cluster.clock.advance(30_000);
    expect(await here.pods.names()).toEqual(['ss-0']);
    await setReady(here, 'ss-0', 'True');
    await plane.until(async () => (await here.pods.names()).length === 2);
    await plane.cluster.clock.advance(30_000);
    expect(await here.pods.names()).toEqual(['ss-0', 'ss-1']);
    for (const name of ['ss-1', 'ss-2']) {
      await plane.until(async () => (await here.pods.names()).includes(name));
      await setReady(here, name, 'True');
    }
    await untilReady(here, 3);
    for (const name of ['ss-0', 'ss-1', 'ss-2']) await setReady(here, name, 'False');
    await plane.until(async () => (await statusOf(here))['readyReplicas'] === undefined);
    await scale(here, 0);
    await plane.cluster.clock.advance(30_000);
    expect(await here.pods.names()).toEqual(['ss-0', 'ss-1', 'ss-2']);
    const going = await here.pods.watch((await here.pods.list()).metadata.resourceVersion);
    for (const name of ['ss-0', 'ss-1', 'ss-2']) await setReady(here, name, 'True');
    await plane.until(async () => (await here.pods.names()).length === 0);
    const gone = going.events.filter(({ type }) => type === 'DELETED').map(({ object }) => object.metadata.name);
    expect(gone).toEqual(['ss-2', 'ss-1', 'ss-0']);
    await going.stop();
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Burst scaling should run to completion even with unhealthy pods', async () => {
    const here = await space();
    await here.sets.create(statefulSet(1, { spec: { template: gated, podManagementPolicy: 'Parallel' } }));
    await scale(here, 3);
    await untilRunning(plane, here.pods, 'ss', 3);
    await scale(here, 0);
    await plane.until(async () => (await here.pods.names()).length === 0);
  });
});
