import { setTimeout } from 'node:timers/promises';
import { Deployment, PodDisruptionBudget } from '../../src/api/kinds.generated.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { concurrently, type Row } from './measure.ts';

const count = 1000;
const replicas = 3;
const seconds = 60;

/** What 1,000 Deployments with three simulated pods each cost when nothing happens to them: a minute, and a quarter of them with a budget. */
export async function idleWorkloads(): Promise<Row[]> {
  const daemon = await startDaemon();
  try {
    await concurrently(count, 16, (index) => make(daemon, index));
    await available(daemon);
    await setTimeout(15_000);
    const [cpu, wakes] = [daemon.cpuSeconds(), daemon.contextSwitches()];
    await setTimeout(seconds * 1000);
    return [
      {
        name: `idle processor with ${count} Deployments, ${count * replicas} pods`,
        value: ((daemon.cpuSeconds() - cpu) / seconds) * 100,
        unit: '% of a core',
        line: '<= 2',
      },
      { name: 'wakes of its main thread a second meanwhile', value: (daemon.contextSwitches() - wakes) / seconds, unit: '/s' },
    ];
  } finally {
    await daemon.stop();
  }
}

async function make(daemon: Daemon, index: number): Promise<void> {
  const metadata = { name: `idle-${index}`, namespace: 'default' };
  const labels = { app: metadata.name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  await daemon.cluster.create(Deployment, {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
    spec: { replicas, selector: { matchLabels: labels }, template },
  });
  if (index % 4 !== 0) return;
  await daemon.cluster.create(PodDisruptionBudget, {
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
}

async function available({ cluster }: Daemon): Promise<void> {
  for (let waited = 0; waited < 600; waited++) {
    const { items } = await cluster.list(Deployment, { namespace: 'default' });
    if (items.reduce((sum, one) => sum + (one.status?.availableReplicas ?? 0), 0) === count * replicas) return;
    await setTimeout(500);
  }
  throw new Error('the pods were not there after 5 minutes');
}
