import { ReconcileError } from '../../src/reconcile/controller.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { Application, ConfigMap, Deployment, Job, Secret } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps;
afterEach(async () => world.stop());

const at = (name: string) => ({ namespace: 'default', name });
const broken = { 'simulated.steersman.dev/ready': 'never' };
const job = (name: string, metadata: object = {}, spec: object = {}): KubeObject =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...metadata },
    spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: 'migrate:1' }] } } },
  }) as KubeObject;

describe('a sync', () => {
  it('brings a commit to the cluster and says so', async () => {
    world = await startGitOps();
    const commit = world.source.commit('repo', { 'a.yaml': yaml(configMap('settings', { k: '1' }), deployment('web')) });
    await world.application('shop');
    await world.synced('shop', commit);
    const { status } = await world.app('shop');
    expect(status).toMatchObject({
      sync: 'Synced',
      health: 'Healthy',
      current: { number: 1, commit },
      inventory: { count: 2 },
      operation: { type: 'sync', phase: 'Succeeded' },
      message: `${commit.slice(0, 7)} is applied and healthy`,
    });
    const live = await world.client.get(ConfigMap, at('settings'));
    expect(live.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([['steersman', 'Apply']]);
    expect((await world.client.get(Deployment, at('web'))).status?.availableReplicas).toBe(2);
    expect((await world.revisions('shop')).map((each) => [each.metadata.name, each.status?.outcome])).toEqual([['shop-1', 'Succeeded']]);
  });

  it('rolls a changed image out and records both revisions', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web')) });
    await world.application('shop');
    await world.synced('shop');
    const second = world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { image: 'web:2' })) });
    await world.synced('shop', second);
    const revisions = await world.revisions('shop');
    expect(revisions.map((each) => [each.spec.number, each.spec.commit === second, each.status?.outcome])).toEqual([
      [1, false, 'Succeeded'],
      [2, true, 'Succeeded'],
    ]);
    expect(revisions[1]?.spec.summary).toMatchObject({ configure: 1, unchanged: 0 });
  });

  it('does nothing for a commit that changes no manifest', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    await world.application('shop');
    await world.synced('shop');
    const before = await world.client.get(ConfigMap, at('a'));
    world.source.commit('repo', { 'a.yaml': `# a comment\n${yaml(configMap('a', { k: '1' }))}` });
    await world.cluster.settle();
    expect((await world.client.get(ConfigMap, at('a'))).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(await world.revisions('shop')).toHaveLength(1);
  });

  it('waits for a Job in an earlier wave before it goes on', async () => {
    world = await startGitOps();
    const wave = { annotations: { 'steersman.dev/wave': '-1' } };
    world.source.commit('repo', { 'a.yaml': yaml(job('migrate', wave), deployment('web')) });
    await world.application('shop');
    await world.synced('shop');
    const migrate = await world.client.get(Job, at('migrate'));
    const web = await world.client.get(Deployment, at('web'));
    expect(migrate.status?.succeeded).toBe(1);
    expect((web.metadata.creationTimestamp ?? '') >= (migrate.status?.completionTime ?? 'z')).toBe(true);
  });

  it('removes a field that left the manifest, also one of the first sync', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1', gone: '1' })) });
    await world.application('shop');
    await world.synced('shop');
    const second = world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    await world.synced('shop', second);
    expect((await world.client.get(ConfigMap, at('a'))).data).toEqual({ k: '1' });
  });

  it('is superseded by a newer commit while it waits', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { annotations: broken })) });
    await world.application('shop');
    await world.cluster.until(async () => (await world.revisions('shop')).length === 1);
    const good = world.source.commit('repo', { 'a.yaml': yaml(deployment('web')) });
    await world.synced('shop', good);
    expect((await world.revisions('shop')).map((each) => each.status?.outcome)).toEqual(['Superseded', 'Succeeded']);
  });
});

