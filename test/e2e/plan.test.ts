import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { Kind } from '../../src/api/object.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ApplicationRevision, ConfigMap, Deployment, Event, Secret } from '../../src/api/kinds.generated.ts';
import type { Plan } from '../../src/api/plan.ts';
import type { Connection } from '../../src/client/connect.ts';
import { untilApplication, type ApplicationStatus } from '../support/application-story.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { root } from '../support/sources.ts';
import { steer, type Finished } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder();
const secrets = ['hunter2-first-9a1', 'hunter2-second-7c3'];
const at = (name: string) => ({ namespace: 'default', name });
/** All that any command has printed. */
const printed: string[] = [];
let work: WorkRepository;
let up: Up;
let cluster: Connection & AsyncDisposable;

const files = (image: string, value: string, password: string) => ({
  'web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: '${image}' }]
`,
  'settings.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { k: '${value}' }\n`,
  'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: db }\nstringData: { password: ${password} }\n`,
});

async function run(...args: string[]): Promise<Finished> {
  const finished = await steer(args, { cwd: folder.path });
  printed.push(finished.stdout, finished.stderr);
  return finished;
}
const live = (...args: string[]) => run(...args, '--data-dir', up.dataDir);
async function start(): Promise<void> {
  up = await startUp(work.path, { folder: folder.path, args: ['--interval', '1s'] });
  cluster = await up.connect('e2e/1');
}
async function stop(): Promise<void> {
  await cluster[Symbol.asyncDispose]();
  await up.stop();
  printed.push(up.running.output());
}
const until = (what: string, done: (status: ApplicationStatus) => boolean) => untilApplication(cluster, at('app'), { what, done });
const planJson = async (...args: string[]) => JSON.parse((await live('plan', work.path, '-o', 'json', ...args)).stdout) as Plan;

beforeAll(async () => {
  work = workRepository(join(folder.path, 'repo'));
  work.commit(files('web:1', '1', secrets[0] as string), 'first');
  await start();
  await until('health', (status) => status.health === 'Healthy');
  await cluster.patch(Application, at('app'), { spec: { respect: ['scaler'] } });
});
afterAll(async () => {
  await stop();
  folder[Symbol.dispose]();
});

test('exit codes say whether there is something to do; a plan is as its schema says', async () => {
  expect(await live('plan', work.path, '--detailed-exitcode')).toMatchObject({ code: 0 });
  expect(await live('plan', work.path)).toMatchObject({ code: 0 });
  work.git('checkout', '-q', '-b', 'change');
  work.commit({ 'settings.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { k: '9' }\n` });
  work.git('checkout', '-q', '-b', 'blocked');
  work.commit({ 'web.yaml': files('web:1', '', '')['web.yaml'].replaceAll('app: web', 'app: other') });
  work.git('checkout', '-q', '-b', 'broken');
  work.commit({ 'web.yaml': 'a: [' });
  work.git('checkout', '-q', 'main');
  const codes: unknown[] = [];
  for (const revision of ['change', 'blocked', 'broken', 'nowhere']) {
    const { code, stderr } = await live('plan', work.path, '--revision', revision, '--detailed-exitcode');
    const { code: plain } = await live('plan', work.path, '--revision', revision);
    codes.push([revision, code, plain, code === 1 && stderr.includes('error: ')]);
  }
  expect(codes).toEqual([
    ['change', 2, 0, false],
    ['blocked', 3, 0, false],
    ['broken', 1, 1, true],
    ['nowhere', 1, 1, true],
  ]);
  const check = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(join(root, 'schemas/steersman/plan.json'), 'utf8')) as object);
  for (const plan of [await planJson(), await planJson('--revision', 'change'), await planJson('--revision', 'blocked')]) {
    check(plan);
    expect(check.errors ?? []).toEqual([]);
  }
});

