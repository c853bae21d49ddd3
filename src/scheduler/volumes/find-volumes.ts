import type { PersistentVolume, PersistentVolumeClaim, StorageClass, TopologySelectorTerm } from '../../api/kinds.generated.ts';
import { wholeValue } from '../../api/quantity.ts';
import { selects } from '../../api/selector.ts';
import { matchesNodeSelector, type SelectableNode } from '../../api/node-selection.ts';
import type { KeyedClaim, PodClaims } from './pod-claims.ts';
import { classOf, type VolumeState } from './volume-state.ts';

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
  for (const keyed of [...claims].sort((a, b) => requested(a.claim) - requested(b.claim))) {
    const volume = smallestFor(keyed.claim, { node, volumes, taken });
    if (volume === undefined) left.push(keyed);
    else {
      taken.add(volume.metadata.name);
      bind.push({ claim: keyed, volume });
    }
  }
  return { bind, left };
}

/** A volume that is reserved for the claim, or the smallest free one that it can have. */
function smallestFor(
  claim: Readonly<PersistentVolumeClaim>,
  from: { node: SelectableNode; volumes: VolumeState; taken: ReadonlySet<string> },
): Readonly<PersistentVolume> | undefined {
  let best: Readonly<PersistentVolume> | undefined;
  for (const volume of from.volumes.volumesOf(classOf(claim))) {
    if (from.taken.has(volume.metadata.name) || volume.metadata.deletionTimestamp !== undefined) continue;
    if (!suits(volume, claim)) continue;
    const holder = from.volumes.holderOf(volume);
    if (holder !== undefined) {
      if (isReserved(volume, claim, holder)) return reaches(volume, from.node) ? volume : undefined;
      continue;
    }
    if ((volume.status?.phase as string) !== 'Available' || !reaches(volume, from.node)) continue;
    if (claim.spec.selector !== undefined && !selects(claim.spec.selector, volume.metadata.labels)) continue;
    if (best === undefined || capacity(volume) < capacity(best)) best = volume;
  }
  return best;
}

function suits(volume: Readonly<PersistentVolume>, claim: Readonly<PersistentVolumeClaim>): boolean {
  const modes: readonly string[] = volume.spec.accessModes ?? [];
  return (
    capacity(volume) >= requested(claim) &&
    (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (volume.spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '') &&
    (claim.spec.accessModes ?? []).every((mode) => modes.includes(mode))
  );
}

function isReserved(volume: Readonly<PersistentVolume>, claim: Readonly<PersistentVolumeClaim>, holder: string): boolean {
  if (holder !== '') return holder === claim.metadata.uid;
  const ref = volume.spec.claimRef;
  return ref?.name === claim.metadata.name && ref.namespace === claim.metadata.namespace;
}

function provisionProblem(claim: Readonly<PersistentVolumeClaim>, node: SelectableNode, volumes: VolumeState): VolumeProblem | undefined {
  const storageClass = volumes.classes.get(classOf(claim));
  if (storageClass === undefined) return 'noVolume';
  const { provisioner, allowedTopologies = [] } = storageClass;
  if (provisioner === '' || provisioner === 'kubernetes.io/no-provisioner') return 'noVolume';
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
  const wanted = requested(of.claim);
  for (const { capacity: free, maximumVolumeSize, nodeTopology } of of.volumes.capacitiesOf(storageClass.metadata.name)) {
    const limit = maximumVolumeSize ?? free;
    if (limit !== undefined && wholeValue(limit) >= wanted && selects(nodeTopology, of.node.labels)) return true;
  }
  return false;
}

function requested(claim: Readonly<PersistentVolumeClaim>): number {
  return wholeValue(claim.spec.resources?.requests?.['storage'] ?? '0');
}
function capacity(volume: Readonly<PersistentVolume>): number {
  return wholeValue(volume.spec.capacity?.['storage'] ?? '0');
}
