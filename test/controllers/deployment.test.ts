import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, Pod, ReplicaSet } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { templateHash } from '../../src/controllers/deployment/template-hash.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, eventsOf, namespace, podsOf, recordMoments, setsOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const web = { namespace, name: 'web' };
const get = () => admin.get(Deployment, web);
const condition = async (type: string) => {
  const found = (await get()).status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : { status: found.status, reason: found.reason, message: found.message };
};
const setImage = (image: string) =>
  edit(admin, Deployment, 'web', (object) => void (object.spec.template.spec!.containers[0]!.image = image));
const setScript = (
  object: { spec: { template: { metadata?: { annotations?: Record<string, string> } } } },
  script: Record<string, string>,
) => {
  object.spec.template.metadata!.annotations = Object.fromEntries(
    Object.entries(script).map(([key, value]) => [`simulated.steersman.dev/${key}`, value]),
  );
};
const sizes = async () => (await setsOf(admin, 'web')).map((set) => set.spec.replicas);
const imagesOf = async () => [...new Set((await podsOf(admin, 'web')).map((pod) => pod.spec.containers[0]?.image))];

describe('a Deployment that is new', () => {
  it('makes a ReplicaSet, reports progress and is complete', async () => {
    await admin.create(Deployment, deploymentOf('web', { script: { ready: '2s' } }));
    await cluster.settle();
    const { status } = await get();
    expect({ ...status, conditions: undefined }).toEqual({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      conditions: undefined,
    });
    const [set] = await setsOf(admin, 'web');
    expect(await condition('Available')).toEqual({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    });
    expect(await condition('Progressing')).toEqual({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
    });
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
    });
    expect(await eventsOf(admin, 'Deployment', 'web')).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 3`,
    ]);
  });

  it('says that it waits for its pods until the deadline, and then that it does not', async () => {
    await admin.create(Deployment, deploymentOf('web', { script: { ready: 'never' }, spec: { progressDeadlineSeconds: 60 } }));
    await cluster.clock.advance(59_000);
    expect((await condition('Progressing'))?.reason).toBe('ReplicaSetUpdated');
    await cluster.clock.advance(3_000);
    const [set] = await setsOf(admin, 'web');
    expect(await condition('Progressing')).toEqual({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set?.metadata.name}" has timed out progressing.`,
    });
    expect(await condition('Available')).toEqual({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    });
  });
});

describe('a rolling update', () => {
  it.each([
    { maxSurge: '25%', maxUnavailable: '25%', replicas: 10, least: 8, most: 13 },
    { maxSurge: 1, maxUnavailable: 0, replicas: 4, least: 4, most: 5 },
    { maxSurge: 0, maxUnavailable: 1, replicas: 4, least: 3, most: 4 },
    { maxSurge: '100%', maxUnavailable: 0, replicas: 3, least: 3, most: 6 },
  ])(
    'keeps $least pods available and has never more than $most, of $replicas with surge $maxSurge and unavailable $maxUnavailable',
    async (row) => {
      const rollingUpdate = { maxSurge: row.maxSurge, maxUnavailable: row.maxUnavailable };
      const options = {
        replicas: row.replicas,
        script: { ready: '3s', start: '1s' },
        spec: { strategy: { type: 'RollingUpdate' as const, rollingUpdate } },
      };
      await admin.create(Deployment, deploymentOf('web', options));
      await cluster.settle();
      const recording = recordMoments(cluster, 'web');
      await setImage('web:2');
      await cluster.settle();
      await recording.stop();
      expect(Math.min(...recording.moments.map((moment) => moment.available))).toBeGreaterThanOrEqual(row.least);
      expect(Math.max(...recording.moments.map((moment) => moment.active))).toBeLessThanOrEqual(row.most);
      expect(await imagesOf()).toEqual(['web:2']);
      expect(await sizes()).toEqual([0, row.replicas]);
      expect((await condition('Progressing'))?.reason).toBe('NewReplicaSetAvailable');
      expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    },
  );

  it('with a bad image fails at the deadline, and the old pods stay', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 4, spec: { progressDeadlineSeconds: 30 } }));
    await cluster.settle();
    await edit(admin, Deployment, 'web', (object) => {
      object.spec.template.spec!.containers[0]!.image = 'web:bad';
      setScript(object, { failure: 'ErrImagePull: no such image' });
    });
    await cluster.clock.advance(40_000);
    expect((await condition('Progressing'))?.reason).toBe('ProgressDeadlineExceeded');
    expect((await condition('Available'))?.status).toBe('True');
    const pods = await podsOf(admin, 'web');
    const ready = pods.filter((pod) => pod.status?.containerStatuses?.[0]?.ready);
    expect(ready.map((pod) => pod.spec.containers[0]?.image)).toEqual(['web:1', 'web:1', 'web:1']);
    expect(await sizes()).toEqual([3, 2]);
  });

  it('that is changed back midway goes on with the old ReplicaSet', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 6, script: { ready: '5s' } }));
    await cluster.settle();
    await setImage('web:2');
    await cluster.clock.advance(7_000);
    await setImage('web:1');
    await cluster.settle();
    expect(await imagesOf()).toEqual(['web:1']);
    const sets = await setsOf(admin, 'web');
    expect(sets.map((set) => [set.metadata.annotations?.['deployment.kubernetes.io/revision'], set.spec.replicas])).toEqual([
      ['2', 0],
      ['3', 6],
    ]);
  });
});

