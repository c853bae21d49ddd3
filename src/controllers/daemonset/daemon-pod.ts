import { DaemonSet, type Node, type Pod, type PodSpec, type Taint, type Toleration } from '../../api/kinds.generated.ts';
import { matchesNodeRules } from '../../api/node-selection.ts';
import type { Mutable } from '../../base/json.ts';
import { tolerates } from '../nodes/tolerations.ts';
import { podFromTemplate } from '../pods/pod-template.ts';
import { podRevisionLabel } from '../revisions/revision.ts';

const exists = (key: string, effect: NonNullable<Toleration['effect']>): Toleration => ({ key, operator: 'Exists', effect });
/** What every daemon pod bears, as upstream's AddOrUpdateDaemonPodTolerations: a daemon stays where other pods may not come. */
const daemonTolerations: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
];
const networkUnavailable = exists('node.kubernetes.io/network-unavailable', 'NoSchedule');

/** The pod of a node, of the revision with this hash. The scheduler binds it: its node affinity leaves one node. */
export function daemonPod(set: Readonly<DaemonSet>, hash: string, node: string): Pod {
  const pod = podFromTemplate(set.spec.template, DaemonSet, set);
  pod.metadata.labels = { ...pod.metadata.labels, [podRevisionLabel]: hash };
  pod.spec.tolerations = tolerationsOf(pod.spec);
  bindTo(pod.spec as Mutable<PodSpec>, node);
  return pod;
}

function tolerationsOf(spec: PodSpec): Toleration[] {
  const own = spec.tolerations ?? [];
  const wanted = spec.hostNetwork === true ? [...daemonTolerations, networkUnavailable] : daemonTolerations;
  return [...own, ...wanted.filter((each) => !own.some((other) => sameToleration(each, other)))];
}
function sameToleration(a: Toleration, b: Toleration): boolean {
  return (
    a.key === b.key &&
    a.effect === b.effect &&
    a.operator === b.operator &&
    (a.value ?? '') === (b.value ?? '') &&
    b.tolerationSeconds === undefined
  );
}

/** Takes the place of the required node affinity, which has been asked before; the preferred stays. */
function bindTo(spec: Mutable<PodSpec>, node: string): void {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] }];
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

/** The node that a daemon pod runs on or is for; undefined where it does not say. */
export function targetNode(pod: Readonly<Pod>): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const field = matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}

/** May a pod of the set come to the node, and may one that is there stay? */
export interface Eligibility {
  readonly runs: boolean;
  readonly stays: boolean;
}

/** As upstream's NodeShouldRunDaemonPod: node name, node selector and affinity, and taints, of which only NoExecute drives out. */
export function eligibilityOf(set: Readonly<DaemonSet>, node: Readonly<Node> | undefined): Eligibility {
  const spec: PodSpec = set.spec.template.spec ?? { containers: [] };
  if (node === undefined || !selectsNode(spec, node)) return { runs: false, stays: false };
  const tolerations = tolerationsOf(spec);
  const untolerated = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some((taint: Taint) => effects.includes(taint.effect) && !tolerations.some((each) => tolerates(each, taint)));
  const stays = !untolerated(['NoExecute']);
  return { runs: stays && !untolerated(['NoSchedule']), stays };
}

function selectsNode(spec: PodSpec, { metadata }: Readonly<Node>): boolean {
  const { name, labels = {} } = metadata;
  return (spec.nodeName ?? name) === name && matchesNodeRules(spec, { name, labels });
}
