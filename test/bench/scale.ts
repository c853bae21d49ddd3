import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { ConfigMap, Deployment, Node } from '../../src/api/kinds.generated.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { concurrently, percentile, timed, type Row } from './measure.ts';

const replicas = 100;

/** 50,000 pods of 500 Deployments on 5,000 simulated nodes, from the first create until the last one is available. */
export async function scale(): Promise<Row[]> {
  return withNodes(5000, async (daemon) => {
    const { seconds, callMs } = await fill(daemon, 500);
    return [
      { name: '50,000 pods on 5,000 nodes, create to Running', value: (500 * replicas) / seconds, unit: 'pods/s', line: '>= 300' },
      { name: 'single-object calls meanwhile, p99', value: percentile(callMs, 99), unit: 'ms', line: '<= 1000' },
      { name: 'memory with all of them', value: await settled(daemon), unit: 'MB' },
    ];
  });
}

/** 100,000 pods on 1,000 simulated nodes. */
export async function scaleMemory(): Promise<Row[]> {
  return withNodes(1000, async (daemon) => {
    const { seconds, callMs } = await fill(daemon, 1000);
    return [
      { name: 'memory with 100,000 running pods on 1,000 nodes', value: await settled(daemon), unit: 'MB', line: '<= 1500' },
      { name: 'these pods, create to Running', value: (1000 * replicas) / seconds, unit: 'pods/s', line: '>= 300' },
      { name: 'single-object calls meanwhile, p99', value: percentile(callMs, 99), unit: 'ms', line: '<= 1000' },
    ];
  });
}

async function withNodes(count: number, work: (daemon: Daemon) => Promise<Row[]>): Promise<Row[]> {
  const daemon = await startDaemon({ args: ['--nodes', String(count)] });
  try {
    await until(async () => (await daemon.cluster.list(Node)).items.filter(takesPods).length === count, `${count} nodes`);
    return await work(daemon);
  } finally {
    await daemon.stop();
  }
}

/** It is ready, and the taint of a node that is not has been taken from it. */
function takesPods({ spec, status }: Readonly<Node>): boolean {
  return (spec.taints ?? []).length === 0 && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

/** Creates the Deployments, and calls for single objects once in a while until all pods are available. */
async function fill(daemon: Daemon, deployments: number): Promise<{ seconds: number; callMs: number[] }> {
  const begun = performance.now();
  let done = false;
  const callMs: number[] = [];
  const calling = (async () => {
    for (let index = 0; !done; index++) {
      callMs.push(...(await singleCalls(daemon, index)));
      await setTimeout(50);
    }
  })();
  await concurrently(deployments, 16, (index) => make(daemon, index));
  const available = async (): Promise<number> => {
    const { items } = await daemon.cluster.list(Deployment, { namespace: 'default' });
    return items.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
  };
  await until(async () => (await available()) === deployments * replicas, `${deployments * replicas} available pods`);
  const seconds = (performance.now() - begun) / 1000;
  done = true;
  await calling;
  return { seconds, callMs };
}

/** What a user does with one object: make, read, change, delete. */
async function singleCalls({ cluster }: Daemon, index: number): Promise<number[]> {
  const key = { namespace: 'default', name: `single-${index}` };
  return [
    await timed(() => cluster.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { value: 'one' } })),
    await timed(() => cluster.get(ConfigMap, key)),
    await timed(() => cluster.patch(ConfigMap, key, { data: { value: 'two' } })),
    await timed(() => cluster.delete(ConfigMap, key)),
  ];
}

function make({ cluster }: Daemon, index: number): Promise<unknown> {
  const name = `web-${index}`;
  const resources = { requests: { cpu: '1m', memory: '1Mi' } };
  const containers = [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }], resources }];
  return cluster.create(Deployment, {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
    },
  });
}

/** Resident memory, MB, when what was under way has come to an end. */
async function settled(daemon: Daemon): Promise<number> {
  await setTimeout(60_000);
  return daemon.memoryMb();
}

/** At most half an hour. */
async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await done())) {
    if (performance.now() - begun > 1_800_000) throw new Error(`there are no ${what} after half an hour`);
    await setTimeout(1000);
  }
}
