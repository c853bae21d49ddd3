import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { template, untilStatus } from './workloads.ts';

const plane = conformance({ nodes: 3 });
interface Space {
  readonly sets: Resource;
  readonly pods: Resource;
  readonly revisions: Resource;
}
const nodes = () => plane.admin.resource('v1', 'nodes');
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, namespace);
  return { sets: of('apps/v1', 'daemonsets'), pods: of('v1', 'pods'), revisions: of('apps/v1', 'controllerrevisions') };
}
function daemonSet(more: { image?: string; pod?: Fields; spec?: Fields; script?: Record<string, string> } = {}): Live {
  const { image = 'httpd:2.4', pod = {}, script = {} } = more;
  const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 };
  const of = template('daemon', { image, script, spec: { containers: [{ name: 'main', image, readinessProbe }], ...pod } });
  const spec = { selector: { matchLabels: { name: 'daemon' } }, template: of, ...more.spec };
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'daemon', labels: { set: 'daemon' } }, spec } as unknown as Live;
}
const nodesOf = async ({ pods }: Space) =>
  (await pods.list()).items.map(({ spec }) => (spec as { nodeName?: string }).nodeName ?? '').sort();
const imagesOf = async ({ pods }: Space) =>
  (await pods.list()).items.map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image);
const everywhere = async ({ sets }: Space, count = 3) =>
  untilStatus(plane, sets, 'daemon', { numberAvailable: count, updatedNumberScheduled: count, desiredNumberScheduled: count });

