import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment } from '../support/gitops.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { startUp, type Up } from '../support/steer-up.ts';

/** Those that ask for batch/v1 and autoscaling/v2, of which the oldest and the newest, at once: each works in a namespace of its own. */
const kubectls = findKubectls()
  .filter(({ old }) => !old)
  .filter((_, index, all) => index === 0 || index === all.length - 1);
const folder = tempFolder('steer-kubectl-batch-');
let up: Up;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'web.yaml': JSON.stringify(deployment('web', { replicas: 1 })) });
  up = await startUp(repository.path, { folder: folder.path });
  await up.running.printed(/default\/app Synced Healthy/);
  for (const program of kubectls) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: spaceOf(program) } };
    await on(program).ok(['create', '-f', '-'], JSON.stringify(namespace));
  }
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

function spaceOf({ version }: KubectlProgram): string {
  return `with-${version.replace('.', '-')}`;
}
function on(program: KubectlProgram): Kubectl {
  return kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: spaceOf(program), folder: folder.path });
}
const script = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(annotations).map(([what, how]) => [`simulated.steersman.dev/${what}`, how]));
const template = (name: string, annotations: Readonly<Record<string, string>>, spec: object = {}) => ({
  metadata: { labels: { app: name }, annotations: script(annotations) },
  spec: { containers: [{ name: 'main', image: 'it:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }], ...spec },
});
const never = { restartPolicy: 'Never' };

describe.concurrent.each(kubectls)('kubectl $version', (program) => {
  const kubectl = on.bind(undefined, program);
  const create = (...objects: object[]) => kubectl().ok(['create', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n'));

  it('runs Jobs, also from a CronJob, and says what became of them', async ({ expect: must }) => {
    const job = { template: template('work', { run: '200ms' }, never), completions: 3, parallelism: 3 };
    const failing = { template: template('broken', { run: '100ms', exit: '3' }, never), backoffLimit: 0 };
    await create(
      { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work' }, spec: job },
      { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'broken' }, spec: failing },
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'nightly' },
        spec: {
          schedule: '30 2 * * *',
          timeZone: 'Europe/Berlin',
          jobTemplate: { spec: { template: template('nightly', { run: '100ms' }, never) } },
        },
      },
    );
    await kubectl().ok(['create', 'job', 'now', '--from=cronjob/nightly']);
    for (const name of ['work', 'now']) await kubectl().ok(['wait', '--for=condition=Complete', `job/${name}`, '--timeout=60s']);
    await kubectl().ok(['wait', '--for=condition=Failed', 'job/broken', '--timeout=60s']);
    const eventually = (args: readonly string[]) => must.poll(() => kubectl().ok(args), { timeout: 60_000, interval: 500 });
    await eventually(['describe', 'job', 'work']).toMatch(/Normal\s+Completed.*Job completed/);
    const described = await kubectl().ok(['describe', 'job', 'work']);
    must(described).toMatch(/Pods Statuses:\s+0 (Active \(0 Ready\)|Running) \/ 3 Succeeded \/ 0 Failed/);
    must(described).toMatch(/Normal\s+SuccessfulCreate.*Created pod: work-/);
    await eventually(['describe', 'job', 'broken']).toMatch(/Warning\s+BackoffLimitExceeded.*Job has reached the specified backoff limit/);
    must(await kubectl().ok(['get', 'cronjob', 'nightly'])).toMatch(/nightly\s+30 2 \* \* \*\s+(Europe\/Berlin\s+)?False\s+0/);
    const cron = await kubectl().ok(['describe', 'cronjob', 'nightly']);
    must(cron).toMatch(/Schedule:\s+30 2 \* \* \*/);
    must(cron).toMatch(/Concurrency Policy:\s+Allow/);
  });

  it('lets a Deployment follow its load, and shows what its pods use', async ({ expect: must }) => {
    const web = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template('web', { cpu: '90m', memory: '64Mi' }) };
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await create(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: web },
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 4, metrics },
      },
    );
    await kubectl().ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await kubectl().ok(['wait', '--for=jsonpath={.spec.replicas}=4', 'deployment/web', '--timeout=60s']);
    // The event comes after the status, and the status after the size.
    const describe = () => kubectl().ok(['describe', 'hpa', 'web']);
    await must
      .poll(describe, { timeout: 60_000, interval: 500 })
      .toMatch(/SuccessfulRescale.*New size: 4; reason: cpu resource utilization \(percentage of request\) above target/);
    const described = await describe();
    must(described).toMatch(/resource cpu on pods\s+\(as a percentage of request\):\s+(8[5-9]|9[0-5])% \(\d+m\) \/ 50%/);
    must(described).toMatch(/ScalingActive\s+True\s+ValidMetricFound/);
    must(await kubectl().ok(['get', 'hpa', 'web'])).toMatch(/Deployment\/web\s+(cpu: )?(8[5-9]|9[0-5])%\/50%\s+1\s+4\s+\d/);
    must(await kubectl().ok(['top', 'pods', '-l', 'app=web'])).toMatch(/web-\S+\s+(8[5-9]|9[0-5])m\s+64Mi/);
    const more = ['autoscale', 'deployment', 'web', '--max=5', '--cpu-percent=80', '--name=other', '--dry-run=server'];
    must(await kubectl().ok(more)).toContain('horizontalpodautoscaler.autoscaling/other autoscaled');
  });
});

it('is driven by some kubectl', () => expect(kubectls.length).toBeGreaterThan(0));
