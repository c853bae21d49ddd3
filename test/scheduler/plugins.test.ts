import { describe, expect, test } from 'vitest';
import type { CSINode, Node, PersistentVolume, PersistentVolumeClaim } from '../../src/api/kinds.generated.ts';
import { defaultArgs, type PluginArgs, type ScoringStrategy } from '../../src/scheduler/plugin-args.ts';
import type { Plugin } from '../../src/scheduler/plugin.ts';
import { pluginOf } from '../../src/scheduler/plugins/index.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import type { PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import { facts, node, stateOf, type PodMore } from './builders.ts';

function scores(plugin: Plugin, pod: PodFacts, state: ClusterState): Record<string, number> {
  const scorer = plugin.score?.(pod, state, state.nodes);
  const found = state.nodes.map((each) => scorer?.of(each) ?? 0);
  scorer?.normalise?.(found);
  return Object.fromEntries(state.nodes.map(({ name }, at) => [name, found[at] ?? 0]));
}
/** Of each node the reasons against it. */
function against(plugin: Plugin, pod: PodFacts, state: ClusterState): Record<string, readonly string[]> {
  const filter = plugin.filter?.(pod, state);
  return Object.fromEntries(state.nodes.map((each) => [each.name, filter?.(each)?.reasons ?? []]));
}
const fitWith = (scoringStrategy: Partial<ScoringStrategy>): Plugin => {
  const standard = defaultArgs.NodeResourcesFit;
  return pluginOf('NodeResourcesFit', {
    NodeResourcesFit: { ...standard, scoringStrategy: { ...standard.scoringStrategy, ...scoringStrategy } },
  });
};

describe('NodeResourcesFit', () => {
  const state = stateOf([node('n1')], { n1: [facts({ requests: { cpu: '1', memory: '2Gi' } })] });
  const pod = facts({ requests: { cpu: '1', memory: '2Gi' } });
  const ratio = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];

  test.each<[string, Partial<ScoringStrategy>, number]>([
    ['least allocated', {}, 50],
    ['most allocated', { type: 'MostAllocated' }, 50],
    [
      'most allocated, with weights',
      {
        type: 'MostAllocated',
        resources: [
          { name: 'cpu', weight: 3 },
          { name: 'memory', weight: 1 },
        ],
      },
      50,
    ],
    ['packing by a line', { type: 'RequestedToCapacityRatio', shape: ratio }, 50],
    [
      'a line that falls',
      {
        type: 'RequestedToCapacityRatio',
        shape: [
          { utilization: 0, score: 10 },
          { utilization: 50, score: 2 },
        ],
      },
      20,
    ],
    ['a resource that the pod does not ask for', { resources: [{ name: 'example.com/gpu', weight: 1 }] }, 0],
  ])('scores by %s', (_what, strategy, score) => {
    expect(scores(fitWith(strategy), pod, state)).toEqual({ n1: score });
  });

  test('counts init containers, sidecars and overhead', () => {
    const container = (name: string, cpu: string) => ({ name, image: 'i', resources: { requests: { cpu } } });
    const wanting = facts({
      containers: [container('main', '1')],
      initContainers: [{ ...container('sidecar', '1'), restartPolicy: 'Always' }, container('first', '2500m')],
      overhead: { cpu: '600m' },
    });
    expect(against(pluginOf('NodeResourcesFit'), wanting, stateOf([node('n1')]))).toEqual({ n1: ['Insufficient cpu'] });
    expect(against(pluginOf('NodeResourcesFit'), { ...wanting, cpuMillis: 4000 }, stateOf([node('n1')]))).toEqual({ n1: [] });
    expect(wanting.cpuMillis).toBe(4100);
  });

  test('leaves aside what others look after', () => {
    const args: Partial<PluginArgs> = {
      NodeResourcesFit: { ...defaultArgs.NodeResourcesFit, ignoredResources: ['example.com/a'], ignoredResourceGroups: ['other.com'] },
    };
    const wanting = facts({ requests: { 'example.com/a': '1', 'other.com/b': '1', 'example.com/c': '1' } });
    expect(against(pluginOf('NodeResourcesFit', args), wanting, stateOf([node('n1')]))).toEqual({ n1: ['Insufficient example.com/c'] });
  });

  test('does not call lasting what a removal may mend', () => {
    const filter = pluginOf('NodeResourcesFit').filter?.(facts({ requests: { cpu: '4' } }), state);
    const never = pluginOf('NodeResourcesFit').filter?.(facts({ requests: { cpu: '5' } }), state);
    expect([filter?.(state.nodes[0] as never)?.lasting, never?.(state.nodes[0] as never)?.lasting]).toEqual([false, true]);
  });
});

test('NodeResourcesBalancedAllocation takes any number of resources, by their deviation', () => {
  const resources = ['cpu', 'memory', 'example.com/gpu'].map((name) => ({ name, weight: 1 }));
  const plugin = pluginOf('NodeResourcesBalancedAllocation', { NodeResourcesBalancedAllocation: { resources } });
  const state = stateOf([node('n1', { allocatable: { 'example.com/gpu': '4' } })]);
  // Shares of a half, a half and a quarter: their deviation is 0.118.
  expect(scores(plugin, facts({ requests: { cpu: '2', memory: '4Gi', 'example.com/gpu': '1' } }), state)).toEqual({ n1: 88 });
});