describe('scaling', () => {
  it('up to 50 and down to 2 ends with 2 pods', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 50));
    await cluster.settle();
    expect(await podsOf(admin, 'web')).toHaveLength(50);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 2));
    await cluster.settle();
    expect(await podsOf(admin, 'web')).toHaveLength(2);
    expect((await get()).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 3 });
  });

  it('in the middle of a rollout grows old and new in proportion', async () => {
    const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
    await admin.create(Deployment, deploymentOf('web', { replicas: 10, spec: { strategy: { type: 'RollingUpdate', rollingUpdate } } }));
    await cluster.settle();
    await edit(admin, Deployment, 'web', (object) => {
      object.spec.template.spec!.containers[0]!.image = 'web:2';
      setScript(object, { ready: 'never' });
    });
    await cluster.clock.advance(5_000);
    expect(await sizes()).toEqual([8, 5]);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 15));
    await cluster.clock.advance(5_000);
    expect(await sizes()).toEqual([11, 7]);
  });
});

describe('pods of a Deployment that go', () => {
  it('are counted until they have ended, in the status of their ReplicaSet and summed up in its own', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 3, script: { stop: '20s' } }));
    await cluster.settle();
    const going = async () => [(await get()).status, ...(await setsOf(admin, 'web')).map(({ status }) => status)].map(numbers);
    const numbers = (status: { replicas?: number; terminatingReplicas?: number } | undefined) => [
      status?.replicas,
      status?.terminatingReplicas,
    ];
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 1));
    await cluster.clock.advance(5_000);
    expect(await going()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
    await edit(admin, Deployment, 'web', (object) => void (object.spec.template.spec!.containers[0]!.image = 'web:2'));
    await cluster.clock.advance(10_000);
    expect((await going())[0]).toEqual([1, 3]);
    await cluster.settle();
    expect((await going())[0]).toEqual([1, 0]);
    expect((await setsOf(admin, 'web')).map(({ status }) => status?.terminatingReplicas)).toEqual([0, 0]);
  });
});

describe('a paused Deployment', () => {
  it('scales but does not roll, and rolls when it is resumed', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    await edit(admin, Deployment, 'web', (object) => void (object.spec.paused = true));
    await setImage('web:2');
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 5));
    await cluster.settle();
    expect(await imagesOf()).toEqual(['web:1']);
    expect(await sizes()).toEqual([5]);
    expect(await condition('Progressing')).toEqual({ status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
    await edit(admin, Deployment, 'web', (object) => void delete object.spec.paused);
    await cluster.settle();
    expect(await imagesOf()).toEqual(['web:2']);
    expect((await condition('Progressing'))?.reason).toBe('NewReplicaSetAvailable');
  });
});

describe('Recreate', () => {
  it('ends all old pods before the first new one comes', async () => {
    await admin.create(Deployment, deploymentOf('web', { script: { stop: '4s' }, spec: { strategy: { type: 'Recreate' } } }));
    await cluster.settle();
    const seen: string[][] = [];
    await setImage('web:2');
    for (let second = 0; second < 15; second++) {
      seen.push((await imagesOf()) as string[]);
      await cluster.clock.advance(1_000);
    }
    expect(seen.filter((images) => images.length > 1)).toEqual([]);
    expect(await imagesOf()).toEqual(['web:2']);
    expect(await podsOf(admin, 'web')).toHaveLength(3);
  });
});

