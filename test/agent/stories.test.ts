import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Event, Pod } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
let cluster: Connection;
const key = { namespace: 'default', name: 'p' };
const script = 'simulated.steersman.dev/';

beforeEach(async () => {
  plane = await startCluster();
  cluster = plane.cluster();
});
afterEach(() => plane.stop());

type Spec = NonNullable<Pod['spec']>;
function create(annotations: Record<string, string> = {}, spec: Partial<Spec> = {}): Promise<Readonly<Pod>> {
  const containers = [{ name: 'main', image: 'app:1' }];
  return cluster.create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', annotations },
    spec: { containers, ...spec },
  });
}
const pod = () => cluster.get(Pod, key);
const phase = async () => (await pod()).status?.phase;
const conditions = async () => Object.fromEntries(((await pod()).status?.conditions ?? []).map((one) => [one.type, one.status]));
async function reasons(): Promise<string[]> {
  const { items } = await cluster.list(Event, { namespace: 'default' });
  return items.filter((one) => one.involvedObject.name === 'p').map((one) => one.reason ?? '');
}
async function gone(): Promise<boolean> {
  return pod().then(
    () => false,
    (error: unknown) => isNotFound(error),
  );
}

describe('a pod on a node', () => {
  it('runs and gets ready, with the events and the status of a kubelet', async () => {
    await create();
    await plane.until(async () => (await phase()) === 'Running');
    await plane.settle();
    expect(await conditions()).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
    const { status } = await pod();
    expect(status?.containerStatuses).toMatchObject([
      { name: 'main', ready: true, started: true, restartCount: 0, state: { running: {} } },
    ]);
    expect(status?.podIP).toMatch(/^10\.244\./);
    expect((await reasons()).sort()).toEqual(['Created', 'Pulled', 'Scheduled', 'Started']);
  });
  it('is not ready before its script says so', async () => {
    await create({ [`${script}ready`]: '5s' });
    await plane.until(async () => (await phase()) === 'Running');
    expect((await conditions())['Ready']).toBe('False');
    await plane.clock.advance(6000);
    expect((await conditions())['Ready']).toBe('True');
  });
  it('runs its init containers first, one after the other', async () => {
    await create(
      { [`${script}run.i1`]: '3s', [`${script}run.i2`]: '3s' },
      {
        initContainers: [
          { name: 'i1', image: 'i' },
          { name: 'i2', image: 'i' },
        ],
      },
    );
    await plane.clock.advance(4000);
    const states = ((await pod()).status?.initContainerStatuses ?? []).map((one) => Object.keys(one.state ?? {})[0]);
    expect([await phase(), states]).toEqual(['Pending', ['terminated', 'running']]);
    await plane.settle();
    expect(await phase()).toBe('Running');
  });
  it('succeeds when its only container ends with 0 and is not restarted', async () => {
    await create({ [`${script}run`]: '2s' }, { restartPolicy: 'Never' });
    await plane.settle();
    expect((await pod()).status).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
    });
  });
  it('backs off between restarts, as CrashLoopBackOff with the seconds', async () => {
    await create({ [`${script}exit`]: '1', [`${script}run`]: '1s' });
    await plane.clock.advance(5000);
    const [status] = (await pod()).status?.containerStatuses ?? [];
    expect(status?.restartCount).toBe(1);
    expect(status?.state?.waiting).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: expect.stringMatching(/^back-off 10s restarting failed container=main pod=p_default\(/) as string,
    });
    expect(status?.lastState?.terminated?.exitCode).toBe(1);
    await plane.clock.advance(10_000);
    expect((await pod()).status?.containerStatuses?.[0]?.restartCount).toBe(2);
  });
  it('is killed and started again when its liveness probe fails', async () => {
    const livenessProbe = { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 };
    await create({ [`${script}hang`]: '5s' }, { containers: [{ name: 'main', image: 'app:1', livenessProbe }] });
    await plane.clock.advance(9000);
    expect((await pod()).status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 143 } } });
    expect(await reasons()).toEqual(expect.arrayContaining(['Unhealthy', 'Killing']));
  });
  it('says why an image cannot be had, and backs off', async () => {
    await create({ [`${script}failure`]: 'ErrImagePull: no such image' });
    await plane.clock.advance(1000);
    expect((await pod()).status?.containerStatuses?.[0]?.state?.waiting).toEqual({ reason: 'ErrImagePull', message: 'no such image' });
    await plane.clock.advance(15_000);
    expect((await pod()).status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ImagePullBackOff');
  });
  it('waits for a ConfigMap that is missing, and names it', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
    await create({}, { containers: [{ name: 'main', image: 'app:1', env }] });
    await plane.clock.advance(1000);
    expect((await pod()).status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
  });
  it('ends gracefully: it is gone when its containers have ended', async () => {
    await create({ [`${script}stop`]: '3s' });
    await plane.settle();
    await cluster.delete(Pod, key);
    await plane.clock.advance(2000);
    expect((await pod()).metadata.deletionTimestamp).toBeDefined();
    await plane.clock.advance(2000);
    expect(await gone()).toBe(true);
  });
  it('is killed at the end of its grace', async () => {
    await create({ [`${script}stop`]: 'never' }, { terminationGracePeriodSeconds: 5 });
    await plane.settle();
    await cluster.delete(Pod, key);
    await plane.clock.advance(4000);
    expect(await gone()).toBe(false);
    await plane.clock.advance(2000);
    expect(await gone()).toBe(true);
  });
  it('fails at its active deadline', async () => {
    await create({}, { activeDeadlineSeconds: 10 });
    await plane.clock.advance(11_000);
    expect((await pod()).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
  it('gives its log, also its tail and with times', async () => {
    await create({ [`${script}log`]: 'one\ntwo\nthree' });
    await plane.settle();
    const signal = new AbortController().signal;
    const read = async (options: { tailLines?: number; timestamps?: boolean }) => {
      let text = '';
      for await (const chunk of cluster.logs(key, { ...options, signal })) text += Buffer.from(chunk).toString();
      return text;
    };
    expect(await read({})).toBe('one\ntwo\nthree\n');
    expect(await read({ tailLines: 1 })).toBe('three\n');
    expect(await read({ tailLines: 1, timestamps: true })).toMatch(/^2026-01-01T00:00:\d\d\.\d{9}Z three\n$/);
  });
});
