import { generateIdentity, identityToRecipient } from 'age-encryption';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { toolPath } from '../support/render-tools.ts';
import { hideWords, secretFiles } from '../support/secret-places.ts';
import { around, piecesIn, secretChanges } from '../support/secret-values.ts';
import { sealWithSops } from '../support/sops-seal.ts';

const deep = process.env['STEER_SOAK'] === '1';
const hide = hideWords.flatMap((word) => ['--hide', word]);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What programs render: a generator, a chart, and both once more so that the program fails over them. */
function rendered(values: readonly string[]): Record<string, string> {
  const [one = '', two = ''] = values;
  const literal = one.replaceAll('\n', ' ');
  const chart = (name: string, template: string) => ({
    [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
    [`${name}/templates/secret.yaml`]: template,
  });
  const secret = (more: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: chart }\n${more}\n`;
  return {
    'generated/kustomization.yaml': JSON.stringify({
      secretGenerator: [
        { name: 'literal', literals: [`p=${literal}`] },
        { name: 'files', files: ['p=p.txt'] },
        { name: 'env', envs: ['p.env'] },
      ],
    }),
    'generated/p.txt': two,
    'generated/p.env': `P=${literal}\n`,
    'generated-badly/kustomization.yaml': JSON.stringify({
      resources: ['a.yaml'],
      secretGenerator: [{ name: 'literal', literals: [`p=${literal}`] }],
      patches: [{ target: { kind: 'Secret' }, patch: `- { op: test, path: /data/p, value: ${JSON.stringify(two)} }` }],
    }),
    'generated-badly/a.yaml': secret(`stringData: { p: ${JSON.stringify(one)} }`),
    'generated-broken/kustomization.yaml': JSON.stringify({ resources: ['a.yaml'] }),
    'generated-broken/a.yaml': secret(`stringData:\n  p: *${one.replaceAll(/\W/g, '')}`),
    ...chart('chart', secret(`data: { p: {{ .Values.p | b64enc }} }`)),
    'chart/values.yaml': JSON.stringify({ p: one }),
    ...chart('chart-badly', secret(`data: { p: {{ .Values.p }} }`)),
    'chart-badly/values.yaml': JSON.stringify({ p: [one] }),
    ...chart('chart-broken', secret(`stringData:\n  p: *${one.replaceAll(/\W/g, '')}`)),
  };
}

it('values of secrets are in nothing that a command prints or leaves on the disk', async () => {
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  await fc.assert(
    fc.asyncProperty(secretChanges(20), async (changes) => {
      using folder = tempFolder('steer-secrets-');
      const work = workRepository(join(folder.path, 'repo'));
      const commit = async (side: 0 | 1): Promise<void> => {
        const values = changes.map((change) => change[side]);
        const encrypted = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'encrypted' }, data: { p: base64(values[0] ?? '') } };
        const sealed = await sealWithSops([encrypted], { recipient });
        const moved = sealed.replace('"name":"encrypted"', '"name":"moved"');
        work.commit({
          ...secretFiles(values),
          ...rendered(values),
          'encrypted/a.yaml': sealed,
          'moved/a.yaml': moved,
          'generated-encrypted/kustomization.yaml': JSON.stringify({ secretGenerator: [{ name: 'encrypted', files: ['a.yaml'] }] }),
          'generated-encrypted/a.yaml': sealed,
        });
      };
      await commit(0);
      work.git('checkout', '-q', '-b', 'feature');
      await commit(1);
      work.git('checkout', '-q', 'main');
      work.git('merge', '-q', '--no-ff', '-m', 'merged', 'feature');
      const at = {
        directory: folder.path,
        variables: {
          ...{ PATH: toolPath, XDG_CACHE_HOME: join(folder.path, 'cache'), SOPS_AGE_KEY: identity },
          ...{ GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: join(folder.path, 'event.json'), GITHUB_REPOSITORY: 'shop/deploy' },
        },
      };
      const range = ['--from', 'main^', '--to', 'main'];
      const [base, head] = [work.git('rev-parse', 'main^'), work.git('rev-parse', 'feature')];
      writeFileSync(
        join(folder.path, 'event.json'),
        JSON.stringify({ pull_request: { number: 7, base: { sha: base }, head: { sha: head } } }),
      );
      const said: string[] = [];
      const told = async (...args: string[]): Promise<void> => {
        const { code, output } = await runCommand(args, at);
        // Something was planned, or this shows nothing.
        expect([args[0], code, output]).toEqual([
          args[0],
          expect.any(Number),
          expect.stringMatching(/encrypted|comment is in|plan is in|merge|problem/),
        ]);
        said.push(output);
      };
      await told('pr', 'repo', ...range, ...hide, '--html', 'report.html', '--write', 'comment.json');
      await told('plan', 'repo', ...range, ...hide, '-o', 'json');
      await told('plan', 'repo', ...range, '--app', 'encrypted', '--out', 'plan.json');
      await told('replay', 'repo', '-o', 'json', '--plan-only');
      if (deep) {
        for (const form of ['text', 'markdown', 'html']) await told('plan', 'repo', ...range, ...hide, '--forecast', '-o', form);
        for (const form of ['text', 'html']) await told('replay', 'repo', '-o', form);
        await told('validate', 'repo');
      }
      const files = filesBelow(folder.path).filter((name) => !name.startsWith('repo/'));
      expect(files).toEqual(expect.arrayContaining(['report.html', 'plan.json', 'comment.json']));
      expect(files.some((name) => name.startsWith('cache/'))).toBe(true);
      const text = [...said, ...files.map((name) => readFileSync(join(folder.path, name), 'latin1'))].join('\n');
      const found = piecesIn(text, changes.flat());
      expect(found.map((one) => around(text, one))).toEqual([]);
    }),
    { numRuns: deep ? 10 : 1, endOnFailure: true },
  );
});

/** Every ordinary file, as paths from the folder. */
function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile());
}
