import { Lease } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { fieldForbidden, invalidEach, invalidValue, negative, notSupported } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';

/** As upstream's ValidateLeaseSpec (kubernetes v1.35). */
export const lease: KindRules<Lease> = {
  kind: Lease,
  complete: true,
  generation: 'none',
  unconditionalUpdate: false,
  defaults: (object) => {
    object.spec ??= {};
  },
  validate: ({ spec = {} }) => {
    const errors: FieldError[] = [];
    const seconds = spec.leaseDurationSeconds;
    if (seconds !== undefined && seconds <= 0) errors.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    errors.push(...negative('spec.leaseTransitions', spec.leaseTransitions));
    if (spec.strategy !== undefined) errors.push(...strategyErrors(spec.strategy, 'spec.strategy'));
    if (!spec.preferredHolder || spec.strategy) return errors;
    return [...errors, fieldForbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')];
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec?.holderIdentity ?? '', ageCell(metadata.creationTimestamp, now)],
};
/** Upstream names the field twice. */
function strategyErrors(strategy: string, path: string): FieldError[] {
  if (strategy.includes('/')) return invalidEach(`${path}.strategy`, strategy, qualifiedName(strategy));
  return strategy === 'OldestEmulationVersion' ? [] : [notSupported(`${path}.strategy`, strategy, ['OldestEmulationVersion'])];
}
