import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, ConfigMap, Deployment } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { untilApplication, webManifest, type ApplicationStatus } from '../support/application-story.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder();
let up: Up;
let cluster: Connection & AsyncDisposable;

beforeAll(async () => {
  const first = workRepository(join(folder.path, 'first'));
  first.commit({ 'a.yaml': configMap('first') });
  up = await startUp(first.path, { folder: folder.path });
  cluster = await up.connect('e2e/1');
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await up.stop();
  folder[Symbol.dispose]();
});

const run = (...args: string[]) => steer([...args, '--data-dir', up.dataDir], { cwd: folder.path });
function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { k: '1' }\n`;
}
/** An application in a namespace of its own over a repository of its own, synced to its first commit. */
async function declare(name: string, files: Record<string, string>, path?: string): Promise<WorkRepository> {
  const work = workRepository(join(folder.path, name));
  const namespace = `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
  const commit = work.commit({ ...files, [join(path ?? '', 'namespace.yaml')]: namespace }, 'first');
  await cluster.create(Application, {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name, namespace: 'default' },
    spec: {
      source: { repo: work.path, interval: '1s', ...(path === undefined ? {} : { path }) },
      namespace: name,
      sync: { deadline: '20s', healthyFor: '0s' },
    },
  });
  await until(name, 'the first commit', (status) => status.health === 'Healthy' && status.current?.commit === commit);
  return work;
}
const until = (name: string, what: string, done: (status: ApplicationStatus) => boolean) =>
  untilApplication(cluster, { namespace: 'default', name }, { what, done });
/** Names of the ConfigMaps of the manifests. */
async function configMaps(namespace: string): Promise<string[]> {
  const { items } = await cluster.list(ConfigMap, { namespace });
  return items.map((item) => item.metadata.name).filter((name) => name !== 'kube-root-ca.crt');
}

test('what left the source goes after the new objects are healthy', async () => {
  const work = await declare('pruned', { 'web.yaml': webManifest('web:1', '0s'), 'old.yaml': configMap('old') });
  const commit = work.commit({ 'web.yaml': webManifest('web:2', '1s'), 'old.yaml': null, 'new.yaml': configMap('new') }, 'second');
  let during: readonly string[] = [];
  for (let round = 0; round < 600; round++) {
    const { status, spec, metadata } = await cluster.get(Deployment, { namespace: 'pruned', name: 'web' });
    const names = await configMaps('pruned');
    const rolledOut = status?.observedGeneration === metadata.generation && status?.updatedReplicas === 2 && status.replicas === 2;
    if (!names.includes('old')) {
      expect([spec.template.spec?.containers[0]?.image, rolledOut, status?.availableReplicas]).toEqual(['web:2', true, 2]);
      break;
    }
    if (names.includes('new')) during = names;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(during).toEqual(['new', 'old']);
  await until('pruned', 'the second commit', (status) => status.health === 'Healthy' && status.current?.commit === commit);
  expect(await configMaps('pruned')).toEqual(['new']);
});

test('a folder of 15 objects that is removed is held until somebody approves exactly that plan', async () => {
  const many = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`many/c${at}.yaml`, configMap(`c${at}`)]));
  const work = await declare('budget', { ...many, 'kept.yaml': configMap('kept') });
  const commit = work.commit({ many: null }, 'without the many');
  const { held } = await until('budget', 'a held plan', (status) => status.held !== undefined);
  expect(held?.reasons).toEqual(['deletes 15 objects, more than 10']);
  const id = held?.planId ?? '';
  expect((await run('status', 'budget')).stdout).toMatch(new RegExp(`Held: +${id}: deletes 15 objects, more than 10`));

  const asked = await run('approve', 'budget');
  expect(asked).toMatchObject({ code: 1 });
  expect(asked.stdout).toContain('deletes 15 objects, more than 10');
  expect(asked.stdout).toMatch(/ConfigMap budget\/c14/);
  expect(asked.stderr).toContain(`not approved: there is no terminal to ask on; approve it with --plan ${id}`);
  const wrong = await run('approve', 'budget', '--plan', 'p-0000000000000000');
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.stderr).toContain(`the plan that is held is ${id}, not p-0000000000000000`);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(await configMaps('budget')).toHaveLength(16);

  expect(await run('approve', 'budget', '--plan', id)).toMatchObject({ code: 0, stderr: '' });
  const status = await until('budget', 'the approved plan', (now) => now.current?.commit === commit && now.held === undefined);
  expect(status.sync).toBe('Synced');
  expect(await configMaps('budget')).toEqual(['kept']);
});

describe.concurrent('nothing is deleted, and status says why, when', () => {
  test.each([
    [
      'emptied',
      'the path is emptied',
      /no manifests|holds no|nothing to apply/i,
      (work) => work.commit({ app: null, 'app/notes.txt': 'x' }),
    ],
    ['without', 'the path is gone', /"app"/, (work) => work.commit({ app: null, 'other.txt': 'x' })],
    ['vanished', 'the repository vanishes', /there is no repository .*vanished/, (work) => renameSync(work.path, `${work.path}-away`)],
    ['deleted', 'the repository is deleted', /there is no repository .*deleted/, (work) => rmSync(work.path, { recursive: true })],
    [
      'broken',
      'a manifest does not parse',
      /app\/a\.yaml:3:1: /,
      (work) => work.commit({ 'app/a.yaml': 'kind: ConfigMap\nmetadata: { name: [\n' }),
    ],
    [
      'invalid',
      'a manifest is not valid',
      /app\/a\.yaml:\d+:\d+: .*dtaa: unknown field: did you mean "data"/,
      (work) => work.commit({ 'app/a.yaml': configMap('a').replace('\ndata:', '\ndtaa:') }),
    ],
  ] as [string, string, RegExp, (work: WorkRepository) => unknown][])('%s: %s', async (name, _what, message, change) => {
    const work = await declare(name, { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }, 'app');
    change(work);
    await until(name, 'a message', (status) => status.message !== undefined && message.test(status.message));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await configMaps(name)).toEqual(['a', 'b']);
    const { stdout, code } = await run('status', name);
    expect(code).toBe(0);
    expect(stdout).toMatch(message);
  });
});
