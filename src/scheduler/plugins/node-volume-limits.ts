import { claimClass } from '../../api/volume-binding.ts';
import { verdict, type Plugin } from '../plugin.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';

const full = verdict('node(s) exceed max volume count');

/** A node attaches as many volumes of a CSI driver as its CSINode says. */
export const nodeVolumeLimits: Plugin = {
  name: 'NodeVolumeLimits',
  filter(pod, state) {
    if (pod.claims.length === 0 || state.volumes.csiNodes.size === 0) return undefined;
    const wanted = volumesOf(pod.claims, state);
    return wanted.size === 0 ? undefined : (node) => (hasRoom(node, wanted, state) ? undefined : full);
  },
  hints: {
    csiNodeChanged: (pod) => pod.claims.length > 0,
    nodeAdded: (pod) => pod.claims.length > 0,
    podRemoved: (pod, event) => event.kind === 'podRemoved' && pod.claims.length > 0 && event.pod.facts.claims.length > 0,
    claimChanged: (pod, event) =>
      event.kind === 'claimChanged' && pod.claims.includes(`${event.claim.metadata.namespace ?? ''}/${event.claim.metadata.name}`),
  },
};

/** Volume to driver: of bound claims the volume's own handle, of others the claim that it will be made for. */
function volumesOf(claims: Iterable<string>, state: ClusterState): Map<string, string> {
  const found = new Map<string, string>();
  for (const key of claims) {
    const claim = state.volumes.claim(key);
    if (claim === undefined) continue;
    const csi = state.volumes.volume(claim.spec.volumeName ?? '')?.spec.csi;
    if (csi !== undefined) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
    else if ((claim.spec.volumeName ?? '') === '') {
      const provisioner = state.volumes.classes.get(claimClass(claim) ?? '')?.provisioner;
      if (provisioner !== undefined) found.set(`${provisioner}/${key}`, provisioner);
    }
  }
  return found;
}

function hasRoom(node: NodeState, wanted: ReadonlyMap<string, string>, state: ClusterState): boolean {
  const drivers = state.volumes.csiNodes.get(node.name)?.spec.drivers ?? [];
  const limits = drivers.filter(({ name, allocatable }) => allocatable?.count !== undefined && [...wanted.values()].includes(name));
  if (limits.length === 0) return true;
  const all = volumesOf(node.claims.keys(), state);
  for (const [volume, driver] of wanted) all.set(volume, driver);
  return limits.every(({ name, allocatable }) => count(all, name) <= (allocatable?.count ?? 0));
}

function count(volumes: ReadonlyMap<string, string>, driver: string): number {
  let sum = 0;
  for (const each of volumes.values()) if (each === driver) sum++;
  return sum;
}
