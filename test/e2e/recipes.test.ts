import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { prCommand } from '../../src/cli/commands/pr.ts';
import { forgeToken, startForge, type ForgeKind, type ForgeServer } from '../support/forge-server.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { root } from '../support/sources.ts';
import { startProgram, steerProgram, type Finished } from '../support/steer.ts';

interface ActionStep {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly ActionStep[] }>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly ActionStep[] };
}

const folder = tempFolder();
let work: WorkRepository;
let base: string;
let head: string;
/** With what npm makes of this repository; without, what was built stands where npm would fetch it, which saves minutes. */
const fetched = process.env['STEER_SOAK'] === '1';
const bare = join(folder.path, 'steersman.git');
const version = 'v0.1.0';
/** npm builds it once for each, minutes on a busy machine. */
const limitMs = fetched ? 1_200_000 : 120_000;
/** What a user does with a recipe: replaces what its first lines name. */
function recipe(file: string): string {
  const text = readFileSync(join(root, 'docs/examples', file), 'utf8');
  return text.replaceAll(/git\+https:\/\/github\.com\/OWNER\/steersman\.git/g, `git+${pathToFileURL(bare).href}`);
}
const read = <T>(path: string): T => parse(readFileSync(join(root, path), 'utf8')) as T;
const config = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { colour: ${value} }\n`;

beforeAll(() => {
  work = workRepository(join(folder.path, 'origin'));
  work.commit({ 'apps/web/web.yaml': config('red') }, 'first');
  work.git('checkout', '-q', '-b', 'feature');
  head = work.commit({ 'apps/web/web.yaml': config('blue') }, 'blue');
  work.git('checkout', '-q', 'main');
  base = work.commit({ 'README.md': 'more' }, 'main moves on');
  work.git('checkout', '-q', '--detach');
  work.git('merge', '-q', '--no-ff', '-m', 'as the forge tries it', head);
  work.git('update-ref', 'refs/pull/7/merge', 'HEAD');
  work.git('update-ref', 'refs/pull/7/head', head);
  work.git('checkout', '-q', 'main');
  const clone = (...words: string[]) => execFileSync('git', ['clone', '-q', ...words], { stdio: 'pipe' });
  if (fetched) {
    clone('--bare', root, bare);
    execFileSync('git', ['tag', '-f', version], { cwd: bare, stdio: 'pipe' });
    clone('--branch', version, bare, join(folder.path, 'action'));
    return;
  }
  // What npx would fetch is what was built.
  mkdirSync(join(folder.path, 'bin'));
  const npx = join(folder.path, 'bin/npx');
  writeFileSync(
    npx,
    `#!/bin/sh\n[ "$1 $2 $4" = "--yes --package steer" ] || exit 9\nshift 4\nexec '${process.execPath}' '${steerProgram}' "$@"\n`,
  );
  chmodSync(npx, 0o755);
});
afterAll(() => folder[Symbol.dispose]());

/** As actions/checkout does it: one ref of the pull request, with so much history, HEAD detached. */
function checkout(name: string, ref: string, depth: number): string {
  const path = join(folder.path, name);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: path, stdio: 'pipe' });
  mkdirSync(path);
  git('init', '-q');
  const wanted = depth === 0 ? ['+refs/*:refs/remotes/origin/*'] : [`--depth=${depth}`, `+${ref}:refs/remotes/${ref.slice(5)}`];
  git('fetch', '-q', '--no-tags', pathToFileURL(work.path).href, ...wanted, ref);
  git('checkout', '-q', '--detach', 'FETCH_HEAD');
  return path;
}