test('a saved plan outlives all that does not change it, and is applied exactly', async () => {
  expect(await live('suspend', 'app')).toMatchObject({ code: 0 });
  work.git('checkout', '-q', '-b', 'feature', 'main');
  work.commit({ 'web.yaml': files('web:2', '', '')['web.yaml'] }, 'image');
  work.commit(files('web:2', '2', secrets[1] as string), 'the rest');
  work.git('checkout', '-q', 'main');
  expect(await live('plan', work.path, '--revision', 'feature', '--out', 'p.json')).toMatchObject({ code: 0 });
  const plan = JSON.parse(readFileSync(join(folder.path, 'p.json'), 'utf8')) as Plan;
  expect(plan.summary).toMatchObject({ create: 0, configure: 3, unchanged: 0, prune: 0, blocked: 0 });

  const { status } = await cluster.get(Deployment, at('web'));
  await cluster.patch(Deployment, at('web'), { status: { ...status, conditions: [] } }, { subresource: 'status' });
  await cluster.patch(Deployment, at('web'), { spec: { replicas: 4 } }, { subresource: 'scale', fieldManager: 'scaler' });
  expect((await planJson('--revision', 'feature')).planId).toBe(plan.planId);
  work.commit({ 'README.md': 'main goes on' }, 'unrelated');
  work.git('branch', 'merged');
  work.git('checkout', '-q', 'merged');
  work.git('merge', '-q', '--no-ff', '-m', 'merge', 'feature');
  work.git('checkout', '-q', 'main');
  work.git('merge', '-q', '--squash', 'feature');
  work.git('commit', '-q', '-m', 'squashed');
  await stop();
  await start();
  expect((await planJson('--revision', 'merged')).planId).toBe(plan.planId);
  expect((await planJson('--revision', 'main')).planId).toBe(plan.planId);

  const applied = await live('apply', 'p.json');
  expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining('applied')]);
  expect(applied.stdout).toContain(`applied ${plan.planId}`);
  const web = await cluster.get(Deployment, at('web'));
  expect([web.spec.replicas, web.spec.template.spec?.containers[0]?.image]).toEqual([4, 'web:2']);
  expect((await cluster.get(ConfigMap, at('settings'))).data).toEqual({ k: '2' });
  const { data } = await cluster.get(Secret, at('db'));
  expect(Buffer.from(data?.['password'] ?? '', 'base64').toString()).toBe(secrets[1]);
  expect((await cluster.get(Application, at('app'))).status?.current?.planId).toBe(plan.planId);
  expect((await planJson()).summary).toMatchObject({ create: 0, configure: 0, unchanged: 3 });
});

test('after a change to a planned field it refuses, names object, field and writer, and changes nothing', async () => {
  expect((await cluster.get(Application, at('app'))).spec.suspend).toBe(true);
  work.git('checkout', '-q', '-b', 'third', 'main');
  work.commit(files('web:3', '3', secrets[1] as string));
  work.git('checkout', '-q', 'main');
  expect(await live('plan', work.path, '--revision', 'third', '--out', 'third.json')).toMatchObject({ code: 0 });
  await cluster.patch(ConfigMap, at('settings'), { data: { k: '7' } }, { fieldManager: 'kubectl-edit' });
  const before = await cluster.get(Deployment, at('web'));
  const refused = await live('apply', 'third.json');
  expect(refused.code).toBe(1);
  expect(`${refused.stdout}${refused.stderr}`).toMatch(/ConfigMap default\/settings: data\.k was changed by kubectl-edit at \d{4}-/);
  const after = await cluster.get(Deployment, at('web'));
  expect([after.metadata.generation, after.spec]).toEqual([before.metadata.generation, before.spec]);
  expect((await cluster.get(ConfigMap, at('settings'))).data).toEqual({ k: '7' });
});

test('no value of a Secret is in anything that was printed, shown or kept', async () => {
  for (const words of [['status'], ['history'], ['diff', 'app', '1', '2'], ['status', '-o', 'json'], ['history', '-o', 'json']]) {
    expect([words, (await live(...words)).code]).toEqual([words, 0]);
  }
  expect(await run('plan', work.path, '--from', 'main~2', '--to', 'feature', '-o', 'markdown')).toMatchObject({ code: 0 });
  const kept = (readdirSync(up.dataDir, { recursive: true }) as string[])
    .map((name) => join(up.dataDir, name))
    .filter((name) => statSync(name).isFile() && !name.includes('/git/'));
  expect(kept.some((name) => /audit/.test(name))).toBe(true);
  const objects = await Promise.all(([Application, ApplicationRevision, Event, Deployment] as Kind[]).map((kind) => cluster.list(kind)));
  const seen = [
    ...printed,
    up.running.output(),
    JSON.stringify(objects),
    readFileSync(join(folder.path, 'p.json'), 'utf8'),
    readFileSync(join(folder.path, 'third.json'), 'utf8'),
    ...kept.map((name) => readFileSync(name, 'latin1')),
  ].join('\n');
  expect(seen).toContain('/data/password');
  for (const value of secrets) {
    // Base64 of a value depends on where in the text it begins.
    for (const shift of [0, 1, 2]) {
      const encoded = Buffer.from(`${'x'.repeat(shift)}${value}`).toString('base64');
      expect(seen).not.toContain(encoded.slice(shift === 0 ? 0 : 4, -4));
    }
    expect(seen).not.toContain(value);
  }
});
