import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Deployment } from '../../src/api/kinds.generated.ts';
import { startDaemon } from './daemon.ts';
import type { Row } from './measure.ts';

const deployments = 20;
const replicas = 500;

/** 10,000 simulated pods by 20 Deployments, from the first create to the last one available. */
export async function pods(): Promise<Row[]> {
  const daemon = await startDaemon();
  try {
    const start = performance.now();
    for (let index = 0; index < deployments; index++) {
      const labels = { app: `web-${index}` };
      await daemon.cluster.create(Deployment, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: `web-${index}`, namespace: 'default' },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      });
    }
    for (let waited = 0; ; waited++) {
      const { items } = await daemon.cluster.list(Deployment, { namespace: 'default' });
      if (items.reduce((sum, one) => sum + (one.status?.availableReplicas ?? 0), 0) === deployments * replicas) break;
      if (waited > 1500) throw new Error('10,000 pods were not there after 5 minutes');
      await setTimeout(200);
    }
    const seconds = (performance.now() - start) / 1000;
    return [
      { name: '10,000 simulated pods, create to Running', value: (deployments * replicas) / seconds, unit: 'pods/s', line: '>= 300' },
      { name: 'memory with 10,000 pods', value: daemon.memoryMb(), unit: 'MB' },
    ];
  } finally {
    await daemon.stop();
  }
}
