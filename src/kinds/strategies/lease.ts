import { Lease } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { invalidValue, negative } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

export const lease: KindRules<Lease> = {
  kind: Lease,
  generation: 'none',
  unconditionalUpdate: false,
  defaults: (object) => {
    object.spec ??= {};
  },
  validate: ({ spec }) => {
    const errors: FieldError[] = [];
    const seconds = spec.leaseDurationSeconds;
    if (seconds !== undefined && seconds <= 0) errors.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    errors.push(...negative('spec.leaseTransitions', spec.leaseTransitions));
    if (spec.holderIdentity === '') errors.push(invalidValue('spec.holderIdentity', '', 'must not be empty'));
    return errors;
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.holderIdentity ?? '', ageCell(metadata.creationTimestamp, now)],
};
