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
/** What a kubelet says of the pod, in the order of the letters: of which part, what, and how often. */
async function told(): Promise<string[]> {
  const { uid = '' } = (await pod()).metadata;
  const { items } = await cluster.list(Event, { namespace: 'default' });
  const lines = items
    .filter((one) => one.involvedObject.name === 'p' && one.source?.component === 'kubelet')
    .map(({ involvedObject, type, reason, message, count }) => `${involvedObject.fieldPath ?? '-'} ${type} ${reason} ${count}: ${message}`);
  return lines.map((line) => line.replaceAll(uid, 'UID')).sort();
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
    expect(await told()).toEqual([
      'spec.containers{main} Normal Created 1: Container created',
      'spec.containers{main} Normal Pulled 1: Container image "app:1" already present on machine and can be accessed by the pod',
      'spec.containers{main} Normal Started 1: Container started',
    ]);
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
    expect(await told()).toContain('spec.initContainers{i1} Normal Started 1: Container started');
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
    expect((await told()).filter((line) => line.includes('BackOff'))).toEqual([
      'spec.containers{main} Warning BackOff 2: Back-off restarting failed container main in pod p_default(UID)',
    ]);
  });
  it('is killed and started again when its liveness probe fails', async () => {
    const livenessProbe = { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 };
    await create({ [`${script}hang`]: '5s' }, { containers: [{ name: 'main', image: 'app:1', livenessProbe }] });
    await plane.clock.advance(9000);
    expect((await pod()).status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 143 } } });
    expect((await told()).filter((line) => /Unhealthy|Killing/.test(line))).toEqual([
      'spec.containers{main} Normal Killing 1: Container main failed liveness probe, will be restarted',
      'spec.containers{main} Warning Unhealthy 2: Liveness probe failed: the script says that it hangs',
    ]);
  });
  it.each([
    ['that is not started again', {}, 'spec.containers{main} Normal Killing 1: Container main failed liveness probe'],
    [
      'that goes beside the others',
      { sidecar: true },
      'spec.initContainers{main} Normal Killing 1: Init container main failed liveness probe',
    ],
  ])('says what a failed liveness probe means for a container %s', async (_which, how: { sidecar?: boolean }, killing) => {
    const livenessProbe = { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 };
    const probed = { name: 'main', image: 'app:1', livenessProbe };
    const beside = { initContainers: [{ ...probed, restartPolicy: 'Always' }], containers: [{ name: 'app', image: 'app:1' }] };
    await create(
      { [`${script}hang.main`]: '5s', [`${script}run`]: '1h' },
      { restartPolicy: 'Never', ...(how.sidecar ? beside : { containers: [probed] }) },
    );
    await plane.clock.advance(9000);
    expect((await told()).filter((line) => line.includes('Killing'))).toEqual([killing]);
  });
  it('says why an image cannot be had, and backs off', async () => {
    await create({ [`${script}failure`]: 'ErrImagePull: no such image' });
    await plane.clock.advance(1000);
    const waiting = async () => (await pod()).status?.containerStatuses?.[0]?.state?.waiting;
    expect(await waiting()).toEqual({ reason: 'ErrImagePull', message: 'no such image' });
    expect(await told()).toEqual([
      'spec.containers{main} Normal Pulling 1: Pulling image "app:1"',
      'spec.containers{main} Warning Failed 1: Error: ErrImagePull',
      'spec.containers{main} Warning Failed 1: Failed to pull image "app:1": no such image',
    ]);
    await plane.clock.advance(15_000);
    expect(await waiting()).toEqual({
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "app:1": ErrImagePull: no such image',
    });
    expect(await told()).toEqual([
      'spec.containers{main} Normal BackOff 1: Back-off pulling image "app:1"',
      'spec.containers{main} Normal Pulling 2: Pulling image "app:1"',
      'spec.containers{main} Warning Failed 1: Error: ImagePullBackOff',
      'spec.containers{main} Warning Failed 2: Error: ErrImagePull',
      'spec.containers{main} Warning Failed 2: Failed to pull image "app:1": no such image',
    ]);
  });
  it.each([
    ['ErrImageNeverPull: it is not here', 'Container image "app:1" is not present with pull policy of Never', 'Warning ErrImageNeverPull'],
    [
      'InvalidImageName: couldn\'t parse image name "app:1": invalid reference format',
      'Failed to apply default image tag "app:1": couldn\'t parse image name "app:1": invalid reference format',
      'Warning InspectFailed',
    ],
    ['ImageInspectError: the disk is broken', 'Failed to inspect image "app:1": the disk is broken', 'Warning InspectFailed'],
  ])('does not put off an image for which nothing is fetched: %s', async (failure, message, event) => {
    const [reason = ''] = failure.split(':');
    await create({ [`${script}failure`]: failure });
    await plane.clock.advance(16_000);
    expect((await pod()).status?.containerStatuses?.[0]?.state?.waiting).toEqual({ reason, message });
    expect(await told()).toEqual(
      [`spec.containers{main} ${event} 2: ${message}`, `spec.containers{main} Warning Failed 2: Error: ${reason}`].sort(),
    );
  });
  it('waits for a ConfigMap that is missing, and names it', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
    await create({}, { containers: [{ name: 'main', image: 'app:1', env }] });
    await plane.clock.advance(1000);
    expect((await pod()).status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
    expect((await told()).filter((line) => line.includes('Failed'))).toEqual([
      'spec.containers{main} Warning Failed 1: Error: configmap "settings" not found',
    ]);
  });
  it('ends gracefully: it is gone when its containers have ended', async () => {
    await create({ [`${script}stop`]: '3s' });
    await plane.settle();
    await cluster.delete(Pod, key);
    await plane.clock.advance(2000);
    expect((await pod()).metadata.deletionTimestamp).toBeDefined();
    expect(await told()).toContain('spec.containers{main} Normal Killing 1: Stopping container main');
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
    const message = 'Pod was active on the node longer than the specified deadline';
    expect((await pod()).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded', message });
    expect(await told()).toContain(`- Normal DeadlineExceeded 1: ${message}`);
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
