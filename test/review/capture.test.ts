import { expect, test } from 'vitest';
import { Namespace, Node, ResourceQuota } from '../../src/api/kinds.generated.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { Base } from '../../src/gitops/base-state.ts';
import { storedManifest } from '../../src/gitops/chunks.ts';
import { desiredOf } from '../../src/gitops/desired.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import { kindLookup } from '../../src/gitops/reading.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { captureProfile } from '../../src/review/capture.ts';
import { readProfile, type ClusterProfile } from '../../src/review/profile.ts';
import { startOffline, type Offline } from '../../src/review/offline.ts';
import { builtInKinds } from '../support/api-server.ts';
import { applicationAt, review } from '../support/review.ts';

const secret = 'hunter2-is-the-password';
/** A cluster with rules of its own. */
async function house(): Promise<Offline> {
  const clock = new SimulatedClock();
  const log = createLog(() => undefined, 'error');
  const offline = await startOffline({ clock, random: seededRandom(1), kinds: builtInKinds(), version: '0.0.0', log });
  const { cluster } = offline;
  const place = async (object: object): Promise<void> => {
    await cluster.create((await cluster.kindOf(object as KubeObject)) as Kind, object as KubeObject);
  };
  await cluster.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } }, spec: {} });
  await place({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, stringData: { password: secret } });
  await place({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits', namespace: 'shop' }, data: { most: '3' } });
  await place({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.org' },
    spec: {
      ...{ group: 'example.org', scope: 'Namespaced', names: { kind: 'Widget', plural: 'widgets' } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer', maximum: 9 }, color: { type: 'string', default: 'red' } } },
              },
            },
          },
        },
      ],
    },
  });
  await place({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'few' },
    spec: {
      ...{ failurePolicy: 'Fail', paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
      matchConstraints: {
        resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }],
      },
      validations: [{ expression: 'object.spec.replicas <= int(params.data.most)', message: 'too many replicas' }],
    },
  });
  await place({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'few' },
    spec: {
      policyName: 'few',
      validationActions: ['Deny'],
      paramRef: { name: 'limits', namespace: 'shop', parameterNotFoundAction: 'Deny' },
    },
  });
  await cluster.create(ResourceQuota, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'shop' },
    spec: { hard: { 'count/services': '2' } },
  });
  await cluster.create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { zone: 'a' } }, spec: {} });
  await offline.wait(20_000);
  return offline;
}

const deployment = (replicas: number): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec: { replicas: ${replicas}, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }\n`;
const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: shop }\nspec: { selector: { a: b }, ports: [{ port: 80 }] }\n`;
const widget = (size: number): string =>
  `apiVersion: example.org/v1\nkind: Widget\nmetadata: { name: w, namespace: shop }\nspec: { size: ${size} }\n`;
const namespaceText = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: a } }\n';

const base = { 'shop/d.yaml': deployment(2), 'shop/s.yaml': service('one'), 'shop/w.yaml': widget(1) };
const heads: Record<string, Record<string, string>> = {
  'a change that all take': { 'shop/d.yaml': deployment(3), 'shop/w.yaml': widget(2) },
  'what a policy speaks against, which is not judged by': { 'shop/d.yaml': deployment(4) },
  'what a quota refuses': { 'shop/s2.yaml': service('two'), 'shop/s3.yaml': service('three'), 'shop/s4.yaml': service('four') },
  'what the schema of a custom kind refuses': { 'shop/w.yaml': widget(10) },
  'a namespace that is there and belongs to nobody': { 'shop/ns.yaml': namespaceText },
};

