import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Deployment } from '../../src/api/kinds.generated.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import type { Connection } from '../../src/client/connect.ts';
import { mapConcurrent } from '../../src/gitops/concurrent.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder();
const services = 250;
let work: WorkRepository;
let up: Up;
let cluster: Connection & AsyncDisposable;

/** Four objects of one service; `version` of its image. */
function service(at: number, version: number): string {
  const name = `s${at}`;
  const wave = at % 3;
  const metadata = { name, namespace: `team-${at % 5}`, annotations: { 'steersman.dev/wave': String(wave) } };
  const labels = { app: name };
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { at: name, ...(version === 1 ? { level: 'info' } : {}) } },
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { token: `token-${at}-${version}` } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 80 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'main',
                image: `registry.example/${name}:${version}`,
                envFrom: [{ configMapRef: { name } }],
                resources: { limits: { cpu: '1000m' } },
              },
            ],
          },
        },
      },
    },
  ];
  return objects.map((object) => JSON.stringify(object, undefined, 2)).join('\n---\n');
}
const namespaces = Array.from({ length: 5 }, (_, at) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: team-${at} }\n`).join('---\n');

beforeAll(async () => {
  work = workRepository(join(folder.path, 'repo'));
  const first = Object.fromEntries(Array.from({ length: services }, (_, at) => [`s${at}.yaml`, service(at, 1)]));
  work.commit({ ...first, 'namespaces.yaml': namespaces }, 'A');
  work.git('tag', 'A');
  const second = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`s${at * 7}.yaml`, service(at * 7, 2)]));
  work.commit({ ...second, 'new.yaml': service(300, 1) }, 'B');
  work.git('tag', 'B');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await up?.stop();
  folder[Symbol.dispose]();
});

async function plan(...args: string[]): Promise<{ plan: Plan; seconds: number }> {
  const begun = performance.now();
  const { stdout, stderr, code } = await steer(['plan', work.path, '--name', 'shop', '-o', 'json', ...args], { cwd: folder.path });
  if (code !== 0) throw new Error(stderr);
  return { plan: JSON.parse(stdout) as Plan, seconds: (performance.now() - begun) / 1000 };
}

/** Waits until every Deployment is seen by its controller: what that writes meanwhile would be in the way. */
async function settled(): Promise<void> {
  for (let round = 0; round < 300; round++) {
    const { items } = await cluster.list(Deployment);
    if (items.length === services && items.every(({ status }) => status?.availableReplicas === 1)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the Deployments did not become available');
}

/** What a review approves. */
const reviewed = ({ steps }: Plan) => steps.map(({ action, ref, wave, patch, digest }) => ({ action, ref, wave, patch, digest }));

test('a plan of 1,000 objects without a cluster is that of a cluster to which the base was applied by kubectl', async () => {
  const offline = await plan('--from', 'A', '--to', 'B');
  console.log(`plan of ${offline.plan.steps.length} objects without a cluster: ${offline.seconds.toFixed(2)} s`);
  expect(offline.plan.summary).toMatchObject({ create: 4, configure: 60, unchanged: 945, prune: 0, blocked: 0 });

  const empty = workRepository(join(folder.path, 'empty'));
  empty.commit({ 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n' });
  up = await startUp(empty.path, { folder: folder.path });
  cluster = await up.connect('kubectl/v1.33');
  const objects = [namespaces, ...Array.from({ length: services }, (_, at) => service(at, 1))].flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as KubeObject),
  );
  const apply = async (object: KubeObject) => {
    const kind = (await cluster.kindOf(object)) as Kind;
    await cluster.apply(kind, object, { fieldManager: 'kubectl' });
  };
  for (const object of objects.slice(0, 5)) await apply(object);
  await mapConcurrent(objects.slice(5), 16, apply);

  await settled();
  const live = await plan('--revision', 'B', '--kubeconfig', up.kubeconfig);
  console.log(`live plan of ${live.plan.steps.length} objects: ${live.seconds.toFixed(2)} s`);
  expect(live.plan.summary).toEqual(offline.plan.summary);
  expect(reviewed(live.plan)).toEqual(reviewed(offline.plan));
  expect(live.plan.planId).toBe(offline.plan.planId);
});

test('what leaves the source is pruned in the plan without a cluster, and that plan has no value of a Secret', async () => {
  work.commit({ 's249.yaml': null, 's248.yaml': null }, 'C');
  const { plan: document } = await plan('--from', 'B', '--to', 'HEAD');
  expect(document.summary).toMatchObject({ create: 0, configure: 0, prune: 8, unchanged: 1001 });
  expect(document.holds).toEqual([]);
  expect(JSON.stringify(document)).not.toContain('token-');
  expect(JSON.stringify(document)).not.toContain(Buffer.from('token-24').toString('base64').slice(0, 8));
});
