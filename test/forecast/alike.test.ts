import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import type { DeploymentSpec } from '../../src/api/kinds.generated.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import { configMap } from '../support/gitops.ts';
import { forecastOf, type Merge } from './merges.ts';

/** One of several, the first more often: so that many are alike. */
function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return (random.next() < 0.85 ? choices[0] : choices[randomInt(random, choices.length)]) as T;
}

interface Drawn {
  readonly replicas: number;
  readonly strategy: DeploymentSpec['strategy'];
  readonly periodSeconds: number;
  readonly minReadySeconds: number;
  readonly image: string;
  readonly requests: Record<string, string>;
  readonly reads: string | undefined;
  readonly tier: string | undefined;
}
function draw(random: Random): Drawn {
  return {
    replicas: pick(random, [2, 1, 3]),
    strategy: pick<DeploymentSpec['strategy']>(random, [
      undefined,
      { type: 'Recreate' },
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    ]),
    periodSeconds: pick(random, [5, 1]),
    minReadySeconds: pick(random, [0, 7]),
    image: pick(random, ['web', 'slow']),
    requests: pick(random, [{ cpu: '100m' }, { cpu: '0.1' }]),
    reads: pick(random, [undefined, 'settings', 'nowhere']),
    tier: pick(random, [undefined, 'front']),
  };
}

/** What a merge may change of a workload, or leave as it is. */
function changed(before: Drawn, random: Random): Drawn & { readonly version: number } {
  const version = pick(random, [2, 1]);
  const replicas = pick(random, [before.replicas, 1, 4]);
  return { ...before, version, replicas, requests: pick(random, [before.requests, { cpu: '100m' }, { cpu: '200m' }]) };
}

function deployment(name: string, drawn: Drawn, version: number): KubeObject {
  const labels = { app: name, ...(drawn.tier === undefined ? {} : { tier: drawn.tier }) };
  const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: drawn.periodSeconds };
  const { image, requests, reads, replicas, strategy, minReadySeconds } = drawn;
  const envFrom = reads === undefined ? [] : [{ configMapRef: { name: reads, optional: reads === 'nowhere' } }];
  const container = {
    name: 'main',
    image: `${image}:${version}`,
    env: [{ name: 'WHO', value: name }],
    readinessProbe,
    resources: { requests },
    envFrom,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      minReadySeconds,
      strategy,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  } as unknown as KubeObject;
}
function service(name: string, selector: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ port: 80 }] } } as unknown as KubeObject;
}
function ruledBy(random: Random, name: string): KubeObject[] {
  const selector = { matchLabels: { app: name } };
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  return pick<KubeObject[]>(random, [
    [],
    [],
    [
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name },
        spec: { minAvailable: 1, selector },
      } as unknown as KubeObject,
    ],
    [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name },
        spec: { minReplicas: 3, maxReplicas: 5, scaleTargetRef },
      } as unknown as KubeObject,
    ],
  ]);
}

/** A merge of workloads of which many are alike, and some share something, are ruled, or change nothing. */
function mergeOf(seed: number): Merge {
  const random = seededRandom(seed);
  const base: KubeObject[] = [configMap('settings', {})];
  const head: KubeObject[] = [configMap('settings', {})];
  for (let at = 0; at < 14; at++) {
    const name = `w${at}`;
    const drawn = draw(random);
    const after = changed(drawn, random);
    const waved = pick(random, [false, false, false, true]);
    const wave = (object: KubeObject): KubeObject =>
      waved ? { ...object, metadata: { ...object.metadata, annotations: { 'steersman.dev/wave': '-1' } } } : object;
    const with_ = [...(pick(random, [true, false]) ? [service(name, { app: name })] : []), ...ruledBy(random, name)];
    base.push(wave(deployment(name, drawn, 1)), ...with_);
    if (random.next() > 0.1) head.push(wave(deployment(name, after, after.version)));
    head.push(...with_);
  }
  const shared = random.next() < 0.5 ? [service('front', { tier: 'front' })] : [];
  return { base: [...base, ...shared], head: [...head, ...shared], startup: { defaultMs: 2_000, images: [{ image: 'slow', ms: 9_000 }] } };
}

test.each(Array.from({ length: process.env['STEER_SOAK'] === '1' ? 60 : 2 }, (_, at) => at + 2))(
  'workloads that behave alike have the forecast that they have when each is simulated, to the letter (chance %i)',
  async (seed) => {
    const merge = mergeOf(seed);
    const sorts = await forecastOf(merge);
    expect(sorts.rollouts.length).toBeGreaterThan(5);
    expect(sorts).toEqual(await forecastOf({ ...merge, simulate: 'each' }));
  },
);

test('where one of those that are alike cannot start, all are seen by themselves', async () => {
  const drawn = { ...draw(seededRandom(1)), reads: undefined, tier: undefined };
  const names = ['a', 'b', 'c'];
  const lost = { ...drawn, reads: 'lost' };
  const base = names.map((name) => deployment(name, drawn, 1));
  const head = names.map((name) => deployment(name, name === 'b' ? lost : drawn, 2));
  const { findings, rollouts } = await forecastOf({ base, head });
  expect(findings.map(({ rule, ref }) => `${rule} ${ref?.name}`)).toContain('rollout-stuck b');
  expect(rollouts.map(({ workload, stuck }) => [workload.name, stuck?.reason])).toEqual([
    ['a', undefined],
    ['b', 'CreateContainerConfigError'],
    ['c', undefined],
  ]);
});

test('a hundred that are alike have each the forecast that one has alone', async () => {
  const merge = (count: number): Merge => {
    const drawn = { ...draw(seededRandom(1)), replicas: 2 };
    const side = (version: number) => [
      configMap('settings', {}),
      ...Array.from({ length: count }, (_, at) => deployment(`w${at}`, drawn, version)),
    ];
    return { base: side(1), head: side(2) };
  };
  const told = await forecastOf(merge(100));
  const [first] = (await forecastOf(merge(1))).rollouts;
  const bare = ({ workload: _workload, ...rest }: NonNullable<typeof first>) => rest;
  expect(told.rollouts).toHaveLength(100);
  for (const one of told.rollouts) expect(bare(one)).toEqual(first === undefined ? undefined : bare(first));
});
