import type { PodSpec } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { daemonSetOf, deploymentOf, jobOf, serviceOf, statefulSetOf } from '../controllers/workloads.ts';
import { configMap } from '../support/gitops.ts';

/** A change of a repository: what it holds before and after, all in one namespace. */
export interface ChangeCase {
  readonly name: string;
  readonly base: readonly KubeObject[];
  readonly head: readonly KubeObject[];
}

/** Labels of nodes that only one case uses. */
export const pools = { port: 'port', narrow: 'narrow' } as const;

const script = { ready: '300ms' };
type DeploymentOptions = NonNullable<Parameters<typeof deploymentOf>[1]>;
const web = (options: DeploymentOptions = {}): KubeObject => deploymentOf('web', { script, ...options });
const sets = (options: NonNullable<Parameters<typeof statefulSetOf>[1]> = {}): KubeObject => statefulSetOf('db', { script, ...options });
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } },
});
const main = (more: object): Partial<PodSpec> => ({
  containers: [{ name: 'main', image: 'web:1', readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 }, ...more }],
});
const quota = (pods: string) =>
  ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: { hard: { pods } } }) as KubeObject;
const limits = (memory: string) =>
  ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'small' },
    spec: { limits: [{ type: 'Container', max: { memory } }] },
  }) as KubeObject;
const budget = (minAvailable: number) =>
  ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
  }) as KubeObject;
const annotated = (object: KubeObject, annotations: Record<string, string>): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations },
});
const reading = (name: string): Partial<PodSpec> => main({ envFrom: [{ configMapRef: { name } }] });
const pooled = (pool: string, more: object): Partial<PodSpec> => ({
  ...main(more),
  nodeSelector: { pool },
  tolerations: [{ key: 'own', operator: 'Exists' as const }],
});
const asking = (resources: Record<string, string>) => ({ resources: { requests: resources } });
const two = { image: 'web:2' };

