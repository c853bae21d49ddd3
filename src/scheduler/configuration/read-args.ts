import type { NodeAffinity, TopologySpreadConstraint } from '../../api/kinds.generated.ts';
import { defaultArgs, type PluginArgs, type ResourceWeight, type ScoringStrategy, type ShapePoint } from '../plugin-args.ts';
import type { Reader } from './reader.ts';

const percent = { least: 0, most: 100, rule: 'not in valid range [0, 100]' };
const meta = ['apiVersion', 'kind'];

/** How the args of each plugin that takes some are read. */
export const argReaders: { readonly [Name in keyof PluginArgs]: (args: Reader) => PluginArgs[Name] } = {
  NodeResourcesFit(args) {
    args.knows([...meta, 'ignoredResources', 'ignoredResourceGroups', 'scoringStrategy']);
    return {
      ignoredResources: args
        .field('ignoredResources')
        .items()
        .map((item) => item.text('')),
      ignoredResourceGroups: args
        .field('ignoredResourceGroups')
        .items()
        .map((item) => group(item)),
      scoringStrategy: strategyOf(args.field('scoringStrategy')),
    };
  },
  NodeResourcesBalancedAllocation(args) {
    args.knows([...meta, 'resources']);
    const resources = resourcesOf(args.field('resources'), { least: 1, most: 1, rule: 'resource weight should be 1' });
    return { resources: resources ?? defaultArgs.NodeResourcesBalancedAllocation.resources };
  },
  NodeAffinity(args) {
    args.knows([...meta, 'addedAffinity']);
    const added = args.field('addedAffinity');
    if (added.absent) return { addedAffinity: undefined };
    added.knows(['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']);
    const terms = added.field('requiredDuringSchedulingIgnoredDuringExecution').field('nodeSelectorTerms').items();
    for (const term of terms) checkTerm(term);
    for (const wish of added.field('preferredDuringSchedulingIgnoredDuringExecution').items()) {
      wish.field('weight').whole(1, { least: 1, most: 100, rule: 'must be in the range 1-100' });
      checkTerm(wish.field('preference'));
    }
    // Checked as far as it is used.
    return { addedAffinity: added.raw() as NodeAffinity };
  },
  InterPodAffinity(args) {
    args.knows([...meta, 'hardPodAffinityWeight', 'ignorePreferredTermsOfExistingPods']);
    return {
      hardPodAffinityWeight: args.field('hardPodAffinityWeight').whole(1, { ...percent, rule: 'not in valid range [0-100]' }),
      ignorePreferredTermsOfExistingPods: args.field('ignorePreferredTermsOfExistingPods').flag(false),
    };
  },
  PodTopologySpread(args) {
    args.knows([...meta, 'defaultConstraints', 'defaultingType']);
    const defaultingType = args.field('defaultingType').oneOf(['System', 'List'], 'System');
    const constraints = args.field('defaultConstraints');
    const defaultConstraints = constraints.items().map((item) => constraintOf(item));
    if (defaultingType === 'System' && defaultConstraints.length > 0)
      constraints.problem('Invalid value: when .defaultingType is "System", must be empty');
    return { defaultingType, defaultConstraints };
  },
  VolumeBinding(args) {
    args.knows([...meta, 'bindTimeoutSeconds', 'shape']);
    shapeOf(args.field('shape'));
    const rule = 'invalid BindTimeoutSeconds, should not be a negative value';
    return { bindTimeoutSeconds: args.field('bindTimeoutSeconds').whole(600, { least: 0, rule }) };
  },
  DefaultPreemption(args) {
    args.knows([...meta, 'minCandidateNodesPercentage', 'minCandidateNodesAbsolute']);
    const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = defaultArgs.DefaultPreemption;
    const share = args.field('minCandidateNodesPercentage').whole(minCandidateNodesPercentage, percent);
    const absolute = args
      .field('minCandidateNodesAbsolute')
      .whole(minCandidateNodesAbsolute, { least: 0, rule: 'not in valid range [0, inf)' });
    if (share === 0 && absolute === 0)
      args.field('minCandidateNodesPercentage').problem('Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute');
    return { minCandidateNodesPercentage: share, minCandidateNodesAbsolute: absolute };
  },
};

