import { PersistentVolume } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { annotationWarnings } from '../storage/class-annotation.ts';
import { volumeErrors, volumeUpdateErrors } from '../storage/volume.ts';
import { volumeWarnings } from '../storage/warnings.ts';

export const persistentvolume: KindRules<PersistentVolume> = {
  kind: PersistentVolume,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    const spec = (object.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
  },
  prepare: (object, old) => {
    if (old === undefined) object.status = { phase: 'Pending' };
  },
  validate: (object, old) => {
    if (old !== undefined && jsonEqual(object.spec, old.spec)) return [];
    const errors = volumeErrors((object as Sent<PersistentVolume>).spec ?? {});
    return old === undefined ? errors : [...errors, ...volumeUpdateErrors(object, old)];
  },
  warnings: ({ metadata, spec }) => [...annotationWarnings(metadata.annotations), ...volumeWarnings(spec)],
};
