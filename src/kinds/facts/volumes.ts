import {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  VolumeAttachment,
} from '../../api/kinds.generated.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { ageCell } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const volumes: readonly KindFacts[] = [
  anyKind<CSIDriver>({ kind: CSIDriver, unconditionalUpdate: false }),
  anyKind<CSINode>({ kind: CSINode, unconditionalUpdate: false }),
  anyKind<CSIStorageCapacity>({
    kind: CSIStorageCapacity,
    unconditionalUpdate: false,
    cells: ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName, capacity ?? '<unset>'],
  }),
  anyKind<PersistentVolume>({
    kind: PersistentVolume,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.capacity?.['storage'] ?? '0',
      accessCell(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      phaseCell(metadata, status?.phase),
      spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
      classCell(metadata, spec.storageClassName),
      spec.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      ageCell(metadata.creationTimestamp, now),
      spec.volumeMode ?? '<unset>',
    ],
  }),
  anyKind<PersistentVolumeClaim>({
    kind: PersistentVolumeClaim,
    cells: ({ metadata, spec, status }, now) => {
      const bound = (spec.volumeName ?? '') !== '';
      return [
        metadata.name,
        phaseCell(metadata, status?.phase),
        spec.volumeName ?? '',
        bound ? (status?.capacity?.['storage'] ?? '0') : '',
        bound ? accessCell(status?.accessModes) : '',
        classCell(metadata, spec.storageClassName),
        spec.volumeAttributesClassName ?? '<unset>',
        ageCell(metadata.creationTimestamp, now),
        spec.volumeMode ?? '<unset>',
      ];
    },
  }),
  anyKind<VolumeAttachment>({
    kind: VolumeAttachment,
    generation: 'none',
    unconditionalUpdate: false,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.attacher,
      spec.source.persistentVolumeName ?? '',
      spec.nodeName,
      status?.attached ?? false,
      ageCell(metadata.creationTimestamp, now),
    ],
  }),
];

const shortModes = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;
/** `RWO,RWX`, in one order. */
function accessCell(modes: readonly string[] = []): string {
  return shortModes.flatMap(([mode, short]) => (modes.includes(mode) ? [short] : [])).join(',');
}
function phaseCell({ deletionTimestamp }: ObjectMeta, phase = ''): string {
  return deletionTimestamp === undefined ? phase : 'Terminating';
}
/** The class, which was an annotation once. */
function classCell({ annotations }: ObjectMeta, name = ''): string {
  return annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name;
}
