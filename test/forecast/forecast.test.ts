import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { parseNodes } from '../../src/forecast/nodes.ts';
import { deploymentOf, jobOf, serviceOf, statefulSetOf } from '../controllers/workloads.ts';
import { configMap } from '../support/gitops.ts';
import { forecastOf } from './merges.ts';

const container = { name: 'main', image: 'web:1', readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } };
const asking = (cpu: string, image = 'web:1') => ({ containers: [{ ...container, image, resources: { requests: { cpu } } }] });

test('an image that changes restarts its Deployment, one pod more at a time, and nothing is lost', async () => {
  const told = await forecastOf({ base: [deploymentOf('web')], head: [deploymentOf('web', { image: 'web:2' })] });
  expect(told).toMatchObject({ ended: 'rest', coverage: { changed: 1, judged: 1, notJudged: [] }, findings: [] });
  expect(told.rollouts).toMatchObject([
    {
      workload: { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'web' },
      kind: 'restarts',
      because: [{ what: 'field', name: 'spec.template.spec.containers[main].image' }],
      ended: 3,
      started: 3,
      desired: 3,
      worst: { available: 3 },
      mostPods: 4,
    },
  ]);
  expect(told.rollouts[0]?.endMs).toBeGreaterThan(5_000);
});

test('the same merge with the same chance has the same forecast, to the letter', async () => {
  const merge = {
    base: [deploymentOf('web'), statefulSetOf('db')],
    head: [deploymentOf('web', { image: 'web:2' }), statefulSetOf('db', { image: 'db:2' })],
  };
  expect(await forecastOf(merge)).toEqual(await forecastOf(merge));
});

test('an image that takes long makes the rollout long, and the time is said', async () => {
  const merge = { base: [deploymentOf('web', { replicas: 1 })], head: [deploymentOf('web', { replicas: 1, image: 'web:2' })] };
  const slow = await forecastOf({ ...merge, startup: { defaultMs: 1_000, images: [{ image: 'web', ms: 60_000 }] } });
  expect(slow.rollouts[0]?.endMs).toBeGreaterThanOrEqual(60_000);
  expect(slow.assumptions).toEqual([
    'nodes: none were named, so there is room for everything',
    'a container answers its probes 1 s after its start; web 60 s',
  ]);
});

test('a pod for which the nodes have no room is a blocker that says why', async () => {
  const merge = { base: [deploymentOf('web', { pod: asking('500m') })], head: [deploymentOf('web', { pod: asking('6', 'web:2') })] };
  const { findings, rollouts } = await forecastOf({ ...merge, nodes: parseNodes('3x4cpu,16Gi') });
  expect(rollouts[0]?.stuck).toMatchObject({ reason: 'Unschedulable', message: expect.stringContaining('3 Insufficient cpu') as string });
  expect(findings).toMatchObject([{ rule: 'unschedulable', severity: 'blocker', application: { namespace: 'default', name: 'shop' } }]);
});

test('a Service whose pods are all replaced at once is said to answer nobody for a while', async () => {
  const web = (image: string) => deploymentOf('web', { image, spec: { strategy: { type: 'Recreate' } } });
  const { findings } = await forecastOf({ base: [web('web:1'), serviceOf('web')], head: [web('web:2'), serviceOf('web')] });
  expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual(['caution endpoints-lost', 'caution outage']);
});

test('what a pod reads and nobody brings keeps it from starting, where the base did not read it', async () => {
  const reading = (name: string) => ({ containers: [{ ...container, envFrom: [{ configMapRef: { name } }] }] });
  const { findings, assumptions } = await forecastOf({
    base: [deploymentOf('web', { pod: reading('given') })],
    head: [deploymentOf('web', { pod: reading('lost') })],
  });
  expect(findings).toMatchObject([
    { rule: 'rollout-stuck', severity: 'blocker', message: expect.stringContaining('configmap "lost" not found') as string },
  ]);
  expect(assumptions).toContain('somebody else brings ConfigMap default/given');
});

test('a ConfigMap under an annotation of the template is named as the reason', async () => {
  const web = (sum: string) => {
    const deployment = deploymentOf('web', { pod: { containers: [{ ...container, envFrom: [{ configMapRef: { name: 'settings' } }] }] } });
    const template = { ...deployment.spec.template, metadata: { labels: { app: 'web' }, annotations: { 'checksum/config': sum } } };
    return { ...deployment, spec: { ...deployment.spec, template } } as KubeObject;
  };
  const { rollouts } = await forecastOf({
    base: [configMap('settings', { mode: 'slow' }), web('1')],
    head: [configMap('settings', { mode: 'fast' }), web('2')],
  });
  expect(rollouts[0]?.because).toEqual([
    { what: 'field', name: "spec.template.metadata.annotations['checksum/config']" },
    { what: 'ConfigMap', name: 'default/settings' },
  ]);
});

test('objects for operators and webhooks are counted as not judged, each with its reason', async () => {
  const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata: { name: 'cache', namespace: 'default' } };
  const hook = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'policy' },
    webhooks: [],
  } as KubeObject;
  const { coverage } = await forecastOf({ base: [deploymentOf('web')], head: [deploymentOf('web'), release, hook] });
  expect(coverage).toMatchObject({ changed: 2, judged: 0 });
  expect(coverage.notJudged.map(({ ref }) => ref.kind).sort()).toEqual(['HelmRelease', 'ValidatingWebhookConfiguration']);
});

test('a hook that fails is a blocker, and nothing after it restarts', async () => {
  const job = jobOf('migrate', { script: { run: '500ms', exit: '1' }, spec: { backoffLimit: 0 } });
  const hook = { ...job, metadata: { ...job.metadata, annotations: { 'steersman.dev/hook': 'PreSync' } } };
  const { findings, rollouts } = await forecastOf({ base: [deploymentOf('web')], head: [hook, deploymentOf('web', { image: 'web:2' })] });
  expect(rollouts.map(({ workload, kind }) => `${kind} ${workload.kind}`)).toEqual(['starts Job']);
  expect(findings.filter(({ severity }) => severity === 'blocker').map(({ rule }) => rule)).toEqual(['rollout-stuck']);
});

test('an application that goes takes its workloads with it', async () => {
  const { rollouts } = await forecastOf({ base: [deploymentOf('web')], head: [] });
  expect(rollouts).toMatchObject([{ kind: 'ends', because: [{ what: 'removed' }], ended: 3, desired: 0, worst: { available: 0 } }]);
});

test.each([
  ['3x4cpu,16Gi', ['4', '4', '4']],
  ['1x4cpu,16Gi;2xmuch', undefined],
  ['1x4cpu,16Gi;2x500mcpu,1Gi,disk=ssd', ['4', '500m', '500m']],
  ['4cpu', undefined],
  ['2x4cpu', undefined],
])('nodes %s', (text, expected) => {
  if (expected === undefined) expect(() => parseNodes(text)).toThrow('as in 3x4cpu,16Gi');
  else expect(parseNodes(text).map(({ capacity }) => capacity['cpu'])).toEqual(expected);
});
