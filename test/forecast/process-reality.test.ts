import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PodSpec } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { daemonSetOf, deploymentOf, jobOf, serviceOf, statefulSetOf } from '../controllers/workloads.ts';
import { configMap } from '../support/gitops.ts';
import { makePlace } from '../support/process-runtime.ts';
import type { ChangeCase } from './changes.ts';
import { deliverForReal, differing, forecastCases, ordersIn } from './reality.ts';

/** A program that runs until it is asked to end, and is ready when it can be asked. */
const program = { name: 'main', image: 'shell:1', command: ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'] };
/** Patient, since a busy machine takes its time to answer. */
const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 20 };
const running = (more: object = {}): Partial<PodSpec> => ({
  terminationGracePeriodSeconds: 5,
  automountServiceAccountToken: false,
  containers: [{ ...program, readinessProbe, ...more }],
});
const anew = running({ env: [{ name: 'VERSION', value: '2' }] });
type DeploymentOptions = NonNullable<Parameters<typeof deploymentOf>[1]>;
const web = (options: DeploymentOptions = {}): KubeObject => deploymentOf('web', { replicas: 2, pod: running(), ...options });
const rolling = (maxSurge: number, maxUnavailable: number) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } },
});
const annotated = (object: KubeObject, annotations: Record<string, string>): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations },
});
const task = (name: string, script: string, hook: string): KubeObject =>
  annotated(
    jobOf(name, {
      pod: {
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [{ ...program, command: ['sh', '-c', script] }],
      },
    }),
    { 'steersman.dev/hook': hook },
  );
const inWave = (wave: string, name: string, pod = running()): KubeObject =>
  annotated(deploymentOf(name, { replicas: 1, pod }), { 'steersman.dev/wave': wave });
const reading = (name: string): Partial<PodSpec> => running({ envFrom: [{ configMapRef: { name } }] });

/** Changes of real programs. Those after the first ten are looked at in a soak. */
const cases: readonly ChangeCase[] = [
  { name: 'image', base: [web(), serviceOf('web')], head: [web({ pod: running({ image: 'shell:2' }) }), serviceOf('web')] },
  { name: 'configuration', base: [web()], head: [web({ pod: anew })] },
  { name: 'probe', base: [web()], head: [web({ pod: running({ readinessProbe: { ...readinessProbe, periodSeconds: 2 } }) })] },
  { name: 'more replicas', base: [web({ replicas: 1 })], head: [web({ replicas: 3 })] },
  { name: 'two more at once', base: [web({ spec: rolling(2, 0) })], head: [web({ pod: anew, spec: rolling(2, 0) })] },
  { name: 'port of a Service', base: [web(), serviceOf('web')], head: [web(), serviceOf('web', { ports: [{ port: 81 }] })] },
  {
    name: 'template of a StatefulSet',
    base: [statefulSetOf('db', { replicas: 2, pod: running() })],
    head: [statefulSetOf('db', { replicas: 2, pod: anew })],
  },
  { name: 'removal', base: [web(), serviceOf('web'), configMap('rest', {})], head: [serviceOf('web'), configMap('rest', {})] },
  {
    name: 'waves',
    base: [inWave('-1', 'first'), inWave('0', 'second'), inWave('1', 'third')],
    head: [inWave('-1', 'first', anew), inWave('0', 'second', anew), inWave('1', 'third', anew)],
  },
  {
    name: 'settings that are missing',
    base: [web({ pod: reading('given') }), configMap('given', {})],
    head: [web({ pod: reading('lost') }), configMap('given', {})],
  },
  { name: 'one less', base: [web({ spec: rolling(0, 1) })], head: [web({ pod: anew, spec: rolling(0, 1) })] },
  {
    name: 'all at once',
    base: [web({ spec: { strategy: { type: 'Recreate' } } })],
    head: [web({ pod: anew, spec: { strategy: { type: 'Recreate' } } })],
  },
  { name: 'fewer replicas', base: [web({ replicas: 3 })], head: [web({ replicas: 1 })] },
  { name: 'a new one', base: [configMap('rest', {})], head: [configMap('rest', {}), web(), serviceOf('web')] },
  { name: 'a DaemonSet', base: [daemonSetOf('agent', { pod: running() })], head: [daemonSetOf('agent', { pod: anew })] },
  {
    name: 'a hook before, and one after',
    base: [web()],
    head: [web({ pod: anew }), task('migrate', 'sleep 1', 'PreSync'), task('smoke', 'sleep 1', 'PostSync')],
  },
];
const soak = process.env['STEER_SOAK'] === '1';

test('what the forecast says of a change is what happens to programs that run', async () => {
  const kinds = loadKinds();
  const chosen = soak ? cases : cases.slice(0, 10);
  const node = simulatedNode('node-1', { capacity: { cpu: '64', memory: '64Gi', pods: '500', 'ephemeral-storage': '100Gi' } });
  const told = await forecastCases(chosen, { kinds, nodes: [node], startupMs: 300 });
  const place = await makePlace('plain');
  try {
    const runtime = await place.open();
    const happened = await deliverForReal(chosen, { kinds, nodes: [{ description: node, runtime }], quietMs: 4_000, limitMs: 120_000 });
    const differ = differing(chosen, told, happened);
    const orders = ordersIn(chosen, happened);
    console.log(
      `forecast and programs agree on ${chosen.length - differ.length} of ${chosen.length} changes, and ${orders} times on what comes first`,
    );
    expect(orders).toBeGreaterThanOrEqual(6);
    expect(differ).toEqual([]);
  } finally {
    expect(await place.end()).toEqual([]);
    rmSync(join(tmpdir(), `steer-${process.pid}`), { recursive: true, force: true });
  }
}, 300_000);
