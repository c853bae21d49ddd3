import { PriorityClass, RuntimeClass, StorageClass, VolumeAttributesClass } from '../../api/kinds.generated.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { ageCell } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const classes: readonly KindFacts[] = [
  anyKind<PriorityClass>({
    kind: PriorityClass,
    createOnUpdate: true,
  }),
  anyKind<RuntimeClass>({
    kind: RuntimeClass,
    unconditionalUpdate: false,
    cells: ({ metadata, handler }, now) => [metadata.name, handler, ageCell(metadata.creationTimestamp, now)],
  }),
  anyKind<StorageClass>({
    kind: StorageClass,
    cells: ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, now) => [
      nameCell(metadata, ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']),
      provisioner,
      reclaimPolicy ?? 'Delete',
      volumeBindingMode ?? 'Immediate',
      allowVolumeExpansion ?? false,
      ageCell(metadata.creationTimestamp, now),
    ],
  }),
  anyKind<VolumeAttributesClass>({
    kind: VolumeAttributesClass,
    cells: ({ metadata, driverName }, now) => [
      nameCell(metadata, ['volumeattributesclass.alpha.kubernetes.io/is-default-class']),
      driverName,
      ageCell(metadata.creationTimestamp, now),
    ],
  }),
];

function nameCell({ name, annotations }: ObjectMeta, marks: readonly string[]): string {
  return marks.some((mark) => annotations?.[mark] === 'true') ? `${name} (default)` : name;
}
