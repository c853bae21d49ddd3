import type {
  Affinity,
  CSINode,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '../../src/api/kinds.generated.ts';
import type { SchedulingCore } from '../../src/scheduler/scheduling-core.ts';
import { node, pod, type NodeMore, type PodMore } from '../scheduler/builders.ts';
import type { Workload } from './scheduler-perf.ts';

const zone = 'topology.kubernetes.io/zone';
const hostname = 'kubernetes.io/hostname';
const requests = { cpu: '100m', memory: '500Mi' };

/** As the node template of scheduler_perf. */
export function perfNode(at: number, more: NodeMore = {}): Node {
  const { allocatable = {}, ...rest } = more;
  return node(`scheduler-perf-${at}`, { ...rest, allocatable: { cpu: '4', memory: '32Gi', pods: '110', ...allocatable } });
}
const some = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const plainNodes = (count = 5000): Node[] => some(count, (at) => perfNode(at));
const zoned = (zones: readonly string[]): Node[] =>
  some(5000, (at) => perfNode(at, { labels: { [zone]: zones[at % zones.length] as string } }));
const pods = (count: number, prefix: string, more: PodMore = {}): Pod[] =>
  some(count, (at) => pod({ requests, ...more, name: `${prefix}-${at}` }));
const both = ['sched-0', 'sched-1'];
const inSched = (index: 0 | 1, more: PodMore): PodMore => ({ ...more, namespace: `sched-${index}` });

const green = { color: 'green' };
const blue = { color: 'blue' };
const foo = { foo: '' };
const term = (
  labels: Record<string, string>,
  topologyKey: string,
  more: Partial<PodAffinityTerm> = { namespaces: both },
): PodAffinityTerm => ({
  topologyKey,
  labelSelector: { matchLabels: labels },
  ...more,
});
const required = (kind: 'podAffinity' | 'podAntiAffinity', one: PodAffinityTerm): Affinity => ({
  [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [one] },
});
const preferred = (kind: 'podAffinity' | 'podAntiAffinity', one: PodAffinityTerm): Affinity => ({
  [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: one }] },
});

const withAffinity: PodMore = { labels: blue, affinity: required('podAffinity', term(blue, zone)) };
const withAntiAffinity: PodMore = { labels: green, affinity: required('podAntiAffinity', term(green, hostname)) };
const withPreferredAffinity: PodMore = { labels: foo, affinity: preferred('podAffinity', term(foo, hostname)) };
const withPreferredAntiAffinity: PodMore = { labels: foo, affinity: preferred('podAntiAffinity', term(foo, hostname)) };
const inZone1: Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: ['zone1', 'zone2'] }] }],
    },
  },
};
const onOneNode: Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['scheduler-perf-node'] }] }],
    },
  },
};
const spreading = (when: 'DoNotSchedule' | 'ScheduleAnyway', more: Partial<TopologySpreadConstraint> = {}): PodMore => ({
  labels: blue,
  topologySpreadConstraints: [{ maxSkew: 5, topologyKey: zone, whenUnsatisfiable: when, labelSelector: { matchLabels: blue }, ...more }],
});
const moons = ['moon-1', 'moon-2', 'moon-3'];

/** Two labelled namespaces' worth of pods that choose each other by the labels of their namespaces. */
function withNamespaceSelector(
  name: string,
  options: { threshold: number; nodes: number; affinity: (one: PodAffinityTerm) => Affinity },
): Workload {
  const one = term(green, hostname, { namespaceSelector: { matchLabels: { team: 'devops' } } });
  const more: PodMore = { labels: green, affinity: options.affinity(one) };
  return {
    name,
    threshold: options.threshold,
    nodes: plainNodes(options.nodes),
    prepare(core) {
      for (let at = 0; at < 100; at++) core.state.setNamespace(`init-ns-${at}`, { team: 'devops' });
      core.state.setNamespace('measure-ns-0', { team: 'devops' });
    },
    initial: some(100, (at) => pods(40, 'init', { ...more, namespace: `init-ns-${at}` })).flat(),
    measured: pods(2000, 'measured', { ...more, namespace: 'measure-ns-0' }),
  };
}

