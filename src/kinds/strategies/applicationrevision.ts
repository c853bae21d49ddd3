import { ApplicationRevision } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { immutable } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

/** An entry of a history: what was applied does not change any more, only what came of it. */
export const applicationrevision: KindRules<ApplicationRevision> = {
  kind: ApplicationRevision,
  validate: ({ spec }, old) => (old === undefined || jsonEqual(spec, old.spec) ? [] : [immutable('spec', spec)]),
  selectableFields: {
    'spec.application': ({ spec }) => spec.application,
    'spec.commit': ({ spec }) => spec.commit,
    'status.outcome': ({ status }) => status?.outcome ?? '',
  },
};
