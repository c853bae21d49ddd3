import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Node, Pod } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { startControlPlane } from '../../src/controlplane/start.ts';
import { pod } from '../scheduler/builders.ts';
import { concurrently, timed, type Row } from './measure.ts';
import { perfNode, workloads } from './scheduler-workloads.ts';
import { runWorkload } from './scheduler-perf.ts';

const nodeCount = 5000;

/** Every workload of Kubernetes' scheduler_perf against its threshold: the cycle alone. Then with every write through a durable API server. */
export async function scheduler(): Promise<Row[]> {
  return [...workloads.map((workload) => runWorkload(workload())), await throughServer(5000)];
}

/** From the first create to the last binding: what clients and scheduler write goes through the API server and is durable. */
async function throughServer(pods: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-'));
  const log = createLog((line) => console.error(JSON.stringify(line)), 'error');
  const plane = await startControlPlane({
    clock: realClock(),
    random: secureRandom(),
    log,
    dataDir: join(folder, 'data'),
    controllers: [],
  });
  const cluster = plane.cluster();
  try {
    await concurrently(nodeCount, 64, async (at) => {
      const each = perfNode(at);
      await cluster.create(Node, each);
      await cluster.patch(Node, { namespace: '', name: each.metadata.name }, { status: each.status }, { subresource: 'status' });
    });
    const ms = await timed(async () => {
      await concurrently(pods, 64, (at) => {
        const { spec } = pod({ requests: { cpu: '100m', memory: '500Mi' } });
        return cluster.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p-${at}`, namespace: 'default' }, spec });
      });
      const waiting = { fieldSelector: 'spec.nodeName=', limit: 1 };
      while ((await cluster.list(Pod, waiting)).items.length > 0) await setTimeout(20);
    });
    return { name: `${pods.toLocaleString('en')} pods created and bound, durable, 5,000 nodes`, value: (pods / ms) * 1000, unit: 'pods/s' };
  } finally {
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