/** A volume for each pod, bound before, as the templates of scheduler_perf. */
function withVolumes(name: string, options: { threshold: number; count: number; csi: boolean; measured: number }): Workload {
  const using = (prefix: string, count: number): Pod[] =>
    some(count, (at) =>
      pod({ requests, name: `${prefix}-${at}`, volumes: [{ name: 'vol', persistentVolumeClaim: { claimName: `${prefix}-${at}` } }] }),
    );
  return {
    name,
    threshold: options.threshold,
    nodes: plainNodes(),
    prepare(core) {
      for (const [prefix, count] of [
        ['init', options.count],
        ['measured', options.measured],
      ] as const)
        for (let at = 0; at < count; at++) bindVolume(core, `${prefix}-${at}`, options.csi);
      if (options.csi) for (let at = 0; at < 5000; at++) core.state.volumes.csiNodes.set(`scheduler-perf-${at}`, csiNode(at));
    },
    initial: using('init', options.count),
    measured: using('measured', options.measured),
  };
}
function bindVolume({ state: { volumes } }: SchedulingCore, name: string, csi: boolean): void {
  const driver = 'ebs.csi.aws.com';
  const volume: PersistentVolume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pv-${name}` },
    spec: {
      accessModes: ['ReadOnlyMany'],
      capacity: { storage: '1Gi' },
      ...(csi ? { csi: { driver, volumeHandle: name } } : { awsElasticBlockStore: { volumeID: name } }),
      claimRef: { namespace: 'default', name },
    },
    status: { phase: 'Bound' },
  };
  const claim: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', uid: `claim-${name}`, annotations: { 'pv.kubernetes.io/bind-completed': 'true' } },
    spec: { accessModes: ['ReadOnlyMany'], resources: { requests: { storage: '1Gi' } }, volumeName: `pv-${name}` },
    status: { phase: 'Bound' },
  };
  volumes.setVolume(volume.metadata.name, volume);
  volumes.setClaim(`default/${name}`, claim);
}
function csiNode(at: number): CSINode {
  const drivers = [{ name: 'ebs.csi.aws.com', nodeID: `n${at}`, allocatable: { count: 39 } }];
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name: `scheduler-perf-${at}` }, spec: { drivers } };
}

const large = (at: number): Pod => pod({ name: `large-${at}`, priority: 10, requests: { cpu: '9', memory: '500Mi' } });
const unschedulable = (name: string, options: { threshold: number; initial: number }): Workload => ({
  name,
  threshold: options.threshold,
  nodes: plainNodes(),
  initial: pods(options.initial, 'init'),
  measured: pods(10_000, 'measured'),
  churn: { everyMs: 200, step: (run, round) => run.create(large(round)) },
});
const deletingOne = (list: readonly Pod[]): NonNullable<Workload['churn']> => ({
  everyMs: 20,
  step(run, round) {
    const next = list[round];
    if (next !== undefined) run.delete(next);
  },
});

const bigNode = perfNode(0, { allocatable: { cpu: '1000000', memory: '1000000Gi', pods: '1000000' } });
const namedNode: Node = { ...bigNode, metadata: { ...bigNode.metadata, name: 'scheduler-perf-node' } };

const light: PodMore = { requests: { cpu: '1m', memory: '1Mi' } };
function whileGated(): Workload {
  const going = pods(20_000, 'deleting', light);
  return {
    name: 'SchedulingWhileGated/1Node_10000GatedPods',
    threshold: 910,
    nodes: [namedNode],
    initial: [...pods(10_000, 'gated', { schedulingGates: [{ name: 'foo' }] }), ...going],
    measured: pods(20_000, 'measured', light),
    churn: deletingOne(going),
  };
}
function deletedWithFinalizers(): Workload {
  const going = pods(5000, 'finalized', light);
  return {
    name: 'SchedulingDeletedPodsWithFinalizers/5000Node_5000DeletingPods',
    threshold: 830,
    nodes: plainNodes(),
    initial: going,
    measured: pods(5000, 'measured', light),
    churn: deletingOne(going),
  };
}

/** The workloads of the table, by the names that scheduler_perf gives them, made when they are run. Thresholds are its, in pods a second. */
export const workloads: readonly (() => Workload)[] = [
  () => ({
    name: 'SchedulingBasic/5000Nodes_10000Pods',
    threshold: 680,
    nodes: plainNodes(),
    initial: pods(1000, 'init'),
    measured: pods(10_000, 'measured'),
  }),
  () => ({
    name: 'SchedulingBasic/5000Nodes_50000Pods',
    threshold: 810,
    nodes: plainNodes(),
    initial: pods(5000, 'init'),
    measured: pods(50_000, 'measured'),
  }),
  () => ({
    name: 'SchedulingDaemonset/15000Nodes',
    threshold: 1100,
    nodes: [namedNode, ...plainNodes(15_000)],
    initial: [],
    measured: pods(30_000, 'measured', { affinity: onOneNode }),
  }),
  () => ({
    name: 'PreemptionAsync/5000Nodes',
    threshold: 570,
    nodes: plainNodes(),
    initial: pods(20_000, 'low', { requests: { cpu: '900m', memory: '500Mi' } }),
    measured: pods(5000, 'measured'),
    churn: {
      everyMs: 200,
      step: (run, at) => run.create(pod({ name: `high-${at}`, priority: 10, requests: { cpu: '3', memory: '500Mi' } })),
    },
  }),
  () => unschedulable('Unschedulable/5kNodes/100Init/10kPods', { threshold: 590, initial: 100 }),
  () => unschedulable('Unschedulable/5kNodes/20kInit/10kPods', { threshold: 600, initial: 20_000 }),
  () => ({
    name: 'SchedulingWithMixedChurn/5000Nodes_10000Pods',
    threshold: 710,
    nodes: plainNodes(),
    initial: [],
    measured: pods(10_000, 'measured'),
    churn: {
      everyMs: 1000,
      step(run, round) {
        run.core.removeNode(perfNode(100_000));
        run.core.setNode(perfNode(100_000));
        run.delete(large(round - 1));
        run.create(large(round));
        run.core.state.workloads.setService('default', 'churn', round % 2 === 0 ? { app: 'foo' } : undefined);
      },
    },
  }),
  whileGated,
  deletedWithFinalizers,
  () => ({
    name: 'SchedulingSecrets/5000Nodes_10000Pods',
    threshold: 790,
    nodes: plainNodes(),
    initial: pods(5000, 'init', { volumes: [{ name: 's', secret: { secretName: 's' } }] }),
    measured: pods(10_000, 'measured', { volumes: [{ name: 's', secret: { secretName: 's' } }] }),
  }),
  () => withVolumes('SchedulingInTreePVs/5000Nodes_2000Pods', { threshold: 290, count: 1000, csi: false, measured: 2000 }),
  () => withVolumes('SchedulingMigratedInTreePVs/5000Nodes_5000Pods', { threshold: 100, count: 5000, csi: true, measured: 5000 }),
  () => withVolumes('SchedulingCSIPVs/5000Nodes_5000Pods', { threshold: 100, count: 5000, csi: true, measured: 5000 }),
  () => ({
    name: 'SchedulingPodAffinity/5000Nodes_5000Pods',
    threshold: 35,
    nodes: zoned(['zone1']),
    initial: pods(5000, 'init', inSched(0, withAffinity)),
    measured: pods(5000, 'measured', inSched(1, withAffinity)),
  }),
  () => ({
    name: 'SchedulingPodAntiAffinity/5000Nodes_2000Pods',
    threshold: 60,
    nodes: plainNodes(),
    initial: pods(1000, 'init', inSched(0, withAntiAffinity)),
    measured: pods(2000, 'measured', inSched(1, withAntiAffinity)),
  }),
  () => ({
    name: 'SchedulingPodMatchingAntiAffinity/5000Nodes_5000Pods',
    threshold: 595,
    nodes: plainNodes(),
    initial: pods(1000, 'init', inSched(0, withAntiAffinity)),
    measured: pods(5000, 'measured', inSched(1, { labels: green })),
  }),
  () => ({
    name: 'SchedulingPreferredPodAffinity/5000Nodes_5000Pods',
    threshold: 90,
    nodes: plainNodes(),
    initial: pods(5000, 'init', inSched(0, withPreferredAffinity)),
    measured: pods(5000, 'measured', inSched(1, withPreferredAffinity)),
  }),
  () => ({
    name: 'SchedulingPreferredPodAntiAffinity/5000Nodes_5000Pods',
    threshold: 90,
    nodes: plainNodes(),
    initial: pods(5000, 'init', inSched(0, withPreferredAntiAffinity)),
    measured: pods(5000, 'measured', inSched(1, withPreferredAntiAffinity)),
  }),
  () => ({
    name: 'SchedulingNodeAffinity/5000Nodes_10000Pods',
    threshold: 220,
    nodes: zoned(['zone1']),
    initial: pods(5000, 'init', { affinity: inZone1 }),
    measured: pods(10_000, 'measured', { affinity: inZone1 }),
  }),
  () => ({
    name: 'MixedSchedulingBasePod/5000Nodes_5000Pods',
    threshold: 140,
    nodes: zoned(['zone1']),
    initial: [
      ...pods(2000, 'base', inSched(0, {})),
      ...pods(2000, 'near', inSched(0, withAffinity)),
      ...pods(2000, 'away', inSched(0, withAntiAffinity)),
      ...pods(2000, 'wish', inSched(0, withPreferredAffinity)),
      ...pods(2000, 'wary', inSched(0, withPreferredAntiAffinity)),
    ],
    measured: pods(5000, 'measured'),
  }),
  () =>
    withNamespaceSelector('SchedulingRequiredPodAntiAffinityWithNSSelector/5000Nodes_2000Pods', {
      threshold: 24,
      nodes: 6000,
      affinity: (one) => required('podAntiAffinity', one),
    }),
  () =>
    withNamespaceSelector('SchedulingPreferredAntiAffinityWithNSSelector/5000Nodes_2000Pods', {
      threshold: 55,
      nodes: 5000,
      affinity: (one) => preferred('podAntiAffinity', one),
    }),
  () => ({
    name: 'TopologySpreading/5000Nodes_5000Pods',
    threshold: 460,
    nodes: zoned(moons),
    initial: pods(5000, 'init'),
    measured: pods(5000, 'measured', spreading('DoNotSchedule')),
  }),
  () => ({
    name: 'PreferredTopologySpreading/5000Nodes_5000Pods',
    threshold: 340,
    nodes: zoned(moons),
    initial: pods(5000, 'init'),
    measured: pods(5000, 'measured', spreading('ScheduleAnyway')),
  }),
  () => ({
    name: 'DefaultTopologySpreading/5000Nodes_50000Pods',
    threshold: 160,
    nodes: zoned(moons),
    prepare: (core) => core.state.workloads.setService('default', 'service', { app: 'web' }),
    initial: [],
    measured: pods(50_000, 'measured', { labels: { app: 'web' } }),
  }),
  () => ({
    name: 'SchedulingWithNodeInclusionPolicy/5000Nodes',
    threshold: 270,
    nodes: some(5000, (at) => perfNode(at, at < 1000 ? { taints: [{ key: 'foo', value: '', effect: 'NoSchedule' }] } : {})),
    initial: [],
    measured: pods(4000, 'measured', spreading('DoNotSchedule', { maxSkew: 1, topologyKey: hostname, nodeTaintsPolicy: 'Honor' })),
  }),
  () => ({
    name: 'SchedulingWithExtendedResource/5000pods_5000nodes',
    threshold: 180,
    nodes: some(5000, (at) => perfNode(at, { allocatable: { 'example.com/gpu': '1' } })),
    initial: [],
    measured: pods(5000, 'measured', { requests: { ...requests, 'example.com/gpu': '1' } }),
  }),
];
