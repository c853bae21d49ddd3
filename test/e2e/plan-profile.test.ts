import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ConfigMap } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import type { Review } from '../../src/api/review.ts';
import type { Connection } from '../../src/client/connect.ts';
import { untilApplication } from '../support/application-story.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { steer, type Finished } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder();
const token = 'never-in-a-profile-8812';
let work: WorkRepository;
let up: Up | undefined;
let cluster: Connection & AsyncDisposable;

/** What the cluster judges by, beyond what every cluster has. */
const rules = {
  'namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: a } }\n',
  'quota.yaml': 'apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: few, namespace: shop }\nspec: { hard: { count/services: "1" } }\n',
  'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: shop }\nstringData: { password: ${token} }\n`,
  'widgets.yaml': customDefinition({
    ...{ group: 'example.org', kind: 'Widget', plural: 'widgets' },
    schema:
      '{ type: object, properties: { spec: { type: object, properties: { size: { type: integer, maximum: 9 }, color: { type: string, default: red } } } } }',
  }),
  'policy.yaml': `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: few }
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{ apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments] }]
  validations: [{ expression: object.spec.replicas <= 3, message: too many replicas for this house }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: few }
spec: { policyName: few, validationActions: [Deny] }
`,
};

const json = (object: object): string => `${JSON.stringify(object)}\n`;
const web = (replicas: number, image = 'web:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
  },
});
const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
});
const widget = (size: number) => ({
  apiVersion: 'example.org/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'shop' },
  spec: { size },
});
const settings = (level: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { level },
});
const base = [web(2), service('one'), widget(1), settings('info')];
const named = (object: KubeObject): string => `shop/${object.kind.toLowerCase()}-${object.metadata.name}.json`;
/** Branches, each with what it changes in the base. */
const branches: Readonly<Record<string, readonly KubeObject[]>> = {
  taken: [web(3, 'web:2'), widget(2)],
  'not-judged-by-policy': [web(4)],
  'refused-by-quota': [service('two')],
  'refused-by-schema': [widget(10)],
  'of-no-kind': [{ ...widget(1), apiVersion: 'nowhere.example/v1' } as KubeObject],
};

const run = (...args: string[]): Promise<Finished> => steer(args, { cwd: folder.path });

beforeAll(async () => {
  work = workRepository(join(folder.path, 'repo'));
  work.commit(Object.fromEntries(base.map((object) => [named(object), json(object)])), 'base');
  for (const [branch, objects] of Object.entries(branches)) {
    work.git('checkout', '-q', '-b', branch, 'main');
    work.commit(Object.fromEntries(objects.map((object) => [named(object), json(object)])), branch);
  }
  work.git('checkout', '-q', 'main');
  const house = workRepository(join(folder.path, 'house'));
  house.commit(rules, 'rules');
  up = await startUp(house.path, { folder: folder.path });
  cluster = await up.connect('kubectl/v1.33');
  await untilApplication(cluster, { namespace: 'default', name: 'app' }, { what: 'the rules', done: ({ health }) => health === 'Healthy' });
  const source = { repo: work.path, path: 'shop', revision: 'main' };
  const metadata = { name: 'shop', namespace: 'default' };
  await cluster.create(Application, { apiVersion: 'steersman.dev/v1', kind: 'Application', metadata, spec: { source } });
  await untilApplication(cluster, metadata, { what: 'the base', done: ({ health }) => health === 'Healthy' });
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await up?.stop();
  folder[Symbol.dispose]();
});

/** What a plan says and how it ends; its own words about where it looked aside. */
function outcome({ stdout, stderr, code }: Finished): unknown {
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  if (stdout === '') return { code, errors };
  const { planId, steps } = JSON.parse(stdout) as Plan;
  return {
    code,
    planId,
    steps: steps.map(({ action, ref, patch, findings, digest }) => ({ action, ref, patch, findings, digest })),
  };
}
const words = ['-o', 'json', '--detailed-exitcode', '--name', 'shop', '--path', 'shop'];