describe('a commit whose pods never get ready', () => {
  it('fails at its deadline, keeps the old pods and names the reason; a rollback holds; the next good commit resumes', async () => {
    world = await startGitOps();
    const good = world.source.commit('repo', { 'a.yaml': yaml(deployment('web')) });
    await world.application('shop', { sync: { deadline: '60s' } });
    await world.synced('shop', good);
    const bad = world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { image: 'web:bad', annotations: broken })) });
    await world.cluster.until(async () => (await world.app('shop')).status?.operation?.phase === 'Failed');
    const failed = (await world.app('shop')).status;
    expect(failed?.message).toContain('apps/Deployment default/web');
    expect(failed?.message).toContain('deadline of 60 s');
    expect(failed?.current?.commit).toBe(good);
    expect((await world.client.get(Deployment, at('web'))).status?.availableReplicas).toBe(2);
    await world.cluster.clock.advance(60_000);
    expect(await world.revisions('shop')).toHaveLength(2);

    const { status } = await world.ask('shop', { action: 'rollback', by: 'ann' });
    expect(status).toMatchObject({
      operation: { phase: 'Succeeded', type: 'rollback' },
      pinned: { revision: 1, badCommit: bad },
      current: { number: 3, commit: good },
    });
    await world.cluster.clock.advance(120_000);
    expect((await world.client.get(Deployment, at('web'))).spec.template.spec?.containers[0]?.image).toBe('web:1');
    const told = (await world.revisions('shop')).map(({ spec, status }) => [
      spec.cause?.type,
      spec.cause?.by,
      status?.outcome,
      status?.bad,
    ]);
    expect(told).toEqual([
      ['commit', undefined, 'Succeeded', undefined],
      ['commit', undefined, 'Failed', true],
      ['rollback', 'ann', 'Succeeded', undefined],
    ]);

    const next = world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { image: 'web:3' })) });
    await world.synced('shop', next);
    expect((await world.app('shop')).status?.pinned).toBeUndefined();
  });

  it('is rolled back by itself, once, where that is wished', async () => {
    world = await startGitOps();
    const good = world.source.commit('repo', { 'a.yaml': yaml(deployment('web')) });
    await world.application('shop', { sync: { deadline: '60s' }, rollback: 'auto' });
    await world.synced('shop', good);
    const bad = world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { image: 'web:bad', annotations: broken })) });
    await world.cluster.until(async () => (await world.app('shop')).status?.current?.number === 3);
    expect((await world.app('shop')).status?.pinned).toMatchObject({ revision: 1, badCommit: bad });
    expect((await world.client.get(Deployment, at('web'))).spec.template.spec?.containers[0]?.image).toBe('web:1');
  });

  it('is tried again when somebody resumes', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web')) });
    await world.application('shop', { sync: { deadline: '60s' } });
    await world.synced('shop');
    const second = world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { image: 'web:2' })) });
    await world.synced('shop', second);
    await world.ask('shop', { action: 'rollback' });
    const { status } = await world.ask('shop', { action: 'resume' });
    expect(status?.operation).toMatchObject({ type: 'resume', phase: 'Succeeded' });
    expect(status?.pinned).toBeUndefined();
    expect((await world.client.get(Deployment, at('web'))).spec.template.spec?.containers[0]?.image).toBe('web:2');
  });
});

