import { PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { parseQuantity } from '../../api/quantity.ts';
import { jsonEqual } from '../../base/json.ts';
import { claimSpecErrors } from '../pod/claim-template.ts';
import type { KindRules } from '../rules.ts';
import { claimStatusErrors, claimUpdateErrors } from '../storage/claim.ts';
import { annotationWarnings } from '../storage/class-annotation.ts';
import { alignSources } from '../storage/data-source.ts';

export const persistentvolumeclaim: KindRules<PersistentVolumeClaim> = {
  kind: PersistentVolumeClaim,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    (object.spec ??= {}).volumeMode ??= 'Filesystem';
  },
  prepare: (object, old) => {
    if (old !== undefined) return;
    object.status = { phase: 'Pending' };
    alignSources(object.spec);
  },
  validate: (object, old) => {
    if (old === undefined) return claimSpecErrors(object.spec, 'spec');
    if (!jsonEqual(object.status, old.status)) return claimStatusErrors(object);
    return [...claimSpecErrors(object.spec, 'spec'), ...claimUpdateErrors(object, old)];
  },
  warnings: ({ metadata, spec }) => {
    const amount = spec.resources?.requests?.['storage'];
    const fraction = amount !== undefined && parseQuantity(amount).nano % 1_000_000_000n !== 0n;
    const text = `spec.resources.requests[storage]: fractional byte value "${amount}" is invalid, must be an integer`;
    return [...annotationWarnings(metadata.annotations).slice(0, 1), ...(fraction ? [text] : [])];
  },
};
