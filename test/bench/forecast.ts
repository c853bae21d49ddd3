import { stopwatch } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { manifestsOf } from '../forecast/merges.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { median, type Row } from './measure.ts';

const workloads = 100;
const replicas = 2;

export function web(at: number, image: string): KubeObject {
  const name = `web-${at}`;
  const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 5 };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image, readinessProbe }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: name } }, template },
  } as KubeObject;
}

/** A merge that rolls 100 Deployments of 2 pods: the base is brought up, the merge delivered, all in simulated time. */
export async function forecasts(): Promise<Row[]> {
  const kinds = loadKinds();
  const side = (image: string) => manifestsOf(Array.from({ length: workloads }, (_, at) => web(at, image)));
  const taken: number[] = [];
  for (let round = 0; round < 5; round++) {
    const watch = stopwatch();
    const { rollouts } = await forecast({
      applications: [
        { application: { namespace: 'default', name: 'shop' }, namespace: 'default', base: side('web:1'), head: side('web:2') },
      ],
      startMs: Date.UTC(2026, 0, 1),
      random: seededRandom(1),
      log: silentLog,
      kinds,
    });
    taken.push(watch());
    const done = rollouts.filter(({ kind, ended, endMs }) => kind === 'restarts' && ended === replicas && endMs !== undefined);
    if (done.length !== workloads) throw new Error(`${done.length} of ${workloads} workloads have rolled`);
  }
  return [
    {
      name: `forecast of a rollout of ${workloads} workloads of ${replicas} pods, first in a process`,
      value: (taken[0] ?? 0) / 1000,
      unit: 's',
      line: '<= 1',
    },
    {
      name: `forecast of a rollout of ${workloads} workloads of ${replicas} pods, again`,
      value: median(taken.slice(1)) / 1000,
      unit: 's',
      line: '<= 1',
    },
  ];
}
