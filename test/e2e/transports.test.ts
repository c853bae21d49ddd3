import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, ConfigMap, Deployment, Pod, Secret } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { untilApplication, webManifest, type ApplicationStatus } from '../support/application-story.ts';
import {
  bareRepository,
  httpGitServer,
  sshGitServer,
  tempFolder,
  workRepository,
  type GitServer,
  type SshGitServer,
  type WorkRepository,
} from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const password = 'push-me-not-9f2c';
const folder = tempFolder();
let up: Up;
let cluster: Connection & AsyncDisposable;
let http: GitServer;
let ssh: SshGitServer;

beforeAll(async () => {
  const root = join(folder.path, 'served');
  mkdirSync(root);
  http = await httpGitServer(root, { password });
  ssh = await sshGitServer(root, join(folder.path, 'ssh'));
  const empty = join(folder.path, 'empty');
  mkdirSync(empty);
  up = await startUp(empty, { folder: folder.path });
  cluster = await up.connect('e2e/1');
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await up.stop();
  await http[Symbol.asyncDispose]();
  await ssh[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const deployment = (image: string, ready: string) =>
  webManifest(image, ready, ['strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }']);
const job = `apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { steersman.dev/wave: '-1' } }
spec:
  template:
    spec: { restartPolicy: Never, containers: [{ name: migrate, image: m }] }
`;

/** Commits and pushes. */
async function push(work: WorkRepository, files: Record<string, string | null>, message: string): Promise<string> {
  const commit = work.commit(files, message);
  await work.run('push', '-q', 'origin', 'HEAD:main');
  return commit;
}

const until = (name: string, what: string, done: (status: ApplicationStatus) => boolean) =>
  untilApplication(cluster, { namespace: 'default', name }, { what, done });

/** One application of a namespace of its own, over one transport. */
async function declare(name: string, repo: string, secret?: Record<string, string>): Promise<void> {
  if (secret !== undefined) {
    await cluster.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-git`, namespace: 'default' },
      type: 'Opaque',
      stringData: secret,
    });
  }
  await cluster.create(Application, {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name, namespace: 'default' },
    spec: {
      source: { repo, interval: '1s', ...(secret === undefined ? {} : { credentials: `${name}-git` }) },
      namespace: name,
      sync: { deadline: '10s', healthyFor: '1s' },
    },
  });
}

const run = (...args: string[]) => steer([...args, '--data-dir', up.dataDir], { cwd: folder.path });

describe.concurrent('a bare repository', () => {
  test.each([
    ['file', () => ({ url: `file://${join(folder.path, 'served', 'file.git')}` })],
    ['http', () => ({ url: http.url('http'), secret: { username: 'git', password } })],
    [
      'ssh',
      () => ({
        url: ssh.url('ssh'),
        secret: { identity: readFileSync(ssh.keyFile, 'utf8'), known_hosts: readFileSync(ssh.knownHostsFile, 'utf8') },
      }),
    ],
  ] as [string, () => { url: string; secret?: Record<string, string> }][])(
    'over %s rolls out, fails at its deadline, rolls back and goes on',
    async (name, where) => {
      const bare = bareRepository(join(folder.path, 'served', `${name}.git`));
      const work = workRepository(join(folder.path, `work-${name}`));
      work.git('remote', 'add', 'origin', bare);
      const namespace = `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
      const first = await push(work, { 'namespace.yaml': namespace, 'web.yaml': deployment('web:1', '0s'), 'job.yaml': job }, 'first');
      const { url, secret } = where();
      await declare(name, url, secret);
      await until(name, 'the first commit', (status) => status.health === 'Healthy' && status.current?.commit === first);

      const second = await push(work, { 'web.yaml': deployment('web:2', '100ms') }, 'second');
      await until(name, 'the second commit', (status) => status.health === 'Healthy' && status.current?.commit === second);

      const bad = await push(work, { 'web.yaml': deployment('web:3', 'never') }, 'bad');
      const failed = await until(name, 'a failure', (status) => status.operation?.commit === bad && status.operation.phase === 'Failed');
      expect(failed.operation?.message).toMatch(/the deadline of 10 s passed: apps\/Deployment \S+\/web: .*container web not ready/);
      const pods = await cluster.list(Pod, { namespace: name, labelSelector: 'app=web' });
      expect(pods.items.filter((pod) => pod.spec?.containers[0]?.image === 'web:2')).toHaveLength(2);
      const { stdout } = await run('status', name);
      expect(stdout).toContain('container web not ready');

      expect(await run('rollback', name)).toMatchObject({ code: 0 });
      const image = async () => (await cluster.get(Deployment, { namespace: name, name: 'web' })).spec.template.spec?.containers[0]?.image;
      expect(await image()).toBe('web:2');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await image()).toBe('web:2');

      const good = await push(work, { 'web.yaml': deployment('web:4', '0s') }, 'good');
      const last = await until(name, 'the next good commit', (status) => status.health === 'Healthy' && status.current?.commit === good);
      expect(last.pinned).toBeUndefined();
      expect(await image()).toBe('web:4');
    },
  );
});

test('a wrong password and a wrong host key are said, and nothing secret with it', async () => {
  await declare('wrong-password', http.url('http'), { username: 'git', password: 'guess-77aa' });
  await declare('wrong-host', ssh.url('ssh'), {
    identity: readFileSync(ssh.keyFile, 'utf8'),
    known_hosts: readFileSync(ssh.wrongKnownHostsFile, 'utf8'),
  });
  const refused = await until('wrong-password', 'a refusal', (status) => status.message !== undefined);
  expect(refused.conditions?.find((one) => one.type === 'Ready')?.reason).toBe('AuthenticationFailed');
  const host = await until('wrong-host', 'a refusal', (status) => status.message !== undefined);
  expect(host.message).toMatch(/host key/i);
  expect(JSON.stringify([refused, host])).not.toContain('guess-77aa');
});

test('a commit in a local repository is seen without polling, a new tag too', async () => {
  const work = workRepository(join(folder.path, 'local'));
  const config = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: seen }\ndata: { value: '${value}' }\n`;
  work.commit({ 'config.yaml': config('1') }, 'first');
  work.git('tag', 'v1.0.0');
  const source = { repo: work.path, interval: '1h' };
  for (const [name, revision] of [
    ['local', ''],
    ['tags', '>=1.0.0'],
  ] as const) {
    await cluster.create(Application, {
      apiVersion: 'steersman.dev/v1',
      kind: 'Application',
      metadata: { name, namespace: 'default' },
      spec: {
        source: { ...source, ...(revision === '' ? {} : { revision }) },
        namespace: `default`,
        sync: { healthyFor: '0s', ...(name === 'tags' ? { auto: false } : {}) },
      },
    });
  }
  await until('local', 'the first commit', (status) => status.health === 'Healthy');
  const started = performance.now();
  work.commit({ 'config.yaml': config('2') }, 'second');
  for (;;) {
    const { data } = await cluster.get(ConfigMap, { namespace: 'default', name: 'seen' });
    if (data?.['value'] === '2') break;
    if (performance.now() - started > 30_000) throw new Error('the commit was not seen');
  }
  console.log(`commit in a local repository to applied: ${Math.round(performance.now() - started)} ms`);
  const tagged = work.git('rev-parse', 'HEAD');
  work.git('tag', 'v1.1.0');
  await until('tags', 'the new tag', (status) => status.target?.commit === tagged);
});
