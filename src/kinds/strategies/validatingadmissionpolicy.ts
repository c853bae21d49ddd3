import { ValidatingAdmissionPolicy } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import type { KindRules } from '../rules.ts';
import { defaultMatch, policyErrors } from '../webhooks/policy.ts';

export const validatingadmissionpolicy: KindRules<ValidatingAdmissionPolicy> = {
  kind: ValidatingAdmissionPolicy,
  complete: true,
  defaults: (object) => {
    const spec = (object.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints !== undefined) defaultMatch(spec.matchConstraints);
  },
  validate: (object, old) => (old !== undefined && jsonEqual(object.spec, old.spec) ? [] : policyErrors(object)),
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    (spec?.validations ?? []).length,
    spec?.paramKind === undefined ? '<unset>' : `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}`,
    ageCell(metadata.creationTimestamp, now),
  ],
};
