import { afterEach, describe, expect, it } from 'vitest';
import { Application, ApplicationRevision, ConfigMap, Secret } from '../../src/api/kinds.generated.ts';
import { canonicalJson } from '../../src/base/json.ts';
import { chunksOf, readChunks, type StoredManifest } from '../../src/gitops/chunks.ts';
import { diffManifests, manifestsOf, withoutCredentials } from '../../src/gitops/history.ts';
import { shortHash } from '../../src/gitops/tracking.ts';
import { configMap, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

function stored(name: string, data: Record<string, string>, kind = 'ConfigMap'): StoredManifest {
  const object = { ...configMap(name, data, { namespace: 'default' }), kind };
  return {
    name: `${kind} default/${name}`,
    object,
    digest: shortHash(canonicalJson(object), 32),
    origin: { path: `${name}.yaml`, line: 1 },
    blob: shortHash(name + JSON.stringify(data), 40),
  };
}

describe('chunks', () => {
  const many = Array.from({ length: 1000 }, (_unused, i) => stored(`m${i}`, { text: 'x'.repeat(1000) }));
  it('hold everything once, each at most 256 KiB', () => {
    const chunks = chunksOf('shop', many);
    expect(chunks.flatMap((chunk) => chunk.items.map((item) => item.name)).sort()).toEqual(many.map((item) => item.name).sort());
    expect(chunks.length).toBeGreaterThan(8);
    for (const chunk of chunks) expect(JSON.stringify(chunk.items).length).toBeLessThan(256 * 1024);
  });
  it('change one by one: one changed object changes one chunk, whatever the order', () => {
    const before = new Set(chunksOf('shop', many).map((chunk) => chunk.name));
    const changed = [...many.slice(1), stored('m0', { text: 'y'.repeat(1000) })].reverse();
    expect(chunksOf('shop', changed).filter((chunk) => !before.has(chunk.name))).toHaveLength(1);
  });
  it('are named without a value of a Secret', () => {
    const one = { ...stored('s', { k: 'b25l' }, 'Secret'), digest: 'd', blob: 'b' };
    const two = { ...stored('s', { k: 'dHdv' }, 'Secret'), digest: 'd', blob: 'b' };
    expect(chunksOf('shop', [one]).map((chunk) => chunk.name)).toEqual(chunksOf('shop', [two]).map((chunk) => chunk.name));
  });
});

describe('diffManifests', () => {
  it('says what one revision changes against another, with Secrets masked', () => {
    const from = [stored('a', { k: '1' }), stored('gone', {}), stored('same', {}), stored('s', { password: 'b25l' }, 'Secret')];
    const to = [stored('a', { k: '2' }), stored('new', {}), stored('same', {}), stored('s', { password: 'dHdv' }, 'Secret')];
    const steps = diffManifests(from, to);
    expect(steps.map((step) => [step.action, step.ref.name])).toEqual([
      ['configure', 'a'],
      ['prune', 'gone'],
      ['create', 'new'],
      ['configure', 's'],
    ]);
    expect(JSON.stringify(steps)).not.toMatch(/b25l|dHdv/);
  });
});

describe('history', () => {
  it('keeps so many revisions, the manifests of those, and goes back without the source', async () => {
    const here = (world = await startGitOps());
    const commits: string[] = [];
    here.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '0' })) });
    await here.application('shop', { historyLimit: 3 });
    await here.synced('shop');
    for (let i = 1; i <= 5; i++) {
      commits.push(here.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: String(i) })) }));
      await here.synced('shop', commits.at(-1));
    }
    const revisions = await here.revisions('shop');
    expect(revisions.map((each) => each.spec.number)).toEqual([4, 5, 6]);
    const kept = (await here.client.list(Secret, { namespace: 'default' })).items.filter((each) => each.type === 'steersman.dev/manifests');
    expect(kept).toHaveLength(3);
    const manifests = await Promise.all(revisions.map((revision) => manifestsOf(here.client, revision)));
    expect(manifests.map(([item]) => (item?.object as ConfigMap | undefined)?.data)).toEqual([{ k: '3' }, { k: '4' }, { k: '5' }]);

    here.source.remove('repo');
    await here.cluster.until(async () => (await here.app('shop')).status?.sync === 'Unknown');
    const { status } = await here.ask('shop', { action: 'rollback', to: 4 });
    expect(status).toMatchObject({ operation: { phase: 'Succeeded' }, pinned: { revision: 4 } });
    expect((await here.client.get(ConfigMap, { namespace: 'default', name: 'a' })).data).toEqual({ k: '3' });
  });

  it('refuses to go back to what is not there', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', {})) });
    await world.application('shop');
    await world.synced('shop');
    expect((await world.ask('shop', { action: 'rollback' })).status?.operation).toMatchObject({
      phase: 'Refused',
      message: 'there is no earlier healthy revision',
    });
    expect((await world.ask('shop', { action: 'rollback', to: 9 })).status?.operation?.message).toBe(
      'there is no revision 9; see `steer history`',
    );
    expect((await world.client.get(Application, { namespace: 'default', name: 'shop' })).status?.pinned).toBeUndefined();
  });

  it('says when stored manifests are gone before anything is touched', async () => {
    const here = (world = await startGitOps());
    here.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    await here.application('shop');
    await here.synced('shop');
    const second = here.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '2' })) });
    await here.synced('shop', second);
    const [first] = await here.client.list(ApplicationRevision).then(({ items }) => items.filter((each) => each.spec.number === 1));
    await expect(readChunks(here.client, 'default', ['nothing-there'])).rejects.toThrow(
      'the stored manifests default/nothing-there are gone',
    );
    expect(first?.spec.chunks).toHaveLength(1);
  });
});

it('an address is stored without user and password', () => {
  expect(withoutCredentials('https://me:secret@example.org/repo.git')).toBe('https://example.org/repo.git');
  expect(withoutCredentials('git@example.org:repo.git')).toBe('git@example.org:repo.git');
});