/** Each kind of change that a merge brings, with what it does to pods. */
export const changeCases: readonly ChangeCase[] = [
  { name: 'image', base: [web(), serviceOf('web')], head: [web(two), serviceOf('web')] },
  { name: 'image, one less', base: [web({ spec: rolling(0, 1) })], head: [web({ ...two, spec: rolling(0, 1) })] },
  { name: 'image, two more', base: [web({ replicas: 4, spec: rolling(2, 0) })], head: [web({ ...two, replicas: 4, spec: rolling(2, 0) })] },
  {
    name: 'image, half at once',
    base: [web({ replicas: 4, spec: rolling(0, '50%') })],
    head: [web({ ...two, replicas: 4, spec: rolling(0, '50%') })],
  },
  {
    name: 'image, all at once',
    base: [web({ spec: { strategy: { type: 'Recreate' } }, script: { ready: '2s' } }), serviceOf('web')],
    head: [web({ ...two, spec: { strategy: { type: 'Recreate' } }, script: { ready: '2s' } }), serviceOf('web')],
  },
  {
    name: 'image that cannot be pulled',
    base: [web()],
    head: [web({ ...two, script: { ...script, failure: 'ErrImagePull: no such image' } })],
  },
  {
    name: 'readiness that never comes',
    base: [web()],
    head: [web({ ...two, script: { ready: 'never' }, spec: { progressDeadlineSeconds: 5 } })],
  },
  {
    name: 'image, ready for a while',
    base: [web({ spec: { minReadySeconds: 2 } })],
    head: [web({ ...two, spec: { minReadySeconds: 2 } })],
  },
  {
    name: 'probe',
    base: [web()],
    head: [web({ pod: main({ readinessProbe: { httpGet: { path: '/ready', port: 80 }, periodSeconds: 1, initialDelaySeconds: 1 } }) })],
  },
  { name: 'environment', base: [web()], head: [web({ pod: main({ env: [{ name: 'MODE', value: 'fast' }] }) })] },
  { name: 'label of the template', base: [web()], head: [withLabel(web(), 'tier', 'front')] },
  {
    name: 'ConfigMap alone',
    base: [configMap('settings', { mode: 'slow' }), web({ pod: reading('settings') })],
    head: [configMap('settings', { mode: 'fast' }), web({ pod: reading('settings') })],
  },
  {
    name: 'ConfigMap under a new name',
    base: [configMap('settings-1', { mode: 'slow' }), web({ pod: reading('settings-1') })],
    head: [configMap('settings-2', { mode: 'fast' }), web({ pod: reading('settings-2') })],
  },
  { name: 'more replicas', base: [web({ replicas: 2 })], head: [web({ replicas: 4 })] },
  { name: 'fewer replicas', base: [web({ replicas: 4 })], head: [web({ replicas: 1 })] },
  { name: 'no replicas', base: [web({ replicas: 2 }), serviceOf('web')], head: [web({ replicas: 0 }), serviceOf('web')] },
  { name: 'paused', base: [web()], head: [web({ ...two, spec: { paused: true } })] },
  { name: 'template of a StatefulSet', base: [sets()], head: [sets(two)] },
  {
    name: 'template of a StatefulSet that starts all at once',
    base: [sets({ spec: { podManagementPolicy: 'Parallel' } })],
    head: [sets({ ...two, spec: { podManagementPolicy: 'Parallel' } })],
  },
  {
    name: 'template of a StatefulSet, in part',
    base: [sets()],
    head: [sets({ ...two, spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } })],
  },
  {
    name: 'template of a StatefulSet that waits for a hand',
    base: [sets({ spec: { updateStrategy: { type: 'OnDelete' } } })],
    head: [sets({ ...two, spec: { updateStrategy: { type: 'OnDelete' } } })],
  },
  { name: 'more replicas of a StatefulSet', base: [sets({ replicas: 1 })], head: [sets({ replicas: 3 })] },
  {
    name: 'image of a DaemonSet',
    base: [daemonSetOf('log', { script, pod: onRoomy() })],
    head: [daemonSetOf('log', { script, pod: onRoomy('web:2') })],
  },
  {
    name: 'selector of a Service',
    base: [web(), serviceOf('web')],
    head: [web(), serviceOf('web', { selector: { app: 'wbe' } })],
  },
  { name: 'port of a Service', base: [web(), serviceOf('web')], head: [web(), serviceOf('web', { ports: [{ port: 81 }] })] },
  { name: 'quota without room for one more', base: [web(), quota('5')], head: [web(two), quota('3')] },
  { name: 'limit under what is asked for', base: [web(), limits('1Gi')], head: [web({ pod: main(large()) }), limits('128Mi')] },
  { name: 'label that no node has', base: [web()], head: [web({ pod: { ...main({}), nodeSelector: { disk: 'glass' } } })] },
  { name: 'more than any node has', base: [web()], head: [web({ pod: main(asking({ cpu: '900' })) })] },
  {
    name: 'port of the only node',
    base: [web({ replicas: 1, pod: pooled(pools.port, { ports: [{ containerPort: 80, hostPort: 8080 }] }) })],
    head: [web({ replicas: 1, pod: pooled(pools.port, { image: 'web:2', ports: [{ containerPort: 80, hostPort: 8080 }] }) })],
  },
  {
    name: 'no room for one more',
    base: [web({ replicas: 1, pod: pooled(pools.narrow, asking({ cpu: '600m' })) })],
    head: [web({ replicas: 1, pod: pooled(pools.narrow, { image: 'web:2', ...asking({ cpu: '600m' }) }) })],
  },
  { name: 'budget that allows nothing', base: [web({ replicas: 2 })], head: [web({ replicas: 2 }), budget(2)] },
  { name: 'removal', base: [web(), serviceOf('web'), configMap('rest', {})], head: [serviceOf('web'), configMap('rest', {})] },
  { name: 'a new one', base: [configMap('rest', {})], head: [configMap('rest', {}), web({ replicas: 2 }), serviceOf('web')] },
  {
    name: 'waves',
    base: [annotated(sets({ replicas: 1 }), { 'steersman.dev/wave': '-1' }), web()],
    head: [annotated(sets({ ...two, replicas: 1 }), { 'steersman.dev/wave': '-1' }), web(two)],
  },
  {
    name: 'three waves, and one beside the last',
    base: [inWave('-1', 'first'), inWave('0', 'second'), inWave('1', 'third'), inWave('1', 'beside')],
    head: [inWave('-1', 'first', two), inWave('0', 'second', two), inWave('1', 'third', two), inWave('1', 'beside', two)],
  },
  {
    name: 'a hook before, and one after',
    base: [web()],
    head: [
      web(two),
      annotated(jobOf('migrate', { script: { run: '1s' } }), { 'steersman.dev/hook': 'PreSync' }),
      annotated(jobOf('smoke', { script: { run: '500ms' } }), { 'steersman.dev/hook': 'PostSync' }),
    ],
  },
  {
    name: 'a hook that fails',
    base: [web()],
    head: [
      web(two),
      annotated(jobOf('migrate', { script: { run: '500ms', exit: '1' }, spec: { backoffLimit: 0 } }), { 'steersman.dev/hook': 'PreSync' }),
    ],
  },
  {
    name: 'selector of a Deployment',
    base: [web()],
    head: [withLabel(web({ spec: { selector: { matchLabels: { app: 'web', tier: 'front' } } } }), 'tier', 'front')],
  },
];

function inWave(wave: string, name: string, options: DeploymentOptions = {}): KubeObject {
  return annotated(deploymentOf(name, { script, replicas: 1, ...options }), { 'steersman.dev/wave': wave });
}
function withLabel(object: KubeObject, name: string, value: string): KubeObject {
  const { spec } = object as KubeObject & { spec: { template: { metadata: { labels: Record<string, string> } } } };
  const { template } = spec;
  const metadata = { ...template.metadata, labels: { ...template.metadata.labels, [name]: value } };
  return { ...object, spec: { ...spec, template: { ...template, metadata } } } as KubeObject;
}
function large(): object {
  return { resources: { requests: { memory: '256Mi' }, limits: { memory: '256Mi' } } };
}
/** On the three nodes that no case has for itself. */
function onRoomy(image = 'web:1'): Partial<PodSpec> {
  return { ...main({ image }), nodeSelector: { pool: 'all' } };
}
