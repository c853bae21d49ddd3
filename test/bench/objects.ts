import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Pod } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { startDaemon } from './daemon.ts';
import { concurrently, timed, type Row } from './measure.ts';

const podCount = 100_000;
const updateCount = 1_000_000;
const updatedKeys = 100;

/** What many objects cost that only lie there, and many updates of few. */
export async function objects(): Promise<Row[]> {
  return [...(await manyPods()), ...(await manyUpdates())];
}

/** Pods that no scheduler of the cluster takes, so that what is measured is the API server, its store and the informers of the controllers. */
async function manyPods(): Promise<Row[]> {
  const daemon = await startDaemon();
  try {
    const before = daemon.memoryMb();
    await concurrently(podCount, 64, (index) => daemon.cluster.create(Pod, podOf(index)));
    await setTimeout(10_000);
    const after = daemon.memoryMb();
    const listMs = await timed(() => daemon.cluster.list(Pod, { namespace: 'default', limit: 500 }));
    return [
      { name: 'memory with 100,000 pods of 2 KB', value: after, unit: 'MB', line: '<= 1500' },
      { name: 'of this per pod', value: ((after - before) * 1024) / podCount, unit: 'KB' },
      { name: 'first page of 500 of them', value: listMs, unit: 'ms' },
    ];
  } finally {
    await daemon.stop();
  }
}

function podOf(index: number): Pod {
  const app = `app-${index % 100}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${app}-${index}`, namespace: 'default', labels: { app, tier: 'web' }, annotations: { owner: `team-${index % 10}` } },
    spec: {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'web',
          image: 'registry.example/web:1.2.3',
          ports: [{ containerPort: 8080 }],
          env: [{ name: 'LOG_LEVEL', value: 'info' }],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
        },
      ],
    },
  };
}

interface Note {
  text: string;
  revision?: number;
}

async function manyUpdates(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'steer-bench-'));
  const codec = {
    stamp: (note: Note, revision: number) => ({ ...note, revision }),
    labels: () => ({}),
    secret: () => false,
  };
  const store = await openEmbeddedStore<Note>({ directory, codec, clock: realClock(), random: secureRandom() });
  const filler = 'x'.repeat(4000);
  const lane = async (index: number): Promise<void> => {
    let revision = 0;
    for (let round = 0; round < updateCount / updatedKeys; round++) {
      revision = (await store.put(`core/configmaps/default/c${index}`, { text: `${round} ${filler}` }, revision)).revision;
    }
  };
  const ms = await timed(() => Promise.all(Array.from({ length: updatedKeys }, (_, index) => lane(index))));
  await store.close();
  const bytes = statSync(join(directory, 'data.mdb')).size;
  rmSync(directory, { recursive: true });
  return [
    {
      name: 'store file after 1,000,000 updates of 100 objects',
      value: bytes / 2 ** 20,
      unit: 'MB',
      line: '<= 50',
    },
    { name: 'of these updates', value: (updateCount / ms) * 1000, unit: '/s' },
  ];
}