describe('apps/daemon_set.go', () => {
  it('[sig-apps] Daemon set should run and stop simple daemon', async () => {
    const here = await space();
    await here.sets.create(daemonSet());
    await everywhere(here);
    expect(await nodesOf(here)).toEqual(['node-1', 'node-2', 'node-3']);
    const [first] = await here.pods.names();
    await here.pods.delete(first ?? '');
    await plane.until(async () => (await nodesOf(here)).length === 3 && !(await here.pods.names()).includes(first ?? ''));
    await here.sets.delete('daemon');
    await plane.until(async () => (await here.pods.names()).length === 0);
  });

  it('[sig-apps] Daemon set should run and stop complex daemon', async () => {
    const here = await space();
    await here.sets.create(daemonSet({ pod: { nodeSelector: { colour: 'blue' } } }));
    await plane.until(async () => fieldsOf(await here.sets.get('daemon'), 'status')['observedGeneration'] === 1);
    expect(await nodesOf(here)).toEqual([]);
    await nodes().patch('node-1', { metadata: { labels: { colour: 'blue' } } });
    await plane.until(async () => (await nodesOf(here)).join() === 'node-1');
    await nodes().patch('node-1', { metadata: { labels: { colour: 'green' } } });
    await plane.until(async () => (await nodesOf(here)).length === 0);
    const spec = { template: { spec: { nodeSelector: { colour: 'green' } } }, updateStrategy: { type: 'RollingUpdate' } };
    await here.sets.patch('daemon', { spec });
    await plane.until(async () => (await nodesOf(here)).join() === 'node-1');
    await nodes().patch('node-1', { metadata: { labels: { colour: null } } });
    await plane.until(async () => (await nodesOf(here)).length === 0);
  });

  it('[sig-apps] Daemon set should retry creating failed daemon pods', async () => {
    const here = await space();
    await here.sets.create(daemonSet());
    await everywhere(here);
    const [first] = (await here.pods.list()).items;
    const name = first?.metadata.name ?? '';
    await here.pods.patch(name, { status: { phase: 'Failed' } }, { subresource: 'status' });
    await plane.until(async () => !(await here.pods.names()).includes(name));
    await everywhere(here);
    expect(await nodesOf(here)).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('[sig-apps] Daemon set should update pod when spec was updated and update strategy is RollingUpdate', async () => {
    const here = await space();
    await here.sets.create(daemonSet({ spec: { updateStrategy: { type: 'RollingUpdate' } } }));
    await everywhere(here);
    const hashes = async () => (await here.revisions.list()).items.map(({ metadata }) => metadata.labels?.['controller-revision-hash']);
    const [before] = await hashes();
    await here.sets.patch(
      'daemon',
      { spec: { template: { spec: { containers: [{ name: 'main', image: 'agnhost:1' }] } } } },
      { type: 'strategic' },
    );
    await plane.until(async () => (await imagesOf(here)).join() === 'agnhost:1,agnhost:1,agnhost:1');
    await everywhere(here);
    const after = (await hashes()).find((hash) => hash !== before);
    expect((await here.pods.list()).items.map(({ metadata }) => metadata.labels?.['controller-revision-hash'])).toEqual([
      after,
      after,
      after,
    ]);
  });

  it('[sig-apps] Daemon set should rollback without unnecessary restarts', async () => {
    const here = await space();
    await here.sets.create(daemonSet({ spec: { updateStrategy: { type: 'RollingUpdate' } } }));
    await everywhere(here);
    const before = (await here.pods.list()).items.map(({ metadata }) => metadata.uid);
    const set = await here.sets.get('daemon');
    const broken = daemonSet({ image: 'foo:non-existent', script: { ready: 'never' } });
    await here.sets.update({ ...set, spec: { ...(set.spec as Fields), template: (broken.spec as Fields)['template'] } });
    await plane.until(async () => (await imagesOf(here)).includes('foo:non-existent'));
    await plane.cluster.clock.advance(30_000);
    const kept = (await here.pods.list()).items.filter(({ metadata }) => before.includes(metadata.uid)).map(({ metadata }) => metadata.uid);
    expect(kept).toHaveLength(2);
    const now = await here.sets.get('daemon');
    await here.sets.update({ ...now, spec: set.spec });
    await everywhere(here);
    const after = (await here.pods.list()).items.map(({ metadata }) => metadata.uid);
    expect(after.filter((uid) => before.includes(uid))).toEqual(kept);
    expect(new Set(await imagesOf(here))).toEqual(new Set(['httpd:2.4']));
  });
});

describe('apps/controller_revision.go', () => {
  it('[sig-apps] ControllerRevision should manage the lifecycle of a ControllerRevision', async () => {
    const here = await space();
    await here.sets.create(daemonSet({ spec: { updateStrategy: { type: 'OnDelete' } } }));
    await everywhere(here);
    const [initial] = (await here.revisions.list({ labelSelector: 'name=daemon' })).items as Live[];
    const name = initial?.metadata.name ?? '';
    const patched = await here.revisions.patch(name, { metadata: { labels: { [name]: 'patched' } } });
    expect(patched.metadata.labels).toMatchObject({ [name]: 'patched' });
    const { data, metadata } = initial as Live & { data: Fields };
    const made = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: `${name}-2`, labels: metadata.labels },
      data,
      revision: 2,
    };
    // Of another template: the set keeps one revision of each.
    const other = { ...made, data: { spec: { template: { metadata: { labels: { name: 'daemon' } }, spec: { containers: [] } } } } };
    expect(await here.revisions.create(other)).toMatchObject({ revision: 2 });
    const updated = await here.revisions.update(withMetadata(await here.revisions.get(name), { labels: { [name]: 'updated' } }));
    expect(updated.metadata.labels).toMatchObject({ [name]: 'updated' });
    await here.revisions.delete(`${name}-2`);
    await plane.until(async () => !(await here.revisions.names()).includes(`${name}-2`));
    await here.sets.patch('daemon', { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } });
    await plane.until(async () => (await here.revisions.names()).length === 2);
    await here.revisions.deleteCollection(`${name}=updated`);
    await plane.until(async () => !(await here.revisions.names()).includes(name));
    expect(await here.revisions.names()).toHaveLength(1);
  });
});
