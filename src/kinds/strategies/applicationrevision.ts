import { ApplicationRevision } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, shortCommit } from '../cells.ts';
import { immutable } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

/** An entry of a history: what was applied does not change any more, only what came of it. */
export const applicationrevision: KindRules<ApplicationRevision> = {
  kind: ApplicationRevision,
  validate: ({ spec }, old) => (old === undefined || jsonEqual(spec, old.spec) ? [] : [immutable('spec', spec)]),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.application,
    spec.number,
    shortCommit(spec.commit),
    status?.outcome ?? '',
    status?.health ?? '',
    spec.cause?.type ?? '',
    ageCell(metadata.creationTimestamp, now),
  ],
  selectableFields: {
    'spec.application': ({ spec }) => spec.application,
    'spec.commit': ({ spec }) => spec.commit,
    'status.outcome': ({ status }) => status?.outcome ?? '',
  },
};
