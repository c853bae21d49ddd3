import { stopwatch } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import type { ForecastRequest } from '../../src/forecast/request.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { manifestsOf } from '../forecast/merges.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { median, type Row } from './measure.ts';

const workloads = 100;
/** How many sorts of workloads a repository has: of other sizes, probes and ways to roll. */
const sorts = 12;

/** One of a hundred, of one of the sorts, with an image, settings and a Service of its own. */
export function web(at: number, version: number, kinds = sorts): KubeObject[] {
  const name = `web-${at}`;
  const sort = at % kinds;
  const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: sort % 2 === 0 ? 5 : 10 };
  const container = {
    name: 'web',
    image: `registry.example/${name}:${version}`,
    env: [{ name: 'WHO', value: name }],
    envFrom: [{ configMapRef: { name } }],
    resources: { requests: { cpu: `${100 + at}m` } },
    readinessProbe,
  };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: sort % 4 < 2 ? 1 : 0, maxUnavailable: 1 } };
  const metadata = { name, namespace: 'default' };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { name } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas: 1 + (sort % 3), strategy, selector: { matchLabels: { app: name } }, template },
    },
  ] as unknown as KubeObject[];
}

/** A merge that rolls 100 Deployments of 1 to 3 pods: the base is brought up, the merge delivered, all in simulated time. */
export async function forecasts(): Promise<Row[]> {
  const alike = await rounds({}, { count: 5, of: 1 });
  const sorted = await rounds({}, { count: 4, of: sorts });
  const each = await rounds({ simulate: 'each' }, { count: 1, of: sorts });
  const what = `forecast of a rollout of ${workloads} workloads, each with a Service`;
  const line = '<= 1';
  return [
    { name: `${what}, all alike, first in a process`, value: (alike[0] ?? 0) / 1000, unit: 's', line },
    { name: `${what}, all alike, again`, value: median(alike.slice(1)) / 1000, unit: 's', line },
    { name: `${what}, of ${sorts} sorts, again`, value: median(sorted) / 1000, unit: 's', line },
    { name: `${what}, every one simulated, as on nodes that are named`, value: median(each) / 1000, unit: 's' },
  ];
}

async function rounds(more: Partial<ForecastRequest>, { count, of }: { count: number; of: number }): Promise<number[]> {
  const kinds = loadKinds();
  const side = (version: number) => manifestsOf(Array.from({ length: workloads }, (_, at) => web(at, version, of)).flat());
  const taken: number[] = [];
  for (let round = 0; round < count; round++) {
    const watch = stopwatch();
    const { rollouts } = await forecast({
      applications: [{ application: { namespace: 'default', name: 'shop' }, namespace: 'default', base: side(1), head: side(2) }],
      startMs: Date.UTC(2026, 0, 1),
      random: seededRandom(1),
      log: silentLog,
      kinds,
      ...more,
    });
    taken.push(watch());
    const done = rollouts.filter(({ kind, ended, desired, endMs }) => kind === 'restarts' && ended === desired && endMs !== undefined);
    if (done.length !== workloads) throw new Error(`${done.length} of ${workloads} workloads have rolled`);
  }
  return taken;
}