describe('history', () => {
  it('rolling back reuses the ReplicaSet of the older revision and remembers its number', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    const [first] = await setsOf(admin, 'web');
    await setImage('web:2');
    await cluster.settle();
    await setImage('web:1');
    await cluster.settle();
    const sets = await setsOf(admin, 'web');
    expect(sets).toHaveLength(2);
    expect(sets[1]?.metadata.uid).toBe(first?.metadata.uid);
    expect(sets[1]?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  it('goes back by what kubectl rollout undo sends, and restarts by what kubectl rollout restart sends', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    const [first] = await setsOf(admin, 'web');
    await setImage('web:2');
    await cluster.settle();
    const template = structuredClone(first?.spec.template);
    delete template?.metadata?.labels?.['pod-template-hash'];
    Object.assign(template?.metadata ?? {}, { creationTimestamp: null });
    await admin.patch(Deployment, web, [
      { op: 'replace', path: '/spec/template', value: template },
      { op: 'replace', path: '/metadata/annotations', value: { 'deployment.kubernetes.io/revision': '2' } },
    ]);
    await cluster.settle();
    expect(await setsOf(admin, 'web')).toHaveLength(2);
    expect((await admin.get(ReplicaSet, { namespace, name: first?.metadata.name ?? '' })).spec.replicas).toBe(3);
    const restartedAt = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    await admin.patch(Deployment, web, { spec: { template: { metadata: { annotations: restartedAt } } } });
    await cluster.settle();
    expect(await sizes()).toEqual([0, 0, 3]);
    expect((await podsOf(admin, 'web')).map((pod) => pod.metadata.annotations)).toEqual([restartedAt, restartedAt, restartedAt]);
  });

  it('hands annotations to the ReplicaSet, but not those that describe the Deployment alone', async () => {
    const web = deploymentOf('web');
    web.metadata.annotations = { 'kubernetes.io/change-cause': 'first', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    await admin.create(Deployment, web);
    await cluster.settle();
    const [set] = await setsOf(admin, 'web');
    expect(set?.metadata.annotations?.['kubernetes.io/change-cause']).toBe('first');
    expect(set?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toBeUndefined();
  });

  it('keeps revisionHistoryLimit old ReplicaSets', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 1, spec: { revisionHistoryLimit: 2 } }));
    for (let version = 2; version <= 5; version++) {
      await cluster.settle();
      await setImage(`web:${version}`);
    }
    await cluster.settle();
    expect((await setsOf(admin, 'web')).map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual([
      '3',
      '4',
      '5',
    ]);
  });
});

describe('ReplicaSets of others', () => {
  it('a hash collision makes another name and is counted', async () => {
    const wanted = deploymentOf('web');
    const defaulted = await admin.create(Deployment, wanted, { dryRun: true });
    const foreign = await admin.create(ReplicaSet, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `web-${templateHash(defaulted.spec.template)}`, namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { other: 'yes' } },
        template: { metadata: { labels: { other: 'yes' } }, spec: wanted.spec.template.spec! },
      },
    });
    await admin.create(Deployment, wanted);
    await cluster.settle();
    const [set] = await setsOf(admin, 'web');
    expect(set?.metadata.name).toBe(`web-${templateHash(defaulted.spec.template, 1)}`);
    expect((await get()).status?.collisionCount).toBe(1);
    expect((await admin.get(ReplicaSet, { namespace, name: foreign.metadata.name })).spec.replicas).toBe(0);
    expect(await podsOf(admin, 'web')).toHaveLength(3);
  });

  it('adopts orphans that its selector matches, and releases those it no longer matches', async () => {
    await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    await admin.delete(Deployment, web, { propagation: 'Orphan' });
    await cluster.settle();
    const [orphan] = await setsOf(admin, 'web');
    expect(orphan?.metadata.ownerReferences).toBeUndefined();
    const created = await admin.create(Deployment, deploymentOf('web'));
    await cluster.settle();
    const [adopted] = await setsOf(admin, 'web');
    expect(adopted?.metadata.uid).toBe(orphan?.metadata.uid);
    expect(adopted?.metadata.ownerReferences?.[0]?.uid).toBe(created.metadata.uid);
    await edit(admin, ReplicaSet, orphan?.metadata.name ?? '', (object) => void (object.metadata.labels = { app: 'other' }));
    await cluster.settle();
    const released = await admin.get(ReplicaSet, { namespace, name: orphan?.metadata.name ?? '' });
    expect(released.metadata.ownerReferences).toBeUndefined();
  });
});

it('a Deployment at rest writes nothing', async () => {
  await admin.create(Deployment, deploymentOf('web'));
  await cluster.settle();
  const before = (await get()).metadata.resourceVersion;
  const pods = (await admin.list(Pod)).resourceVersion;
  await cluster.clock.advance(5_000);
  expect((await get()).metadata.resourceVersion).toBe(before);
  expect((await admin.list(Pod)).items.every((pod) => Number(pod.metadata.resourceVersion) <= Number(pods))).toBe(true);
});
