import { afterEach, describe, expect, it } from 'vitest';
import { Application, ConfigMap, Deployment, HorizontalPodAutoscaler } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps;
afterEach(async () => world.stop());

const at = (name: string) => ({ namespace: 'default', name });
const by = (fieldManager: string) => ({ fieldManager });
async function web(spec: object = {}, options: Parameters<typeof deployment>[1] = {}): Promise<void> {
  world = await startGitOps();
  world.source.commit('repo', { 'a.yaml': yaml(deployment('web', options), configMap('settings', { k: '1' })) });
  await world.application('shop', spec);
  await world.synced('shop');
}
const replicas = async () => (await world.client.get(Deployment, at('web'))).spec.replicas;

describe('drift', () => {
  it.each<[string, () => Promise<unknown>, () => Promise<unknown>, unknown]>([
    ['a scale', () => world.client.patch(Deployment, at('web'), { spec: { replicas: 5 } }, by('kubectl-scale')), replicas, 2],
    [
      'an edit',
      () => world.client.patch(ConfigMap, at('settings'), { data: { k: '9' } }, by('kubectl-edit')),
      async () => (await world.client.get(ConfigMap, at('settings'))).data,
      { k: '1' },
    ],
    [
      'a deletion',
      () => world.client.delete(Deployment, at('web')),
      async () => (await world.find(Deployment, at('web'))) !== undefined,
      true,
    ],
    [
      'a field that is taken out',
      () => world.client.patch(ConfigMap, at('settings'), { data: { k: null } }, by('kubectl-edit')),
      async () => (await world.client.get(ConfigMap, at('settings'))).data,
      { k: '1' },
    ],
  ])('by %s is healed within a second', async (_name, happens, look, healed) => {
    await web();
    await happens();
    await world.cluster.clock.advance(1000);
    expect(await look()).toEqual(healed);
  });

  it('is told with the name of who wrote it', async () => {
    await web();
    await world.client.patch(Deployment, at('web'), { spec: { replicas: 5 } }, by('kubectl-scale'));
    await world.cluster.clock.advance(2000);
    expect((await world.events('DriftHealed')).map((event) => event.message)).toEqual([
      'apps/Deployment default/web: spec.replicas was changed by kubectl-scale; it is set back',
    ]);
    expect(await world.revisions('shop')).toHaveLength(1);
  });

  it('is healed and told while a sync runs, too', async () => {
    await web();
    const slow = { 'simulated.steersman.dev/start': '60s' };
    world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { image: 'web:2', annotations: slow }), configMap('settings', { k: '2' })),
    });
    await world.cluster.clock.advance(5000);
    expect((await world.app('shop')).status?.operation?.phase).toBe('Running');
    await world.client.patch(ConfigMap, at('settings'), { data: { k: '9' } }, by('kubectl-edit'));
    await world.cluster.clock.advance(1000);
    await world.client.delete(ConfigMap, at('settings'));
    await world.cluster.clock.advance(2000);
    expect((await world.app('shop')).status?.operation?.phase).toBe('Running');
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '2' });
    expect((await world.events('DriftHealed')).map((event) => event.message)).toEqual([
      'ConfigMap default/settings: data.k was changed by kubectl-edit; it is set back',
      'ConfigMap default/settings was deleted; it is made again',
    ]);
    await world.synced('shop');
  });

  it('leaves fields alone that the manifest does not have', async () => {
    await web();
    await world.client.patch(ConfigMap, at('settings'), { data: { mine: 'x' }, metadata: { labels: { team: 'a' } } }, by('kubectl-edit'));
    await world.cluster.clock.advance(10_000);
    const live = await world.client.get(ConfigMap, at('settings'));
    expect([live.data, live.metadata.labels?.['team']]).toEqual([{ k: '1', mine: 'x' }, 'a']);
  });

  it('leaves fields of a respected manager alone, also in the next sync', async () => {
    await web({ respect: ['scaler'] });
    await world.client.patch(Deployment, at('web'), { spec: { replicas: 5 } }, by('scaler'));
    await world.cluster.clock.advance(10_000);
    expect(await replicas()).toBe(5);
    const second = world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { image: 'web:2' }), configMap('settings', { k: '1' })),
    });
    await world.synced('shop', second);
    expect(await replicas()).toBe(5);
    expect((await world.app('shop')).status?.sync).toBe('Synced');
  });

  it('leaves replicas alone while an autoscaler targets the object', async () => {
    await web();
    const autoscaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'default' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 9 },
    };
    await world.client.create(HorizontalPodAutoscaler, autoscaler as HorizontalPodAutoscaler);
    await world.cluster.clock.advance(1000);
    await world.client.patch(
      Deployment,
      at('web'),
      { spec: { replicas: 7 } },
      { fieldManager: 'kube-controller-manager', subresource: 'scale' },
    );
    await world.cluster.clock.advance(10_000);
    expect(await replicas()).toBe(7);
  });

  it('is only said where that is wished', async () => {
    await web({ drift: 'report' });
    await world.client.patch(Deployment, at('web'), { spec: { replicas: 5 } }, by('kubectl-scale'));
    await world.cluster.clock.advance(5000);
    expect(await replicas()).toBe(5);
    const { status } = await world.app('shop');
    expect(status?.sync).toBe('OutOfSync');
    expect(status?.message).toMatch(
      /^apps\/Deployment default\/web: spec.replicas was changed by kubectl-scale since .*; it is only reported/,
    );
  });

  it('is not healed while the application is suspended', async () => {
    await web();
    await world.client.patch(Application, at('shop'), { spec: { suspend: true } });
    await world.client.patch(Deployment, at('web'), { spec: { replicas: 5 } }, by('kubectl-scale'));
    await world.cluster.clock.advance(5000);
    expect(await replicas()).toBe(5);
    await world.client.patch(Application, at('shop'), { spec: { suspend: false } });
    await world.cluster.clock.advance(1000);
    expect(await replicas()).toBe(2);
  });

  it('of two writers that fight is backed off, and both are named', async () => {
    await web();
    for (let round = 0; round < 6; round++) {
      await world.client.patch(ConfigMap, at('settings'), { data: { k: `other-${round}` } }, by('rival'));
      await world.cluster.clock.advance(1000);
    }
    const [event] = await world.events('WritersFight');
    expect(event?.message).toMatch(
      /^ConfigMap default\/settings: steersman and rival both keep setting data\.k; it is left alone for 10 s$/,
    );
    const { status } = await world.app('shop');
    expect(status?.sync).toBe('OutOfSync');
    expect(status?.message).toContain('steersman and rival both keep setting it; next try at');
    await world.cluster.clock.advance(30_000);
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '1' });
  });

  it('is set back ten seconds after the other writer has stopped at the latest, however long the two fought', async () => {
    await web();
    for (let round = 0; round < 90; round++) {
      await world.client.patch(ConfigMap, at('settings'), { data: { k: `other-${round}` } }, by('rival'));
      await world.cluster.clock.advance(1000);
    }
    await world.cluster.clock.advance(10_000);
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '1' });
    const { status } = await world.app('shop');
    expect(status?.sync).toBe('Synced');
  });
});

