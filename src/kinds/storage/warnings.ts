import type { PersistentVolumeSpec, NodeSelectorTerm } from '../../api/kinds.generated.ts';

const inTree: Readonly<Partial<Record<keyof PersistentVolumeSpec, string>>> = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
};
const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** What people are told of a PersistentVolume that is taken all the same (kubernetes v1.35, GetWarningsForPersistentVolume). */
export function volumeWarnings(spec: PersistentVolumeSpec): string[] {
  const warnings: string[] = [];
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  }
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  warnings.push(...terms.flatMap((term, index) => labelWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`)));
  for (const [field, text] of Object.entries(inTree)) {
    if (spec[field as keyof PersistentVolumeSpec] !== undefined) warnings.push(`spec.${field}: ${text}`);
  }
  return warnings;
}
/** Also of a StorageClass's topologies. */
export function oldLabelWarning(key: string, at: string): string[] {
  const better = oldLabels[key];
  return better === undefined ? [] : [`${at}.key: ${key} is deprecated since v1.14; use "${better}" instead`];
}
function labelWarnings(term: NodeSelectorTerm, at: string): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, index) => oldLabelWarning(key, `${at}.matchExpressions[${index}]`));
}
