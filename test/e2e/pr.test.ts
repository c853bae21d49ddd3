import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgeToken, ownLogin, startForge, type ForgeKind, type ForgeServer } from '../support/forge-server.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { startProgram, steer, steerProgram, type Finished } from '../support/steer.ts';

const folder = tempFolder();
let work: WorkRepository;
let base: string;
let head: string;

const deployment = (image: string, replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: '${image}' }]
`;
const claim =
  'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n';

beforeAll(() => {
  work = workRepository(join(folder.path, 'repo'));
  work.commit({ 'apps/web/web.yaml': deployment('shop/web:1.0', 2), 'apps/db/data.yaml': claim }, 'first');
  work.git('checkout', '-q', '-b', 'feature');
  head = work.commit({ 'apps/web/web.yaml': deployment('shop/web:1.1', 3) }, 'more');
  work.git('checkout', '-q', 'main');
  // Main moves on: what it changes is no part of the pull request.
  base = work.commit({ 'apps/db/other.yaml': claim.replace('name: data', 'name: other') }, 'other');
});
afterAll(() => folder[Symbol.dispose]());

interface Job {
  readonly server: ForgeServer;
  run(...args: string[]): Promise<Finished>;
}
/** A CI job of a forge, with the variables that it sets. */
function job(kind: ForgeKind, server: ForgeServer, more: Readonly<Record<string, string>> = {}): Job {
  const event = join(folder.path, `event-${kind}.json`);
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7, base: { sha: base }, head: { sha: head } } }));
  const actions = {
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: 'shop/deploy',
    GITHUB_API_URL: server.api,
    GITHUB_SERVER_URL: 'https://forge.test',
    GITHUB_RUN_ID: '42',
  };
  const gitlab = {
    GITLAB_CI: 'true',
    CI_API_V4_URL: server.api,
    CI_PROJECT_ID: '7',
    CI_MERGE_REQUEST_IID: '7',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
    CI_COMMIT_SHA: head,
    CI_PROJECT_URL: 'https://forge.test/shop/deploy',
  };
  const env = {
    ...(kind === 'gitlab' ? gitlab : actions),
    ...(kind === 'gitea' ? { GITEA_ACTIONS: 'true' } : {}),
    STEER_TOKEN: forgeToken,
    // Beside the repository: what is kept there is no part of it.
    XDG_CACHE_HOME: join(folder.path, 'cache'),
    ...more,
  };
  return { server, run: (...args) => steer(['pr', ...args], { cwd: work.path, env }) };
}

// What GitLab's and Gitea's jobs do is in the recipes.
test.each<ForgeKind>(['github'])('a job of %s comments once, updates the comment, then leaves it as it is', async (kind) => {
  const server = await startForge(kind);
  server.head = head;
  const { run } = job(kind, server);
  const first = await run();
  expect([first.code, first.stdout, first.stderr]).toEqual([0, '', expect.stringMatching(/comment 1 created/)]);
  const [comment] = server.comments;
  expect(comment?.author).toBe(ownLogin[kind]);
  const body = comment?.body ?? '';
  expect(body).toMatch(/^<!-- steersman:(shop%2Fdeploy|7):7:default:1 -->\n\n### 1 application changes: 1 update/);
  expect(body).toContain('spec.replicas: 2 → 3');
  expect(body).toContain(
    `href="https://forge.test/shop/deploy/${{ github: 'blob', gitlab: '-/blob', gitea: 'src/commit' }[kind]}/${head}/apps/web/web.yaml#L1"`,
  );
  expect(body).not.toContain('other');
  expect(server.statuses).toEqual([
    {
      commit: head,
      body: expect.objectContaining({
        state: 'success',
        description: expect.stringMatching(/^1 application changes: 1 update\./) as string,
      }) as unknown,
    },
  ]);
  if (kind === 'github') {
    expect((await run('--no-forecast')).stderr).toMatch(/comment 1 updated/);
    expect((await run('--no-forecast')).stderr).toMatch(/comment 1 unchanged/);
    expect(server.requests.filter(({ method, path }) => method !== 'GET' && !/graphql|statuses/.test(path))).toHaveLength(2);
  }
  await server.close();
});

test('a merge that a job has checked out is planned as it is', async () => {
  const server = await startForge('github');
  server.head = head;
  work.git('checkout', '-q', '--detach', 'main');
  work.git('merge', '-q', '--no-ff', '-m', 'merged', head);
  const { code, stdout } = await job('github', server).run('--dry-run');
  work.git('checkout', '-q', 'main');
  expect(code).toBe(0);
  expect(stdout).toContain('spec.replicas: 2 → 3');
  expect(stdout).toContain(`<code>${head.slice(0, 7)}</code>`);
  expect(stdout).toContain(`steer plan --from ${base.slice(0, 12)} --to ${head.slice(0, 12)}`);
  expect(server.requests).toEqual([]);
  await server.close();
});

test('a job that may not comment leaves it to one that may, which posts it only to the commit it is for', async () => {
  const server = await startForge('github');
  server.head = head;
  const first = await job('github', server, { STEER_TOKEN: '' }).run('--write', '../comment.json');
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('steer pr --post ../comment.json')]);
  expect(server.requests).toEqual([]);
  const event = join(folder.path, 'run.json');
  const second = (commit: string) => {
    writeFileSync(event, JSON.stringify({ workflow_run: { head_sha: commit } }));
    return job('github', server, { GITHUB_EVENT_PATH: event }).run('--post', '../comment.json');
  };
  const refused = await second('c'.repeat(40));
  expect([refused.code, refused.stderr, server.comments]).toEqual([1, expect.stringMatching(/they are not posted/), []]);
  expect(await second(head)).toMatchObject({ code: 0 });
  expect(server.comments).toHaveLength(1);
  expect(server.comments[0]?.body).toMatch(
    /^<!-- steersman:shop%2Fdeploy:7:default:1 -->\n\n<sub>Written by a job of the pull request itself/,
  );
  server.head = 'd'.repeat(40);
  expect((await second(head)).stderr).toMatch(/has a newer commit/);
  const written = JSON.parse(readFileSync(join(folder.path, 'comment.json'), 'utf8')) as object;
  writeFileSync(join(folder.path, 'comment.json'), JSON.stringify({ ...written, pull: '../8' }));
  expect(await second(head)).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not what `steer pr --write` writes/) as string });
  await server.close();
});

test('blockers make the exit code 3 and a red status; what cannot be planned is said in the comment', async () => {
  const server = await startForge('github');
  work.git('checkout', '-q', '-b', 'bad', 'main');
  const before = head;
  head = server.head = work.commit({ 'apps/db/data.yaml': null }, 'no data');
  const blocked = await job('github', server).run('--status', 'both');
  expect([blocked.code, server.statuses[0]?.body]).toEqual([3, expect.objectContaining({ state: 'failure' })]);
  expect(server.checks).toEqual([
    expect.objectContaining({
      conclusion: 'failure',
      head_sha: head,
      output: expect.objectContaining({ summary: expect.stringMatching(/^### ⛔/) as string }) as unknown,
    }),
  ]);
  expect(server.comments[0]?.body).toContain('#### ⛔ Blockers');
  head = server.head = work.commit({ 'apps/web/web.yaml': `${deployment('shop/web:1.1', 3)}bad: [` }, 'broken');
  const broken = await job('github', server).run();
  expect([broken.code, server.comments.length]).toEqual([1, 1]);
  expect(server.comments[0]?.body).toMatch(/apps\/web\/web\.yaml:\d+/);
  expect(server.statuses.at(-1)?.body).toMatchObject({ state: 'error' });
  head = before;
  work.git('checkout', '-q', 'main');
  await server.close();
});

test('the command in the foot of the comment does the same when it is pasted into a clone that knows nothing of the pull request', async () => {
  const server = await startForge('github');
  server.head = head;
  const clone = join(folder.path, 'clone');
  execFileSync('git', ['clone', '-q', '--single-branch', '--branch', 'main', work.path, clone], { stdio: 'pipe' });
  work.git('update-ref', 'refs/pull/7/head', head);
  const { stdout } = await job('github', server).run('--dry-run', '--hide', 'env', '--path', 'apps/web');
  const [, shown = ''] = /The same on your machine: <code>(.*?)<\/code>/.exec(stdout) ?? [];
  const command = shown.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&');
  expect(command).toMatch(/^git fetch .* && steer plan --from \S+ --to \S+ --path apps\/web --hide env --forecast$/);
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'steer'), `#!/bin/sh\nexec '${process.execPath}' '${steerProgram}' "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder.path };
  const repeated = await startProgram(['bash', '-c', command], { cwd: clone, env }).finished;
  expect([repeated.code, repeated.stderr]).toEqual([0, '']);
  expect(repeated.stdout).toContain('spec.replicas: 2 → 3');
  expect(repeated.stdout).toContain('restarts Deployment default/web');
  await server.close();
});

test('outside of a job it says what is missing', async () => {
  const nowhere = (...args: string[]) => steer(['pr', ...args], { cwd: work.path });
  expect(await nowhere()).toMatchObject({ code: 1, stderr: expect.stringMatching(/name --forge, --project and --pull/) as string });
  expect(await nowhere('--forge', 'gitea', '--project', 'a/b', '--pull', '7')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/--api/) as string,
  });
  const noToken = await nowhere('--forge', 'github', '--project', 'a/b', '--pull', '7', '--from', 'main', '--to', 'feature');
  expect(noToken).toMatchObject({ code: 1, stderr: expect.stringMatching(/no token: set STEER_TOKEN or GITHUB_TOKEN/) as string });
});
