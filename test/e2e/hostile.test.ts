import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());
let repositories = 0;
const config = (name: string, value = 'x') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { k: ${JSON.stringify(value)} }\n`;

/** A repository whose first commit, tag `good`, is harmless. */
function repository(): WorkRepository {
  const work = workRepository(join(folder.path, `repo-${++repositories}`));
  work.commit({ 'a.yaml': config('a') }, 'good');
  work.git('tag', 'good');
  return work;
}
const run = (...args: string[]) => steer(args, { cwd: folder.path });
const plan = (work: WorkRepository, ...args: string[]) => run('plan', work.path, '--from', 'good', ...args);

/** A commit whose tree is written by hand, with names that git itself would not make. */
function rawCommit(work: WorkRepository, entry: { mode: string; name: string; text: string }): void {
  const store = (type: string, content: Buffer) =>
    execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], { cwd: work.path, input: content }).toString().trim();
  const blob = Buffer.from(store('blob', Buffer.from(entry.text)), 'hex');
  const tree = store('tree', Buffer.concat([Buffer.from(`${entry.mode} ${entry.name}\0`), blob]));
  work.git('update-ref', 'refs/heads/main', work.git('commit-tree', '-m', 'x', tree));
}
const bomb = (depth: number) =>
  [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  l0: &l0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: depth }, (_, at) => `  l${at + 1}: &l${at + 1} [${Array.from({ length: 10 }, () => `*l${at}`).join(', ')}]`),
    '',
  ].join('\n');

describe('a hostile repository is refused with a message that names what is wrong', () => {
  test.each<[string, (work: WorkRepository) => unknown, RegExp]>([
    [
      'a link out of the path',
      (work) => (symlinkSync('/etc/passwd', join(work.path, 'link.yaml')), work.commit({})),
      /"link\.yaml" is a symbolic link to "\/etc\/passwd"/,
    ],
    ['a tree with an entry ..', (work) => rawCommit(work, { mode: '100644', name: '..', text: config('b') }), /"?\.\."?/],
    ['a tree with an entry .git', (work) => rawCommit(work, { mode: '100644', name: '.git', text: 'x' }), /\.git/],
    ['an alias bomb', (work) => work.commit({ 'bomb.yaml': bomb(9) }), /bomb\.yaml:\d+.*alias/i],
    [
      'a huge file',
      (work) => work.commit({ 'big.yaml': `# ${'x'.repeat(6 * 2 ** 20)}\n` }),
      /"big\.yaml" is 6\.0 MiB and the limit for a file is 5\.0 MiB/,
    ],
    ['deep nesting', (work) => work.commit({ 'deep.yaml': `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n` }), /deep\.yaml/],
    [
      'a prototype in a key',
      (work) => work.commit({ 'p.yaml': `${config('p')}__proto__: { polluted: 1 }\n` }),
      /p\.yaml:\d+:\d+: .*__proto__: unknown field/,
    ],
    ['a tag that makes code', (work) => work.commit({ 't.yaml': `${config('t')}x: !!js/function "y"\n` }), /t\.yaml:\d+/],
  ])('%s', async (_what, change, message) => {
    const work = repository();
    change(work);
    const { code, stderr, stdout } = await plan(work);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stdout).not.toContain('polluted');
    expect(stderr).not.toMatch(/\n +at /);
  });

  test.each<[string, string[], RegExp]>([
    ['a path out of the repository', ['--path', '../..'], /"?\.\.\/\.\."?/],
    ['an absolute path', ['--path', '/etc'], /etc/],
    ['a revision that is an option', ['--to=--upload-pack=touch owned'], /"--upload-pack=touch owned"/],
    ['a revision with an expression', ['--to', 'main:../../etc'], /main:/],
  ])('%s', async (_what, args, message) => {
    const work = repository();
    const { code, stderr } = await plan(work, ...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    for (const where of [folder.path, work.path]) expect(existsSync(join(where, 'owned'))).toBe(false);
  });

  test.each(['ext::sh -c touch% owned', '--upload-pack=touch owned', 'file:///dev/null', 'ssh://-oProxyCommand=touch owned/x'])(
    'a repository called %s starts nothing',
    async (repo) => {
      const { code, stderr } = await run('plan', '--from', 'a', '--to', 'b', '--', repo);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/error: /)]);
      expect(existsSync(join(folder.path, 'owned'))).toBe(false);
    },
  );
});

describe('what a repository writes is harmless where it is shown', () => {
  const escape = '\u001b[2J\u001b]0;owned\u0007\u202egnp';
  test('on a terminal: names of files, revisions, messages and values', async () => {
    const work = repository();
    work.commit({ 'a.yaml': config('a', `evil${escape}`), [`dir${escape}/b.yaml`]: config('b') }, `subject${escape}`);
    const good = await plan(work);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain('\\x1b');
    work.commit({ [`dir${escape}/b.yaml`]: 'a: [' });
    const bad = await plan(work);
    expect(bad.code).toBe(1);
    const valid = await run('validate', work.path);
    expect(valid.code).toBe(1);
    const missing = await plan(work, '--to', `main${escape}`);
    expect(missing.code).toBe(1);
    const seen = [good, bad, valid, missing].map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(seen).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test('in Markdown: no element, mention, link or fence of its own', async () => {
    const work = repository();
    const value = '```\n</details><script>alert(1)</script> @everyone [x](javascript:1) ![i](http://evil/p.png)';
    const file = 'a`|<img src=x onerror=1>@team.yaml';
    work.commit({ 'a.yaml': config('a', value), [file]: config('b', value) }, value);
    const { code, stdout } = await plan(work, '-o', 'markdown');
    expect(code).toBe(0);
    // What stands in code is shown as it is; everything else must be escaped.
    const outside = stdout.replaceAll(/^(`{3,})[^`]*\n[\s\S]*?^\1$/gm, '').replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');
    expect(outside).not.toMatch(/<script|<img|onerror=1>(?!\\)/);
    expect(outside).not.toMatch(/(?<![\\\w])@(?:everyone|team)/);
    expect(outside).not.toMatch(/(?<!\\)!?\[[^\]]*\]\((?:javascript|http)/);
    expect((outside.match(/<details/g) ?? []).length).toBe((outside.match(/<\/details>/g) ?? []).length);
  });
});

test('a refused repository leaves nothing applied: `steer up --once` fails, and the cluster has no object of it', async () => {
  const work = repository();
  work.commit({ 'b.yaml': config('b'), 'bomb.yaml': bomb(9) });
  const { code, stdout, stderr } = await run(
    'up',
    work.path,
    '--runtime',
    'simulated',
    '--once',
    '--deadline',
    '5s',
    '--data-dir',
    'data',
    '--name',
    'app',
  );
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/bomb\.yaml/);
  const audit = readFileSync(join(folder.path, 'data/audit.log'), 'utf8').trim().split('\n');
  const calls = audit.map((line) => JSON.parse(line) as { user: { username: string }; objectRef?: { resource?: string; name?: string } });
  const touched = calls.filter(({ objectRef }) => objectRef?.resource === 'configmaps' && ['a', 'b'].includes(objectRef.name ?? ''));
  expect(calls.length).toBeGreaterThan(0);
  expect(touched).toEqual([]);
});