describe('pruning', () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_unused, i) => [`many/m${i}.yaml`, yaml(configMap(`m${i}`, {}))]));
  it('deletes the objects of a removed file after the new ones are healthy', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'old.yaml': yaml(configMap('old', {})), 'web.yaml': yaml(deployment('web')) });
    await world.application('shop');
    await world.synced('shop');
    const slow = { 'simulated.steersman.dev/start': '20s' };
    world.source.commit('repo', { 'old.yaml': null, 'web.yaml': yaml(deployment('web', { image: 'web:2', annotations: slow })) });
    await world.cluster.clock.advance(10_000);
    expect(await world.find(ConfigMap, at('old'))).toBeDefined();
    await world.synced('shop');
    expect(await world.find(ConfigMap, at('old'))).toBeUndefined();
    expect((await world.app('shop')).status?.inventory?.count).toBe(1);
  });

  it('holds a removed folder of 15 objects until the plan is approved', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'keep.yaml': yaml(configMap('keep', {})), ...many(15) });
    await world.application('shop');
    await world.synced('shop');
    world.source.commit('repo', Object.fromEntries(Object.keys(many(15)).map((path) => [path, null])));
    await world.cluster.until(async () => (await world.app('shop')).status?.sync === 'Held');
    const { status } = await world.app('shop');
    expect(status?.held?.reasons).toEqual(['deletes 15 objects, more than 10']);
    expect(
      (await world.client.list(ConfigMap, { namespace: 'default' })).items.filter((each) => each.metadata.name.startsWith('m')),
    ).toHaveLength(15);
    await world.client.patch(Application, at('shop'), {
      metadata: { annotations: { 'steersman.dev/approve': status?.held?.planId ?? '' } },
    });
    await world.synced('shop');
    expect(
      (await world.client.list(ConfigMap, { namespace: 'default' })).items.filter((each) => each.metadata.name.startsWith('m')),
    ).toHaveLength(0);
    expect((await world.app('shop')).status?.held).toBeUndefined();
    expect((await world.revisions('shop')).at(-1)?.spec.cause?.type).toBe('approve');
  });

  it.each<[string, (world: TestGitOps) => void, RegExp]>([
    ['an emptied path', ({ source }) => void source.commit('repo', { 'a.yaml': null, 'README.md': 'nothing here' }), /no manifests/],
    ['a repository that vanishes', ({ source }) => source.remove('repo'), /no repository/],
    ['a file that does not parse', ({ source }) => void source.commit('repo', { 'a.yaml': 'a: [' }), /a\.yaml/],
  ])('deletes nothing for %s, and says why', async (_name, happens, reason) => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    await world.application('shop');
    await world.synced('shop');
    happens(world);
    await world.cluster.until(async () => (await world.app('shop')).status?.sync === 'Unknown');
    expect((await world.app('shop')).status?.message).toMatch(reason);
    await world.cluster.clock.advance(120_000);
    expect(await world.find(ConfigMap, at('a'))).toBeDefined();
  });

  it('tries a source that cannot be read again after 1 s, doubling to the interval, and anew after it could be', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    let asked: number[] = [];
    const failing = (operation: string): Error | undefined => {
      if (operation !== 'resolve') return undefined;
      asked.push(world.cluster.clock.now());
      return new ReconcileError('FetchFailed', 'the server is away');
    };
    const waits = () => {
      // a write to the status looks once more at the same moment
      const times = [...new Set(asked)];
      return times.slice(1).map((time, at) => Math.round((time - (times[at] ?? 0)) / 1000));
    };
    world.source.fail = failing;
    await world.application('shop', { source: { repo: 'repo', interval: '10s' } });
    await world.cluster.clock.advance(40_000);
    expect(waits()).toEqual([1, 2, 4, 8, 10, 10]);
    world.source.fail = undefined;
    await world.synced('shop');
    asked = [];
    world.source.fail = failing;
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '2' })) });
    await world.cluster.clock.advance(8000);
    expect(waits()).toEqual([1, 2, 4]);
  });

  it('leaves what moves to another application', async () => {
    world = await startGitOps();
    world.source.commit('repo', {
      'one/a.yaml': yaml(configMap('a', { k: '1' }), configMap('one', {})),
      'two/b.yaml': yaml(configMap('two', {})),
    });
    await world.application('one', { source: { repo: 'repo', path: 'one' } });
    await world.application('two', { source: { repo: 'repo', path: 'two' } });
    await world.synced('one');
    await world.synced('two');
    const { uid } = (await world.client.get(ConfigMap, at('a'))).metadata;
    world.source.commit('repo', {
      'one/a.yaml': yaml(configMap('one', {})),
      'two/b.yaml': yaml(configMap('two', {}), configMap('a', { k: '1' })),
    });
    await world.cluster.until(
      async () => (await world.app('two')).status?.inventory?.count === 2 && (await world.app('two')).status?.sync === 'Synced',
    );
    const moved = await world.client.get(ConfigMap, at('a'));
    expect([moved.metadata.uid, moved.metadata.labels?.['steersman.dev/application']]).toEqual([uid, 'default.two']);
    expect((await world.app('one')).status?.inventory?.count).toBe(1);
  });

  it('deletes everything in the end when the Application is deleted', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', {}), deployment('web')) });
    await world.application('shop');
    await world.synced('shop');
    await world.client.delete(Application, at('shop'));
    await world.cluster.until(async () => (await world.find(Application, at('shop'))) === undefined);
    expect(await world.find(ConfigMap, at('a'))).toBeUndefined();
    expect(await world.find(Deployment, at('web'))).toBeUndefined();
    await world.cluster.settle();
    expect(
      (await world.client.list(Secret, { namespace: 'default' })).items.filter((each) => each.type === 'steersman.dev/manifests'),
    ).toEqual([]);
  });
});

describe('a hook', () => {
  it('runs before the sync, once for the same manifests, and again for new ones', async () => {
    world = await startGitOps();
    const hook = job('migrate', { annotations: { 'steersman.dev/hook': 'PreSync' } }, { ttlSecondsAfterFinished: 5 });
    world.source.commit('repo', { 'a.yaml': yaml(hook, configMap('a', { k: '1' })) });
    await world.application('shop');
    await world.synced('shop');
    await world.cluster.until(async () => (await world.find(Job, at('migrate'))) === undefined);
    world.source.touch('repo');
    await world.cluster.clock.advance(60_000);
    expect(await world.find(Job, at('migrate'))).toBeUndefined();
    const second = world.source.commit('repo', { 'a.yaml': yaml(hook, configMap('a', { k: '2' })) });
    await world.synced('shop', second);
    const again = await world.client.get(Job, at('migrate'));
    expect(again.status?.succeeded).toBe(1);
  });
});
