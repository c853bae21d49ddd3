import { StatefulSet, type Pod, type PodTemplateSpec } from '../../api/kinds.generated.ts';
import type { Mutable } from '../../base/json.ts';
import { podFromTemplate } from '../pods/pod-template.ts';
import { podRevisionLabel } from '../revisions/revision.ts';
import { claimVolumes } from './claims.ts';
import { podName } from './ordinals.ts';

const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

export function podRevision(pod: Readonly<Pod>): string {
  return pod.metadata.labels?.[podRevisionLabel] ?? '';
}

function identityLabels(set: Readonly<StatefulSet>, ordinal: number): Record<string, string> {
  return { [podNameLabel]: podName(set, ordinal), [podIndexLabel]: String(ordinal) };
}

/** Does the pod bear the labels of its ordinal? */
export function hasIdentity(set: Readonly<StatefulSet>, pod: Readonly<Pod>, ordinal: number): boolean {
  return Object.entries(identityLabels(set, ordinal)).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** Gives a pod the labels of its ordinal. */
export function setIdentity(set: Readonly<StatefulSet>, pod: Mutable<Pod>, ordinal: number): void {
  pod.metadata.labels = { ...pod.metadata.labels, ...identityLabels(set, ordinal) };
}

/** A new pod of an ordinal as the template says, of the revision of this name. */
export function statefulPod(
  set: Readonly<StatefulSet>,
  ordinal: number,
  { template, revision }: { template: PodTemplateSpec; revision: string },
): Pod {
  const pod = podFromTemplate(template, StatefulSet, set);
  pod.metadata.name = podName(set, ordinal);
  pod.metadata.labels = { ...pod.metadata.labels, ...identityLabels(set, ordinal), [podRevisionLabel]: revision };
  pod.spec.hostname = pod.metadata.name;
  if (set.spec.serviceName) pod.spec.subdomain = set.spec.serviceName;
  const volumes = claimVolumes(set, ordinal, pod.spec.volumes ?? []);
  if (volumes.length > 0) pod.spec.volumes = volumes;
  return pod;
}
