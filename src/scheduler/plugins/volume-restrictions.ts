import type { Volume } from '../../api/kinds.generated.ts';
import { verdict, type Plugin } from '../plugin.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';

const occupied = verdict('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode');
const diskTaken = verdict('node(s) had no available disk');

/** A claim of ReadWriteOncePod is used by one pod, and a disk named in a pod is mounted once on a node. */
export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  filter(pod, state) {
    const exclusive = exclusiveClaims(pod, state);
    const disks = disksOf(pod);
    if (exclusive.length + disks.length === 0) return undefined;
    return (node) => {
      if (disks.length > 0)
        for (const other of node.pods.values()) if (other.uid !== pod.uid && meet(disks, disksOf(other))) return diskTaken;
      return exclusive.some((claim) => state.volumes.users(claim) > 0) ? occupied : undefined;
    };
  },
  hints: {
    podRemoved: (pod, event) =>
      event.kind === 'podRemoved' &&
      (event.pod.facts.claims.some((claim) => pod.claims.includes(claim)) || meet(disksOf(pod), disksOf(event.pod.facts))),
    nodeAdded: (pod) => disksOf(pod).length > 0,
    claimChanged: (pod, event) =>
      event.kind === 'claimChanged' && pod.claims.includes(`${event.claim.metadata.namespace ?? ''}/${event.claim.metadata.name}`),
  },
};

function exclusiveClaims(pod: PodFacts, state: ClusterState): string[] {
  return pod.claims.filter((key) => (state.volumes.claim(key)?.spec.accessModes ?? []).includes('ReadWriteOncePod'));
}

interface Disk {
  readonly id: string;
  /** Two readers may share it; false where nobody may. */
  readonly readOnly: boolean;
}

function disksOf(pod: PodFacts): Disk[] {
  const { volumes } = pod.pod.spec;
  return volumes === undefined ? [] : volumes.flatMap((volume) => diskOf(volume));
}

function diskOf({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): Disk[] {
  if (gcePersistentDisk !== undefined) return [{ id: `gce/${gcePersistentDisk.pdName}`, readOnly: gcePersistentDisk.readOnly === true }];
  if (awsElasticBlockStore !== undefined) return [{ id: `aws/${awsElasticBlockStore.volumeID}`, readOnly: false }];
  if (iscsi !== undefined) return [{ id: `iscsi/${iscsi.iqn}`, readOnly: iscsi.readOnly === true }];
  if (rbd === undefined) return [];
  const { monitors, pool = 'rbd', image, readOnly = false } = rbd;
  return monitors.map((monitor) => ({ id: `rbd/${monitor}/${pool}/${image}`, readOnly }));
}

function meet(a: readonly Disk[], b: readonly Disk[]): boolean {
  return a.some((one) => b.some((other) => one.id === other.id && !(one.readOnly && other.readOnly)));
}
