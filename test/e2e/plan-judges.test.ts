import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Review } from '../../src/api/review.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';

const folder = tempFolder();
let work: WorkRepository;
const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { key: '${value}' }\n`;
const gadget = (size: string): string => `apiVersion: toys.example/v1\nkind: Gadget\nmetadata: { name: g }\nspec:\n  size: ${size}\n`;
const definition = customDefinition({
  ...{ group: 'toys.example', kind: 'Gadget', plural: 'gadgets' },
  schema: '{ type: object, properties: { spec: { type: object, properties: { size: { type: string, enum: [small, large] } } } } }',
});
const budget = (version: string): string =>
  `apiVersion: policy/${version}\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { minAvailable: 1, selector: { matchLabels: { a: b } } }\n`;
const endpoints = 'apiVersion: v1\nkind: Endpoints\nmetadata: { name: e }\nsubsets: []\n';

beforeAll(() => {
  work = workRepository(join(folder.path, 'repo'));
  work.commit({ 'apps/a/a.yaml': configMap('a', '1'), 'apps/b/b.yaml': configMap('b', '1'), 'apps/toys/g.yaml': gadget('small') });
  work.commit({
    'apps/a/a.yaml': configMap('a', '2'),
    'apps/b/b.yaml': configMap('b', '2'),
    'apps/toys/g.yaml': gadget('huge'),
    'apps/new/new.yaml': `${budget('v1')}---\n${endpoints}`,
    'apps/old/old.yaml': budget('v1beta1'),
  });
  writeFileSync(join(folder.path, 'gadgets.yaml'), definition);
});
afterAll(() => folder[Symbol.dispose]());

/** By application: what becomes of it, or why it failed; then what is not understood, and what the release says. */
async function told(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await steer(['plan', work.path, '--from', 'HEAD~1', '-o', 'json', ...args], { cwd: folder.path });
  if (stdout === '') return { code, stderr };
  const { applications, notUnderstood, cautions } = JSON.parse(stdout) as Review;
  return {
    code,
    ...Object.fromEntries(applications.map(({ application, change, failure }) => [application.name, failure?.message ?? change])),
    unknown: notUnderstood.map(({ message }) => message),
    releases: cautions.flatMap(({ rule, severity, message }) => (rule.includes('api') ? [`${severity}: ${message}`] : [])),
  };
}

const changed = { 'apps-a': 'changed', 'apps-b': 'changed', 'apps-toys': 'changed', 'apps-new': 'added' };
const removed = 'policy/PodDisruptionBudget b: Kubernetes 1.25 has removed policy/v1beta1 PodDisruptionBudget; write apiVersion: policy/v1';
const taken = [expect.stringContaining('toys.example/v1 Gadget: no definition of it was found')];

test('each option narrows or judges as it says', async () => {
  const all = { code: 1, ...changed, 'apps-old': removed, unknown: taken, releases: [] };
  expect(await told()).toEqual(all);
  expect(await told('--kubernetes-version', '1.20')).toEqual({
    ...all,
    releases: [
      'blocker: policy/PodDisruptionBudget default/b: Kubernetes 1.20 does not serve policy/v1 PodDisruptionBudget, which came with 1.21',
    ],
  });
  expect(await told('--kubernetes-version', '1.33')).toEqual({
    ...all,
    releases: [expect.stringMatching(/^caution: Endpoints default\/e: .*1\.33/)],
  });
  expect(await told('--strict')).toEqual({
    ...all,
    'apps-toys': expect.stringContaining('does not serve toys.example/v1 Gadget') as string,
    unknown: [],
  });
  expect(await told('--schema-location', 'gadgets.yaml', '--strict')).toEqual({
    ...all,
    'apps-toys': expect.stringContaining('spec.size: Unsupported value: "huge"') as string,
    unknown: [],
  });
  expect(await told('--app', 'apps-a', '--app', 'default/apps-b')).toEqual({
    code: 0,
    'apps-a': 'changed',
    'apps-b': 'changed',
    unknown: [],
    releases: [],
  });
  expect(await told('--path', 'apps/b')).toEqual({ code: 0, 'apps-b': 'changed', unknown: [], releases: [] });
});

test('an option that cannot be followed is refused with what to write', async () => {
  expect(await told('--kubernetes-version', 'new')).toEqual({ code: 1, stderr: expect.stringContaining('must read like 1.33') as string });
  expect(await told('--schema-location', 'nowhere')).toEqual({
    code: 1,
    stderr: expect.stringContaining('there is no such folder or file') as string,
  });
  expect(await told('--app', 'apps-c')).toEqual({
    code: 1,
    stderr: expect.stringContaining('no application is called apps-c: did you mean apps-a?') as string,
  });
});