test('NodeAffinity adds what the profile wants for every pod', () => {
  const only = (zone: string) => ({
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In' as const, values: [zone] }] }],
  });
  const plugin = pluginOf('NodeAffinity', {
    NodeAffinity: { addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: only('a') } },
  });
  const state = stateOf([node('a1', { labels: { zone: 'a' } }), node('b1', { labels: { zone: 'b' } })]);
  expect(against(plugin, facts(), state)).toEqual({ a1: [], b1: ["node(s) didn't match scheduler-enforced node affinity"] });
});

describe('ImageLocality', () => {
  const withImage = (name: string, sizeBytes: number): Node => {
    const made = node(name);
    return { ...made, status: { ...made.status, images: [{ names: ['web:1'], sizeBytes }] } };
  };
  const pod = facts({ containers: [{ name: 'c', image: 'web:1' }] });

  test('prefers a node that has the image, the more the larger it is', () => {
    const state = stateOf([withImage('has', 1_000_000_000), node('lacks')]);
    // Half of the nodes have it, so half of its bytes count: (500,000,000 - 23 Mi) of (1000 Mi - 23 Mi).
    expect(scores(pluginOf('ImageLocality'), pod, state)).toEqual({ has: 46, lacks: 0 });
  });

  test('has nothing to say where no node tells its images', () => {
    expect(pluginOf('ImageLocality').score?.(pod, stateOf([node('n')]), [])).toBeUndefined();
  });
});

describe('InterPodAffinity', () => {
  const web = { app: 'web' };
  const term = (more: object = {}) => ({ topologyKey: 'zone', labelSelector: { matchLabels: web }, ...more });
  const nodes = [node('a1', { labels: { zone: 'a' } }), node('b1', { labels: { zone: 'b' } })];
  const requiring = (one: object): PodMore => ({
    labels: web,
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [one as never] } },
  });

  test('pods that must be near it draw it, by the weight that the profile gives', () => {
    const state = stateOf(nodes, { a1: [facts(requiring(term()))] });
    const drawn = (hardPodAffinityWeight: number): unknown =>
      scores(
        pluginOf('InterPodAffinity', { InterPodAffinity: { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods: false } }),
        facts({ labels: web }),
        state,
      );
    expect([drawn(1), drawn(0)]).toEqual([
      { a1: 100, b1: 0 },
      { a1: 0, b1: 0 },
    ]);
  });

  test('wishes of those that are there can be left aside', () => {
    const wishing = facts({
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term() }] } },
    });
    const state = stateOf(nodes, { a1: [wishing] });
    const with_ = (ignorePreferredTermsOfExistingPods: boolean): unknown =>
      scores(
        pluginOf('InterPodAffinity', { InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods } }),
        facts({ labels: web }),
        state,
      );
    expect([with_(false), with_(true)]).toEqual([
      { a1: 0, b1: 100 },
      { a1: 0, b1: 0 },
    ]);
  });

  test('matchLabelKeys mean pods of its own value, mismatchLabelKeys of others', () => {
    const versioned = (version: string): PodFacts => facts({ labels: { ...web, version } });
    const state = stateOf(nodes, { a1: [versioned('1')], b1: [versioned('2')] });
    const near = (keys: object): unknown =>
      against(pluginOf('InterPodAffinity'), facts({ ...requiring(term(keys)), labels: { ...web, version: '1' } }), state);
    const unmet = ["node(s) didn't match pod affinity rules"];
    expect(near({ matchLabelKeys: ['version'] })).toEqual({ a1: [], b1: unmet });
    expect(near({ mismatchLabelKeys: ['version'] })).toEqual({ a1: unmet, b1: [] });
  });
});

describe('PodTopologySpread', () => {
  const web = { app: 'web' };
  const pods = (count: number): PodFacts[] => Array.from({ length: count }, () => facts({ labels: web }));

  test('spreads what a Service selects, where pods say nothing', () => {
    const state = stateOf([node('n1'), node('n2')], { n1: pods(3), n2: pods(1) });
    expect(pluginOf('PodTopologySpread').score?.(facts({ labels: web }), state, state.nodes)).toBeUndefined();
    state.workloads.setService('default', 'web', web);
    // (most + least - own) / most of 5.47, 3.39 rounded to 5 and 3, with log(2 + 2) and a skew of 3.
    expect(scores(pluginOf('PodTopologySpread'), facts({ labels: web }), state)).toEqual({ n1: 50, n2: 100 });
  });

  test('has defaults of the profile instead', () => {
    const defaultConstraints = [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' as const }];
    const plugin = pluginOf('PodTopologySpread', { PodTopologySpread: { defaultingType: 'List', defaultConstraints } });
    const state = stateOf([node('n1'), node('n2')], { n1: pods(1) });
    state.workloads.setService('default', 'web', web);
    expect(against(plugin, facts({ labels: web }), state)).toEqual({
      n1: ["node(s) didn't match pod topology spread constraints"],
      n2: [],
    });
  });

  test('counts or passes over tainted nodes and nodes out of its affinity, as the constraint says', () => {
    const taints = [{ key: 'k', effect: 'NoSchedule' as const }];
    const state = stateOf([node('n1'), node('tainted', { taints })], { n1: pods(1) });
    const spread = (more: object): unknown =>
      against(
        pluginOf('PodTopologySpread'),
        facts({
          labels: web,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: web },
              ...more,
            },
          ],
        }),
        state,
      );
    const uneven = ["node(s) didn't match pod topology spread constraints"];
    expect(spread({})).toEqual({ n1: uneven, tainted: [] });
    expect(spread({ nodeTaintsPolicy: 'Honor' })).toEqual({ n1: [], tainted: [] });
  });
});

