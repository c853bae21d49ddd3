import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, yaml } from '../support/gitops.ts';
import { findKubectls, kubectlOn, type Kubectl } from '../support/kubectl.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const [newest] = findKubectls().slice(-1);
const folder = tempFolder('steer-kubectl-scheduler-');
let up: Up;
let kubectl: Kubectl;

const profiles = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: packing-scheduler
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
`;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'settings.yaml': yaml(configMap('settings', { a: '1' })) });
  const file = join(folder.path, 'scheduler.yaml');
  writeFileSync(file, profiles);
  up = await startUp(repository.path, { folder: folder.path, args: ['--nodes', '2', '--scheduler-config', file] });
  await up.running.printed(/default\/app Synced Healthy/);
  if (newest !== undefined) kubectl = kubectlOn(newest, { kubeconfig: up.kubeconfig, namespace: 'default', folder: folder.path });
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

const create = (...objects: object[]): Promise<string> =>
  kubectl.ok(['create', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n'));
const pod = (name: string, spec: object = {}, cpu = '100m') => {
  const container = { name: 'web', image: 'web:1', resources: { requests: { cpu } } };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container], ...spec } };
};
const refusal = (name: string): Promise<string> =>
  kubectl.ok([
    'wait',
    `pod/${name}`,
    '--for=jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable',
    '--timeout=30s',
  ]);
const helpless = 'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';

describe.skipIf(newest === undefined)(`kubectl ${newest?.version ?? ''}`, () => {
  it('describes a pod that fits nowhere with the reason of every node', async () => {
    await create(pod('huge', {}, '1000'));
    await refusal('huge');
    await expect
      .poll(() => kubectl.ok(['describe', 'pod', 'huge']), { timeout: 20_000 })
      .toMatch(new RegExp(`Warning\\s+FailedScheduling\\s.*default-scheduler\\s+0/2 nodes are available: 2 Insufficient cpu. ${helpless}`));
    await kubectl.ok(['delete', 'pod', 'huge', '--now']);
  });

  it('cordons and taints every node, so that a pod waits until one is free again', async () => {
    const [first = '', second = ''] = (await kubectl.ok(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ');
    await kubectl.ok(['cordon', first]);
    await kubectl.ok(['taint', 'nodes', second, 'team=red:NoSchedule']);
    await create(pod('waiting'));
    await refusal('waiting');
    const { status } = await kubectl.json<Pod>(['get', 'pod', 'waiting']);
    expect(status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toBe(
      `0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${helpless}`,
    );
    await kubectl.ok(['taint', 'nodes', second, 'team-']);
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/waiting', '--timeout=30s']);
    expect((await kubectl.json<Pod>(['get', 'pod', 'waiting'])).spec.nodeName).toBe(second);
    await kubectl.ok(['uncordon', first]);
    await kubectl.ok(['delete', 'pod', 'waiting', '--now']);
  });

  it('sees who had to go for whom', async () => {
    const [amount] = (await kubectl.ok(['get', 'nodes', '-o', 'jsonpath={.items[*].status.allocatable.cpu}'])).split(' ');
    await create({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'urgent' }, value: 1000 });
    await create(pod('low-1', {}, amount), pod('low-2', {}, amount));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/low-1', 'pod/low-2', '--timeout=30s']);
    await create(pod('high', { priorityClassName: 'urgent' }, amount));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/high', '--timeout=60s']);
    const { uid = '' } = (await kubectl.json<Pod>(['get', 'pod', 'high'])).metadata;
    await expect
      .poll(() => kubectl.ok(['get', 'events', '--field-selector=reason=Preempted']), { timeout: 20_000 })
      .toMatch(new RegExp(`Normal\\s+Preempted\\s+pod/low-[12]\\s+Preempted by pod ${uid} on node `));
    await kubectl.ok(['delete', 'pods', '--all', '--now']);
  });

  it('has pods scheduled by the profile that they name', async () => {
    await create(pod('packed', { schedulerName: 'packing-scheduler' }));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/packed', '--timeout=30s']);
    await expect
      .poll(() => kubectl.ok(['describe', 'pod', 'packed']), { timeout: 20_000 })
      .toMatch(/Normal\s+Scheduled\s.*packing-scheduler\s+Successfully assigned default\/packed to /);
  });
});
