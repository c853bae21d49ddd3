import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../src/api/kinds.generated.ts';
import { namespace } from './workloads.ts';

export function claimOf(
  name: string,
  { storage = '1Gi', storageClassName }: { storage?: string; storageClassName?: string } = {},
  spec: Partial<PersistentVolumeClaimSpec> = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
      ...spec,
    },
  };
}

export function volumeOf(
  name: string,
  { storage = '10Gi' }: { storage?: string },
  spec: Partial<PersistentVolume['spec']> = {},
): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage }, hostPath: { path: '/data' }, ...spec },
  };
}