describe('an object that is there already', () => {
  async function existing(manifest: KubeObject, spec: object = {}): Promise<void> {
    world = await startGitOps();
    await world.client.create(
      ConfigMap,
      { ...(configMap('settings', { k: 'old', extra: 'x' }) as ConfigMap), metadata: { name: 'settings', namespace: 'default' } },
      by('kubectl-create'),
    );
    world.source.commit('repo', { 'a.yaml': yaml(manifest) });
    await world.application('shop', spec);
  }
  it('is taken over only after approval, and then what kubectl had set and the manifest lacks goes', async () => {
    await existing(configMap('settings', { k: 'new' }));
    await world.cluster.until(async () => (await world.app('shop')).status?.sync === 'Held');
    const { status } = await world.app('shop');
    expect(status?.held?.reasons).toEqual(['takes over ConfigMap default/settings, which belongs to nobody']);
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: 'old', extra: 'x' });
    await world.client.patch(Application, at('shop'), {
      metadata: { annotations: { 'steersman.dev/approve': status?.held?.planId ?? '' } },
    });
    await world.synced('shop');
    const live = await world.client.get(ConfigMap, at('settings'));
    expect(live.data).toEqual({ k: 'new' });
    expect(live.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([['steersman', 'Apply']]);
  });
  it.each<[string, KubeObject, object]>([
    ['the application', configMap('settings', { k: 'new' }), { sync: { adopt: true } }],
    ['the manifest', configMap('settings', { k: 'new' }, { annotations: { 'steersman.dev/adopt': 'true' } }), {}],
  ])('is taken over at once where %s says so', async (_name, manifest, spec) => {
    await existing(manifest, spec);
    await world.synced('shop');
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: 'new' });
  });
});

describe('a field that somebody else owns', () => {
  it('stops the sync until the manifest takes it', async () => {
    await web();
    await world.client.patch(ConfigMap, at('settings'), { data: { port: '80' } }, by('installer'));
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web'), configMap('settings', { k: '1', port: '8080' })) });
    await world.cluster.until(async () => (await world.app('shop')).status?.sync === 'OutOfSync');
    await world.cluster.clock.advance(5000);
    expect((await world.app('shop')).status?.message).toContain(
      'ConfigMap default/settings: data.port was set by installer and never by this application',
    );
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '1', port: '80' });
    const take = { annotations: { 'steersman.dev/take': 'true' } };
    const taken = world.source.commit('repo', { 'a.yaml': yaml(deployment('web'), configMap('settings', { k: '1', port: '8080' }, take)) });
    await world.synced('shop', taken);
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '1', port: '8080' });
  });
});