test('a profile plans and refuses without the cluster as the cluster itself does', async () => {
  const { kubeconfig } = up as Up;
  const [, context = ''] = /^current-context: "?([^"\n]+)/m.exec(readFileSync(kubeconfig, 'utf8')) ?? [];
  const capture = await run('capture', '--kubeconfig', kubeconfig, '--context', context, '--out', 'house.json');
  expect([capture.code, capture.stderr]).toEqual([0, '']);
  expect(capture.stdout).toContain(`context ${context}`);
  const live: unknown[] = [];
  for (const branch of Object.keys(branches))
    live.push([branch, outcome(await run('plan', work.path, ...words, '--revision', branch, '--kubeconfig', kubeconfig))]);

  const profile = readFileSync(join(folder.path, 'house.json'), 'utf8');
  for (const form of [token, Buffer.from(token).toString('base64')]) expect(profile).not.toContain(form);
  // Out of reach: no file says where the cluster is, and nothing answers there.
  writeFileSync(join(folder.path, 'house.json'), profile.replaceAll((up as Up).url, 'https://192.0.2.1'));
  const offline: unknown[] = [];
  for (const branch of Object.keys(branches))
    offline.push([branch, outcome(await run('plan', work.path, ...words, '--from', 'main', '--to', branch, '--profile', 'house.json'))]);
  expect(offline).toEqual(live);
  const ends = Object.fromEntries((offline as [string, { code: number; errors?: string[] }][]).map(([name, { code }]) => [name, code]));
  expect(ends).toEqual({ taken: 2, 'not-judged-by-policy': 2, 'refused-by-quota': 3, 'refused-by-schema': 1, 'of-no-kind': 1 });
  expect(JSON.stringify(offline)).toContain('exceeded quota: few');
  expect(JSON.stringify(offline)).toContain('spec.size in body should be less than or equal to 9');
  expect(JSON.stringify(offline)).toContain('does not serve nowhere.example/v1 Widget');

  const aside = await run('plan', work.path, ...words, '--from', 'main', '--to', 'taken', '--profile', 'house.json');
  expect(aside.stderr).toContain(
    'note: house.json: ValidatingAdmissionPolicy few is not judged by: policies are evaluated by the cluster alone',
  );
});

test('a live cluster beside two revisions tells what the merge changes, and apart from it what its sync undoes', async () => {
  const { kubeconfig } = up as Up;
  await cluster.patch(Application, { namespace: 'default', name: 'shop' }, { spec: { suspend: true } });
  await cluster.patch(ConfigMap, { namespace: 'shop', name: 'settings' }, { data: { level: 'debug' } }, { fieldManager: 'kubectl-edit' });
  const words = ['plan', work.path, '--from', 'main', '--to', 'taken', '--live', '--kubeconfig', kubeconfig];
  const { stdout } = await run(...words, '-o', 'json');
  const { applications, live } = JSON.parse(stdout) as Review;
  expect(live?.target).toContain(kubeconfig);
  const told = ({ steps = [] }: Partial<Plan> = {}) =>
    steps.flatMap(({ action, ref, changes = [] }) =>
      action === 'unchanged' ? [] : [`${action} ${ref.kind} ${ref.name}: ${changes.map(({ path }) => path).join(', ')}`],
    );
  expect(applications.map(({ application, plan, drift }) => [application.name, told(plan), told(drift)])).toEqual([
    [
      'shop',
      ['configure Deployment web: spec.replicas, spec.template.spec.containers[web].image', 'configure Widget w: spec.size'],
      ['configure ConfigMap settings: data.level'],
    ],
  ]);
  expect((await cluster.get(ConfigMap, { namespace: 'shop', name: 'settings' })).data).toEqual({ level: 'debug' });
  const { stdout: text } = await run(...words);
  const [, undone = ''] = text.split('  the merge would also undo what was changed in the cluster:\n');
  expect(undone.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^ {4}~ ConfigMap shop\/settings {2}level changes/),
    '        note: data.level was changed by kubectl-edit',
    '        data.level: debug → info',
  ]);
});
