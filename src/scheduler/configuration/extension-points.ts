/** Where kube-scheduler v1.35 lets plugins take part, as KubeSchedulerConfiguration names it. */
export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;
export type ExtensionPoint = (typeof extensionPoints)[number];

const filterOnly: readonly ExtensionPoint[] = ['filter'];
const prepared: readonly ExtensionPoint[] = ['preFilter', 'filter'];
const both: readonly ExtensionPoint[] = ['preFilter', 'filter', 'preScore', 'score'];

/** Every plugin, in the order of the default profile, and where it takes part. */
export const pluginPoints: ReadonlyMap<string, readonly ExtensionPoint[]> = new Map<string, readonly ExtensionPoint[]>([
  ['SchedulingGates', ['preEnqueue']],
  ['PrioritySort', ['queueSort']],
  ['NodeUnschedulable', filterOnly],
  ['NodeName', filterOnly],
  ['TaintToleration', ['filter', 'preScore', 'score']],
  ['NodeAffinity', both],
  ['NodePorts', prepared],
  ['NodeResourcesFit', both],
  ['VolumeRestrictions', prepared],
  ['NodeVolumeLimits', prepared],
  ['VolumeBinding', ['preFilter', 'filter', 'preScore', 'score', 'reserve', 'preBind']],
  ['VolumeZone', prepared],
  ['PodTopologySpread', both],
  ['InterPodAffinity', both],
  ['DefaultPreemption', ['preEnqueue', 'postFilter']],
  ['NodeResourcesBalancedAllocation', ['preScore', 'score']],
  ['ImageLocality', ['score']],
  ['DefaultBinder', ['bind']],
]);