/** The plan of the cluster itself, at which the base stands. */
async function livePlan(offline: Offline, head: Record<string, string>) {
  const { cluster, clock } = offline;
  const sources = new MemorySource(clock);
  const source = { repo: 'repo', path: 'shop', revision: '', intervalMs: 30_000 };
  sources.commit('repo', base);
  const application = { namespace: 'default', name: 'shop' };
  const signal = new AbortController().signal;
  const [renderer] = createRenderers();
  const { manifests = [] } = (await renderer?.render(await sources.resolve(source, signal), 'shop', signal)) ?? {};
  const set = await desiredOf(manifests, { namespace: 'default', kindOf: kindLookup(cluster) });
  await (await Base.begin(cluster, manifests, { application, namespace: 'default' })).standBefore();
  sources.commit('repo', head);
  const state = { inventory: set.items.map(storedManifest), notes: [], still: new Set<string>() };
  const request = { cluster, sources, source, application, namespace: 'default', unserved: 'error' as const, signal };
  const standing = { source: { ...source, commit: '' }, standBefore: () => Promise.resolve(state) };
  return planOnce({ ...request, renderers: createRenderers(), validate: createValidate(clock), base: standing });
}

/** Read again from the text of its file. */
async function captured(offline: Offline): Promise<ClusterProfile> {
  const profile = await captureProfile(offline.cluster, { clock: offline.clock, target: 'house', workloads: true });
  return readProfile(JSON.stringify(profile));
}

test.each(Object.keys(heads))('by its profile a plan is that of the cluster: %s', async (name) => {
  const offline = await house();
  try {
    const content = await captured(offline);
    const head = heads[name] as Record<string, string>;
    const { review: document } = await review(base, head, { profile: { name: 'house.json', content } });
    expect(document.judgedBy).toBe(`profile house.json (${content.version})`);
    const [only] = document.applications;
    const live = await livePlan(offline, head).catch((error: unknown) => error as Error);
    if (live instanceof Error) {
      expect(live.message).toContain(only?.failure?.problems[0]?.message);
      expect(only?.failure?.stage).toBe('validate');
      return;
    }
    const said = (steps: typeof live.plan.steps) =>
      steps.map(({ action, ref, patch, findings }) => ({ action, name: ref.name, patch, findings }));
    expect(said(only?.plan?.steps ?? [])).toEqual(said(live.plan.steps));
    expect(only?.plan?.planId).toBe(live.plan.planId);
    expect(only?.plan?.holds).toEqual(live.plan.holds);
  } finally {
    await offline.stop();
  }
});

test('a profile holds what judges and no Secret; what may not be read is noted', async () => {
  const offline = await house();
  try {
    const content = await captured(offline);
    const names = content.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'CustomResourceDefinition widgets.example.org',
        'ResourceQuota q',
        'ValidatingAdmissionPolicy few',
        'ConfigMap limits',
        'Namespace shop',
      ]),
    );
    expect(content.nodes.map(({ metadata }) => metadata)).toMatchObject([{ name: 'n1', labels: { zone: 'a' } }]);
    const text = JSON.stringify(content);
    expect(names.filter((name) => name.startsWith('Secret'))).toEqual([]);
    for (const form of [secret, Buffer.from(secret).toString('base64')]) expect(text).not.toContain(form);
  } finally {
    await offline.stop();
  }
});

test('a kind that the cluster of a profile does not serve is refused as there', async () => {
  const offline = await house();
  try {
    const content = await captured(offline);
    const old = { ...content, serves: content.serves.filter(({ kind }) => kind !== 'PodDisruptionBudget'), version: 'v1.20.1' };
    const budget =
      'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { minAvailable: 1, selector: { matchLabels: { a: b } } }\n';
    const { review: document } = await review(base, { 'shop/b.yaml': budget }, { profile: { name: 'old.json', content: old } });
    expect(document.applications[0]?.failure?.message).toContain('the target does not serve policy/v1 PodDisruptionBudget');
  } finally {
    await offline.stop();
  }
});

test.each([
  [20, [['api-too-new', 'blocker']]],
  [21, []],
])('what Kubernetes 1.%s does not serve yet is said', async (kubernetesMinor, expected) => {
  const budget =
    'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { minAvailable: 1, selector: { matchLabels: { a: b } } }\n';
  const find = () => Promise.resolve({ applications: [applicationAt('shop')], said: [], problems: [] });
  const { review: document } = await review(base, { 'shop/b.yaml': budget }, { kubernetesMinor, find });
  expect(document.cautions.filter(({ rule }) => rule.includes('api')).map(({ rule, severity }) => [rule, severity])).toEqual(expected);
});