function group(item: Reader): string {
  const name = item.text('');
  if (name.includes('/')) item.problem(`Invalid value: ${JSON.stringify(name)}: resource group name can't contain '/'`);
  return name;
}

function strategyOf(strategy: Reader): ScoringStrategy {
  const standard = defaultArgs.NodeResourcesFit.scoringStrategy;
  if (strategy.absent) return standard;
  strategy.knows(['type', 'resources', 'requestedToCapacityRatio']);
  const type = strategy.field('type').oneOf(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'], 'LeastAllocated');
  const weights = { least: 1, most: 100, rule: 'resource weight not in valid range [1, 100]' };
  const resources = resourcesOf(strategy.field('resources'), weights) ?? standard.resources;
  const ratio = strategy.field('requestedToCapacityRatio');
  ratio.knows(['shape']);
  const shape = shapeOf(ratio.field('shape'));
  if (type === 'RequestedToCapacityRatio' && shape.length === 0)
    ratio.field('shape').problem('Required value: at least one point must be specified');
  return { type, resources, shape };
}

function resourcesOf(list: Reader, weights: { least: number; most: number; rule: string }): readonly ResourceWeight[] | undefined {
  const seen = new Set<string>();
  const resources = list.items().map((item) => {
    item.knows(['name', 'weight']);
    const name = item.field('name').text('');
    if (name === '') item.field('name').problem('Required value');
    if (seen.has(name)) item.problem(`Duplicate value: ${JSON.stringify(name)}`);
    seen.add(name);
    return { name, weight: item.field('weight').whole(1, weights) };
  });
  return resources.length === 0 ? undefined : resources;
}

function shapeOf(list: Reader): readonly ShapePoint[] {
  let last = -1;
  return list.items().map((item) => {
    item.knows(['utilization', 'score']);
    const utilization = item.field('utilization').whole(0, percent);
    const score = item.field('score').whole(0, { least: 0, most: 10, rule: 'not in valid range [0, 10]' });
    if (utilization <= last)
      item.field('utilization').problem(`Invalid value: ${utilization}: utilization values must be sorted in increasing order`);
    last = utilization;
    return { utilization, score };
  });
}

function constraintOf(item: Reader): TopologySpreadConstraint {
  item.knows(['maxSkew', 'topologyKey', 'whenUnsatisfiable', 'minDomains', 'nodeAffinityPolicy', 'nodeTaintsPolicy', 'labelSelector']);
  if (!item.field('labelSelector').absent)
    item.field('labelSelector').problem('Forbidden: constraint must not define a selector, as they deduced for each pod');
  const topologyKey = item.field('topologyKey').text('');
  if (topologyKey === '') item.field('topologyKey').problem('Required value: can not be empty');
  const maxSkew = item.field('maxSkew');
  if (maxSkew.absent) maxSkew.problem('Required value');
  const minDomains = item.field('minDomains');
  return {
    topologyKey,
    maxSkew: maxSkew.whole(1, { least: 1, rule: 'not in valid range (0, inf)' }),
    whenUnsatisfiable: item.field('whenUnsatisfiable').oneOf(['DoNotSchedule', 'ScheduleAnyway'], 'ScheduleAnyway'),
    ...(minDomains.absent ? {} : { minDomains: minDomains.whole(1, { least: 1, rule: 'must be greater than 0' }) }),
    nodeAffinityPolicy: item.field('nodeAffinityPolicy').oneOf(['Honor', 'Ignore'], 'Honor'),
    nodeTaintsPolicy: item.field('nodeTaintsPolicy').oneOf(['Honor', 'Ignore'], 'Ignore'),
  };
}

function checkTerm(term: Reader): void {
  term.knows(['matchExpressions', 'matchFields']);
  for (const requirement of [...term.field('matchExpressions').items(), ...term.field('matchFields').items()]) {
    requirement.knows(['key', 'operator', 'values']);
    if (requirement.field('key').text('') === '') requirement.field('key').problem('Required value');
    requirement.field('operator').oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'], 'In');
    for (const value of requirement.field('values').items()) value.text('');
  }
}