interface Surroundings {
  readonly kind: ForgeKind;
  readonly server: ForgeServer;
  readonly cwd: string;
}
/** Of whoever runs the tests: npm goes through them. */
const proxies = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] => fetched && /^(https?_proxy|no_proxy|npm_config_registry|node_extra_ca_certs)$/i.test(entry[0]),
  ),
);
function variables({ kind, server }: Surroundings, event: unknown): Record<string, string> {
  const file = join(folder.path, 'event.json');
  writeFileSync(file, JSON.stringify(event));
  const path = {
    PATH: `${join(folder.path, 'bin')}:${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`,
    HOME: folder.path,
    ...proxies,
  };
  if (kind === 'gitlab')
    return {
      ...path,
      GITLAB_CI: 'true',
      CI_API_V4_URL: server.api,
      CI_PROJECT_ID: '7',
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
      CI_COMMIT_SHA: head,
    };
  const common = {
    ...path,
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_PATH: file,
    GITHUB_REPOSITORY: 'shop/deploy',
    GITHUB_API_URL: server.api,
    GITHUB_SERVER_URL: 'https://forge.test',
  };
  return kind === 'gitea' ? { ...common, GITEA_ACTIONS: 'true' } : common;
}
const pullEvent = () => ({ pull_request: { number: 7, base: { sha: base }, head: { sha: head } } });

/** Replaces `${{ name }}` as a runner does. */
function filled(texts: Readonly<Record<string, string>> = {}, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      String(text).replaceAll(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, key: string) => values[key] ?? `?${key}`),
    ]),
  );
}
function bash(script: string, surroundings: Surroundings, env: Record<string, string>): Promise<Finished> {
  return startProgram(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { cwd: surroundings.cwd, env }).finished;
}

/** Runs this repository's own action with the inputs of a step. */
async function useAction(step: ActionStep, surroundings: Surroundings, event: unknown): Promise<Finished> {
  const action = read<Action>('action.yml');
  expect(Object.keys(step.with ?? {}).filter((name) => !(name in action.inputs))).toEqual([]);
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default]);
  const inputs = filled(
    { ...(Object.fromEntries(defaults) as Record<string, string>), ...(step.with as Record<string, string>) },
    { 'github.token': forgeToken },
  );
  const values = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`inputs.${name}`, value]));
  let last: Finished | undefined;
  for (const one of action.runs.steps) {
    const env = {
      ...variables(surroundings, event),
      GITHUB_ACTION_PATH: fetched ? join(folder.path, 'action') : root,
      ...filled(one.env, values),
    };
    last = await bash(one.run ?? '', surroundings, env);
    if (last.code !== 0) break;
  }
  if (last === undefined) throw new Error('action.yml has no steps');
  return last;
}
const stepsOf = (file: string) => Object.values((parse(recipe(file)) as Workflow).jobs).flatMap(({ steps }) => steps);
const ours = (step: ActionStep) => /^OWNER\/steersman@/.test(step.uses ?? '');

test(
  'the recipe for GitHub comments on the first pull request',
  async () => {
    const server = await startForge('github');
    server.head = head;
    const steps = stepsOf('github.yml');
    const cwd = checkout(
      'github',
      'refs/pull/7/merge',
      Number(steps.find(({ uses }) => uses?.startsWith('actions/checkout'))?.with?.['fetch-depth']),
    );
    const { code, stderr } = await useAction(steps.find(ours) ?? {}, { kind: 'github', server, cwd }, pullEvent());
    expect([code, stderr]).toEqual([0, expect.stringContaining('GitHub shop/deploy #7: comment 1 created')]);
    expect(server.comments[0]?.body).toContain('data.colour: red → blue');
    expect(server.statuses).toHaveLength(1);
    await server.close();
  },
  limitMs,
);

