import type { PersistentVolume, PersistentVolumeClaim, StorageClass, TopologySelectorTerm } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import { selects } from '../../api/selector.ts';
import { claimClass, matchVolume, noProvisioner, requestOf } from '../../api/volume-binding.ts';
import { matchesNodeSelector, type SelectableNode } from '../../api/node-selection.ts';
import type { KeyedClaim, PodClaims } from './pod-claims.ts';
import type { VolumeState } from './volume-state.ts';

/** What is to be done so that a pod has its volumes on a node. */
export interface VolumeDecision {
  readonly bind: readonly { readonly claim: KeyedClaim; readonly volume: Readonly<PersistentVolume> }[];
  readonly provision: readonly KeyedClaim[];
}
export type VolumeProblem = 'nodeAffinity' | 'noVolume' | 'noSpace' | 'volumeGone';

/** Of one node: the decision, or why there is none (scheduler, volumebinding, FindPodVolumes). */
export function findVolumes(
  claims: PodClaims,
  node: SelectableNode,
  volumes: VolumeState,
): { readonly decision: VolumeDecision } | { readonly problems: readonly VolumeProblem[] } {
  const problems = boundProblems(claims.bound, node, volumes);
  const elsewhere = claims.toBind.some(({ key }) => (volumes.nodeFor(key) ?? node.name) !== node.name);
  if (elsewhere) return { problems: [...problems, 'noVolume'] };
  const { bind, left } = match(
    claims.toBind.filter(({ key }) => volumes.nodeFor(key) === undefined),
    node,
    volumes,
  );
  const provision = [...claims.toBind.filter(({ key }) => volumes.nodeFor(key) !== undefined), ...left];
  for (const { claim } of provision) {
    const problem = provisionProblem(claim, node, volumes);
    if (problem !== undefined) {
      problems.push(problem);
      break;
    }
  }
  return problems.length > 0 ? { problems } : { decision: { bind, provision } };
}

function boundProblems(bound: readonly KeyedClaim[], node: SelectableNode, volumes: VolumeState): VolumeProblem[] {
  for (const { claim } of bound) {
    const volume = volumes.volume(claim.spec.volumeName ?? '');
    if (volume === undefined) return ['volumeGone'];
    if (!reaches(volume, node)) return ['nodeAffinity'];
  }
  return [];
}

/** Can the node use the volume? */
export function reaches(volume: Readonly<PersistentVolume>, node: SelectableNode): boolean {
  const required = volume.spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Small claims choose first, so that large volumes are left for large claims. */
function match(
  claims: readonly KeyedClaim[],
  node: SelectableNode,
  volumes: VolumeState,
): { bind: { claim: KeyedClaim; volume: Readonly<PersistentVolume> }[]; left: KeyedClaim[] } {
  const bind: { claim: KeyedClaim; volume: Readonly<PersistentVolume> }[] = [];
  const left: KeyedClaim[] = [];
  const taken = new Set<string>();
  for (const keyed of [...claims].sort((a, b) => compareQuantities(requestOf(a.claim), requestOf(b.claim)))) {
    const volume = smallestFor(keyed.claim, { node, volumes, taken });
    if (volume === undefined) left.push(keyed);
    else {
      taken.add(volume.metadata.name);
      bind.push({ claim: keyed, volume });
    }
  }
  return { bind, left };
}

/** A volume that is kept for the claim, or the smallest free one that it can have. */
function smallestFor(
  claim: Readonly<PersistentVolumeClaim>,
  from: { node: SelectableNode; volumes: VolumeState; taken: ReadonlySet<string> },
): Readonly<PersistentVolume> | undefined {
  const uid = claim.metadata.uid ?? '';
  const here = (volume: Readonly<PersistentVolume>): boolean => reaches(volume, from.node);
  const assumed = from.volumes.boundFor(uid);
  if (assumed !== undefined) return here(assumed) ? assumed : undefined;
  const others = from.volumes.takenFrom(uid);
  const taken = others.size === 0 ? from.taken : new Set([...others, ...from.taken]);
  return matchVolume(claim, from.volumes.volumesOf(claimClass(claim) ?? ''), { waits: true, reaches: here, taken });
}

function provisionProblem(claim: Readonly<PersistentVolumeClaim>, node: SelectableNode, volumes: VolumeState): VolumeProblem | undefined {
  const storageClass = volumes.classes.get(claimClass(claim) ?? '');
  if (storageClass === undefined) return 'noVolume';
  const { provisioner, allowedTopologies = [] } = storageClass;
  if (provisioner === '' || provisioner === noProvisioner) return 'noVolume';
  if (allowedTopologies.length > 0 && !allowedTopologies.some((term) => allows(term, node))) return 'noVolume';
  return hasSpace(storageClass, { claim, node, volumes }) ? undefined : 'noSpace';
}

function allows(term: TopologySelectorTerm, node: SelectableNode): boolean {
  return (term.matchLabelExpressions ?? []).every(({ key, values }) => values.includes(node.labels[key] ?? '\n'));
}

/** Only drivers that publish capacities are asked. */
function hasSpace(
  storageClass: Readonly<StorageClass>,
  of: { claim: Readonly<PersistentVolumeClaim>; node: SelectableNode; volumes: VolumeState },
): boolean {
  if (of.volumes.drivers.get(storageClass.provisioner)?.spec.storageCapacity !== true) return true;
  const wanted = requestOf(of.claim);
  for (const { capacity: free, maximumVolumeSize, nodeTopology } of of.volumes.capacitiesOf(storageClass.metadata.name)) {
    const limit = maximumVolumeSize ?? free;
    if (limit !== undefined && compareQuantities(limit, wanted) >= 0 && selects(nodeTopology, of.node.labels)) return true;
  }
  return false;
}
