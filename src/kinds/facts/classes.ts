import { PriorityClass, RuntimeClass, StorageClass, VolumeAttributesClass } from '../../api/kinds.generated.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { ageCell } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const classes: readonly KindFacts[] = [
  anyKind<PriorityClass>({
    kind: PriorityClass,
    createOnUpdate: true,
    cells: ({ metadata, value, globalDefault = false, preemptionPolicy = '' }, now) => [
      metadata.name,
      value,
      globalDefault,
      ageCell(metadata.creationTimestamp, now),
      preemptionPolicy,
    ],
  }),
  anyKind<RuntimeClass>({
    kind: RuntimeClass,
    generation: 'none',
    unconditionalUpdate: false,
    cells: ({ metadata, handler }, now) => [metadata.name, handler, ageCell(metadata.creationTimestamp, now)],
  }),
  anyKind<StorageClass>({
    kind: StorageClass,
    generation: 'none',
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
    generation: 'none',
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
