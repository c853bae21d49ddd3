import type { Node, NodeCondition, Taint } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** Conditions that only the node can know: unknown once it is silent. */
const observedTypes = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
const pressureTaints: readonly (readonly [type: string, key: string])[] = [
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'],
];
const ownKeys = new Set([notReady, unreachable, 'node.kubernetes.io/unschedulable', ...pressureTaints.map(([, key]) => key)]);

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** The conditions of a node that is silent: each that it posts becomes Unknown. */
export function silentConditions(node: Node, now: number): NodeCondition[] {
  const time = timestamp({ now: () => now });
  const out = (node.status?.conditions ?? []).map((condition) =>
    observedTypes.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: time,
        }
      : condition,
  );
  for (const type of observedTypes) {
    if (out.some((condition) => condition.type === type)) continue;
    out.push({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? time,
      lastTransitionTime: time,
    });
  }
  return out;
}

/**
 * The taints that the node's conditions ask for, beside those that are not ours. A taint that is there keeps its time. Those that drive
 * pods out are only there where `drivesOut` says so.
 */
export function wantedTaints(node: Node, now: number, drivesOut: boolean): Taint[] {
  const former = node.spec.taints ?? [];
  const timeAdded = timestamp({ now: () => now });
  const ours = taintsByState(node, drivesOut).map(
    (taint) => former.find((each) => each.key === taint.key && each.effect === taint.effect) ?? { ...taint, timeAdded },
  );
  return [...former.filter((taint) => !ownKeys.has(taint.key)), ...ours];
}

/** Do pods that do not tolerate it leave the node already, since it has failed? */
export function isDrivingOut(node: Node): boolean {
  return (node.spec.taints ?? []).some(({ key, effect }) => effect === 'NoExecute' && (key === notReady || key === unreachable));
}

function taintsByState(node: Node, drivesOut: boolean): Taint[] {
  const out: Taint[] = [];
  const ready = nodeCondition(node, 'Ready')?.status;
  const key = ready === 'False' ? notReady : ready === 'Unknown' ? unreachable : undefined;
  if (key !== undefined) out.push({ key, effect: 'NoSchedule' });
  if (key !== undefined && drivesOut) out.push({ key, effect: 'NoExecute' });
  for (const [type, pressure] of pressureTaints) {
    if (nodeCondition(node, type)?.status === 'True') out.push({ key: pressure, effect: 'NoSchedule' });
  }
  if (node.spec.unschedulable === true) out.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' });
  return out;
}

/** Labels of old names that selectors still use, as far as the labels of today are there and these are not their like. */
export function missingLabels(node: Node): Readonly<Record<string, string>> {
  const { labels = {} } = node.metadata;
  const pairs = ['os', 'arch'].map((name): [string, string | undefined] => [`beta.kubernetes.io/${name}`, labels[`kubernetes.io/${name}`]]);
  return Object.fromEntries(pairs.flatMap(([name, value]) => (value === undefined || labels[name] === value ? [] : [[name, value]])));
}