test(
  'the recipe for forks: one job without a token that may write, then one without a checkout',
  async () => {
    const server = await startForge('github');
    server.head = head;
    const cwd = checkout('fork', 'refs/pull/7/merge', 2);
    const plan = stepsOf('github-forks-plan.yml').find(ours) ?? {};
    const first = await useAction({ ...plan, with: { ...plan.with, token: 'reads-only' } }, { kind: 'github', server, cwd }, pullEvent());
    expect([first.code, server.requests]).toEqual([0, []]);
    const post = stepsOf('github-forks-post.yml').find(ours) ?? {};
    const empty = join(folder.path, 'post');
    mkdirSync(empty);
    writeFileSync(join(empty, 'comment.json'), readFileSync(join(cwd, 'comment.json')));
    const second = await useAction(
      post,
      { kind: 'github', server, cwd: empty },
      { workflow_run: { head_sha: head, event: 'pull_request' } },
    );
    expect([second.code, second.stderr]).toEqual([0, expect.stringContaining('comment 1 created')]);
    expect(server.comments[0]?.body).toContain('data.colour: red → blue');
    await server.close();
  },
  limitMs,
);

test(
  'the recipe for Gitea and Forgejo',
  async () => {
    const server = await startForge('gitea');
    server.head = head;
    const surroundings: Surroundings = { kind: 'gitea', server, cwd: checkout('gitea', 'refs/pull/7/head', 0) };
    const step = stepsOf('gitea.yml').find(({ run }) => run !== undefined) ?? {};
    const { code, stderr } = await bash(step.run ?? '', surroundings, {
      ...variables(surroundings, pullEvent()),
      ...filled(step.env, { 'secrets.GITHUB_TOKEN': forgeToken }),
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Gitea shop/deploy #7: comment 1 created')]);
    expect(server.comments[0]?.body).toContain('data.colour: red → blue');
    await server.close();
  },
  limitMs,
);

test(
  'the template for GitLab',
  async () => {
    const server = await startForge('gitlab');
    server.head = head;
    const surroundings: Surroundings = { kind: 'gitlab', server, cwd: checkout('gitlab', 'refs/pull/7/head', 0) };
    const { steersman } = parse(recipe('gitlab.yml')) as {
      steersman: { script: string[]; variables: Record<string, string>; artifacts: { paths: string[] } };
    };
    const { code, stderr } = await bash(steersman.script.join('\n'), surroundings, {
      ...variables(surroundings, {}),
      ...steersman.variables,
      STEER_TOKEN: forgeToken,
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining('GitLab 7 !7: comment 1 created')]);
    expect(server.comments[0]?.body).toContain('data.colour: red → blue');
    for (const path of steersman.artifacts.paths) expect(readFileSync(join(surroundings.cwd, path), 'utf8')).toContain('<!doctype html>');
    await server.close();
  },
  limitMs,
);

test.each(['github.yml', 'github-forks-plan.yml', 'github-forks-post.yml', 'gitlab.yml', 'gitea.yml'])(
  '%s says in its first lines all that is to be replaced',
  (file) => {
    const lines = readFileSync(join(root, 'docs/examples', file), 'utf8').split('\n');
    const [first = [], rest = []] = [lines.filter((line) => line.startsWith('#')), lines.filter((line) => !/^\s*#/.test(line))];
    expect(first.join('\n')).toMatch(/^# Replace \S*OWNER\/steersman by .*, and v0\.1\.0 by a tag or a commit of it\.$/m);
    const used = rest.join('\n').matchAll(/\b[A-Z]{4,}\/\w+|\bv\d+\.\d+\.\d+\b/g);
    expect([...new Set([...used].map(([word]) => word))].sort()).toEqual(['OWNER/steersman', version]);
  },
);

test('the action passes on only what steer pr takes, and nothing that a user writes is a part of a script', () => {
  const { runs } = read<Action>('action.yml');
  const scripts = runs.steps.map(({ run = '' }) => run).join('\n');
  expect(scripts).not.toContain('${{');
  const known = (prCommand.options ?? []).map(({ flags }) => /--([a-z-]+)/.exec(flags)?.[1]);
  const passed = [...scripts.matchAll(/^add ([a-z-]+) /gm)].map(([, name]) => name);
  expect(passed.length).toBeGreaterThan(5);
  expect(passed.filter((name) => !known.includes(name))).toEqual([]);
});
