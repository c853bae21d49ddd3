import { ControllerRevision } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { immutable, negative, required } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

/** As upstream's ValidateControllerRevision and its update (kubernetes v1.35). */
export const controllerrevision: KindRules<ControllerRevision> = {
  kind: ControllerRevision,
  complete: true,
  generation: 'none',
  validate: ({ data, revision }, old) => {
    const errors: FieldError[] = data === undefined ? [required('data', 'data is mandatory')] : [];
    errors.push(...negative('revision', revision));
    if (old !== undefined && !jsonEqual(data, old.data)) errors.push(immutable('data', data ?? null));
    return errors;
  },
};