describe('volumes', () => {
  const using = (...names: string[]): PodFacts =>
    facts({ volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) });
  function bind(
    state: ClusterState,
    name: string,
    more: { volume?: Partial<PersistentVolume['spec']>; labels?: Record<string, string>; modes?: string[] } = {},
  ): void {
    const volume: PersistentVolume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `pv-${name}`, labels: more.labels ?? {} },
      spec: { csi: { driver: 'disk', volumeHandle: name }, ...more.volume },
    };
    const claim: PersistentVolumeClaim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { volumeName: `pv-${name}`, accessModes: more.modes ?? ['ReadWriteOnce'] },
    };
    state.volumes.setVolume(volume.metadata.name, volume);
    state.volumes.setClaim(`default/${name}`, claim);
  }
  const csiNode = (name: string, count: number): CSINode => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name },
    spec: { drivers: [{ name: 'disk', nodeID: name, allocatable: { count } }] },
  });

  test('a node attaches as many as its driver says, one volume counting once', () => {
    const state = stateOf([node('n1')], { n1: [using('a'), using('a', 'b')] });
    for (const name of ['a', 'b', 'c']) bind(state, name);
    state.volumes.csiNodes.set('n1', csiNode('n1', 2));
    const full = ['node(s) exceed max volume count'];
    expect([against(pluginOf('NodeVolumeLimits'), using('b'), state), against(pluginOf('NodeVolumeLimits'), using('c'), state)]).toEqual([
      { n1: [] },
      { n1: full },
    ]);
  });

  test('a volume of a zone is used there', () => {
    const zone = 'topology.kubernetes.io/zone';
    const state = stateOf([
      node('a1', { labels: { [zone]: 'a' } }),
      node('b1', { labels: { [zone]: 'b' } }),
      node('c1', { labels: { [zone]: 'c' } }),
    ]);
    bind(state, 'data', { labels: { [zone]: 'a__c' } });
    expect(against(pluginOf('VolumeZone'), using('data'), state)).toEqual({ a1: [], b1: ['node(s) had no available volume zone'], c1: [] });
  });

  test('a claim for one pod is for one pod, on whatever node', () => {
    const state = stateOf([node('n1'), node('n2')], { n1: [using('data')] });
    bind(state, 'data', { modes: ['ReadWriteOncePod'] });
    const occupied = ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'];
    expect(against(pluginOf('VolumeRestrictions'), using('data'), state)).toEqual({ n1: occupied, n2: occupied });
  });

  test('a disk of a pod is mounted once on a node, unless all only read', () => {
    const disk = (pdName: string, readOnly: boolean): PodFacts =>
      facts({ volumes: [{ name: 'd', gcePersistentDisk: { pdName, readOnly } }] });
    const taken = ['node(s) had no available disk'];
    const onto = (there: PodFacts, pod: PodFacts): unknown =>
      against(pluginOf('VolumeRestrictions'), pod, stateOf([node('n1')], { n1: [there] }));
    expect([
      onto(disk('x', false), disk('x', false)),
      onto(disk('x', true), disk('x', true)),
      onto(disk('x', false), disk('y', false)),
    ]).toEqual([{ n1: taken }, { n1: [] }, { n1: [] }]);
  });

  test.each<[string, (state: ClusterState) => void, string]>([
    ['that is not there', () => undefined, 'persistentvolumeclaim "data" not found'],
    ['that lost its volume', (state) => lose(state), 'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv-data"'],
    ['that is going', (state) => end(state), 'persistentvolumeclaim "data" is being deleted'],
  ])('a claim %s keeps its pod from every node', (_what, prepare, reason) => {
    const state = stateOf([node('n1')]);
    prepare(state);
    expect(pluginOf('VolumeBinding').refuse?.(using('data'), state)).toEqual({ reasons: [reason], lasting: true });
  });
  function changed(state: ClusterState, change: (claim: PersistentVolumeClaim) => PersistentVolumeClaim): void {
    bind(state, 'data');
    state.volumes.setClaim('default/data', change(state.volumes.claim('default/data') as PersistentVolumeClaim));
  }
  const lose = (state: ClusterState): void => changed(state, (claim) => ({ ...claim, status: { phase: 'Lost' } }));
  const end = (state: ClusterState): void =>
    changed(state, (claim) => ({ ...claim, metadata: { ...claim.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }));
});
