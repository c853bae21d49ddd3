import { describe, expect, test } from 'vitest';
import { readSchedulerConfiguration } from '../../src/scheduler/configuration.ts';
import { createProfile, defaultUses, type ProfileSpec } from '../../src/scheduler/profile.ts';
import { defaultArgs } from '../../src/scheduler/plugin-args.ts';

const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const read = (text: string) => readSchedulerConfiguration(head + text, 'scheduler.yaml');
const profile = (text: string): ProfileSpec => {
  const [first] = read(`profiles:\n- schedulerName: mine\n${text}`).profiles;
  if (first === undefined) throw new Error('there is no profile');
  return first;
};
const names = (spec: ProfileSpec): string[] => createProfile(spec).plugins.map(({ name }) => name);

test('a file that says nothing is one profile with everything', () => {
  expect(read('')).toEqual({
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 10,
    profiles: [{ schedulerName: 'default-scheduler', percentageOfNodesToScore: 0 }],
  });
});

test('back-off, part of the nodes and several profiles are read', () => {
  const text = `
percentageOfNodesToScore: 30
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 20
profiles:
- schedulerName: default-scheduler
- schedulerName: packing
  percentageOfNodesToScore: 100
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: MostAllocated
        resources: [{name: cpu, weight: 3}]
`;
  expect(read(text)).toEqual({
    podInitialBackoffSeconds: 2,
    podMaxBackoffSeconds: 20,
    profiles: [
      { schedulerName: 'default-scheduler', percentageOfNodesToScore: 30, uses: defaultUses, args: defaultArgs },
      {
        schedulerName: 'packing',
        percentageOfNodesToScore: 100,
        uses: defaultUses,
        args: {
          ...defaultArgs,
          NodeResourcesFit: {
            ignoredResources: [],
            ignoredResourceGroups: [],
            scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 3 }], shape: [] },
          },
        },
      },
    ],
  });
});

test('what kube-scheduler says of its own process is taken and means nothing here', () => {
  expect(read('parallelism: 16\nleaderElection: {leaderElect: true}\nclientConnection: {qps: 50}\n').profiles).toHaveLength(1);
});

describe('plugins of a profile', () => {
  const everything = names({ schedulerName: 'mine' });

  test('are all of them, in the order of kube-scheduler, when it says nothing', () => {
    expect(names(profile(''))).toEqual(everything);
  });

  test('that are off at multiPoint are gone', () => {
    const text = '  plugins:\n    multiPoint:\n      disabled: [{name: ImageLocality}, {name: DefaultPreemption}]\n';
    expect(names(profile(text)).sort()).toEqual(everything.filter((name) => name !== 'ImageLocality').sort());
    expect([createProfile(profile('')).preempts, createProfile(profile(text)).preempts]).toEqual([true, false]);
  });

  test('that are off at one point go on at others', () => {
    const { plugins } = createProfile(profile('  plugins:\n    score:\n      disabled: [{name: TaintToleration}]\n'));
    const taints = plugins.find(({ name }) => name === 'TaintToleration');
    expect([taints?.filter === undefined, taints?.score === undefined]).toEqual([false, true]);
  });

  test('can be chosen from nothing, with weights', () => {
    const text = `  plugins:
    filter: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesFit}]}
    score: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesFit, weight: 7}, {name: ImageLocality}]}
`;
    const made = createProfile(profile(text));
    expect(made.plugins.filter(({ filter }) => filter !== undefined).map(({ name }) => name)).toEqual(['NodeResourcesFit']);
    expect([...made.weights]).toEqual([
      ['NodeResourcesFit', 7],
      ['ImageLocality', 1],
    ]);
  });

  test('named at a point come before those of multiPoint there', () => {
    const text = '  plugins:\n    filter:\n      enabled: [{name: NodeResourcesFit}]\n';
    expect(names(profile(text))[0]).toBe('NodeResourcesFit');
  });
});

describe('a problem names file, line and field', () => {
  test.each<[string, string, readonly string[]]>([
    ['an unknown field', 'podInitalBackoffSeconds: 3\n', ['scheduler.yaml:3: podInitalBackoffSeconds: unknown field']],
    [
      'a wrong type',
      'podInitialBackoffSeconds: soon\n',
      ['scheduler.yaml:3: podInitialBackoffSeconds: Invalid value: "soon": must be greater than 0'],
    ],
    [
      'back-off that shrinks',
      'podInitialBackoffSeconds: 20\npodMaxBackoffSeconds: 10\n',
      ['scheduler.yaml:4: podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds'],
    ],
    [
      'a plugin that does not exist',
      'profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeFancy\n',
      ['scheduler.yaml:7: profiles[0].plugins.score.enabled[0].name: plugin "NodeFancy" does not exist'],
    ],
    [
      'a plugin at a point that is not its',
      'profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodePorts\n',
      ['scheduler.yaml:7: profiles[0].plugins.score.enabled[0].name: plugin "NodePorts" does not extend score plugin'],
    ],
    [
      'two profiles of one name',
      'profiles:\n- schedulerName: a\n- schedulerName: a\n',
      ['scheduler.yaml:5: profiles[1].schedulerName: Duplicate value: "a"'],
    ],
    [
      'nothing that orders the queue',
      "profiles:\n- plugins:\n    queueSort:\n      disabled:\n      - name: '*'\n",
      ['scheduler.yaml:6: profiles[0].plugins.queueSort: at least one plugin is needed; PrioritySort is the only one'],
    ],
    [
      'args of several plugins, each on its line',
      `profiles:
- pluginConfig:
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 101}
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: RequestedToCapacityRatio
        requestedToCapacityRatio:
          shape:
          - {utilization: 50, score: 10}
          - {utilization: 0, score: 11}
  - name: PodTopologySpread
    args:
      defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
  - name: NodePorts
    args: {}
`,
      [
        'scheduler.yaml:6: profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0-100]',
        'scheduler.yaml:14: profiles[0].pluginConfig[1].args.scoringStrategy.requestedToCapacityRatio.shape[1].score: Invalid value: 11: not in valid range [0, 10]',
        'scheduler.yaml:14: profiles[0].pluginConfig[1].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 0: utilization values must be sorted in increasing order',
        'scheduler.yaml:17: profiles[0].pluginConfig[2].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)',
        'scheduler.yaml:17: profiles[0].pluginConfig[2].args.defaultConstraints: Invalid value: when .defaultingType is "System", must be empty',
        'scheduler.yaml:19: profiles[0].pluginConfig[3].args: plugin "NodePorts" takes no args',
      ],
    ],
    ['extenders', 'extenders:\n- urlPrefix: http://x\n', ['scheduler.yaml:4: extenders: extenders are not supported']],
    [
      'what is no YAML',
      'profiles: [\n',
      ['scheduler.yaml:4: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
  ])('%s', (_what, text, problems) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'ConfigurationError', message: problems.join('\n') }) as Error);
  });

  test('a file of another kind', () => {
    expect(() => readSchedulerConfiguration('apiVersion: v1\nkind: Pod\n', 'x.yaml')).toThrow(
      'x.yaml:1: apiVersion: Unsupported value: "v1": supported values: "kubescheduler.config.k8s.io/v1"\n' +
        'x.yaml:2: kind: Unsupported value: "Pod": supported values: "KubeSchedulerConfiguration"',
    );
  });
});
