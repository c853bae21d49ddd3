import { ReplicaSet, type ReplicaSetSpec } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { immutable } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { workloadErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';

export const replicaset: KindRules<ReplicaSet> = {
  kind: ReplicaSet,
  defaults: (object) => {
    // Without a spec it is invalid: the schema says which fields are missing.
    const spec = (object.spec ??= {} as ReplicaSetSpec);
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec }, old) => {
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = workloadErrors(spec);
    if (old !== undefined && !jsonEqual(spec.selector, old.spec.selector)) errors.push(immutable('spec.selector', spec.selector));
    return errors;
  },
  warnings: ({ spec }) => templateWarnings(spec.template),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template?.spec?.containers, spec.selector),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
};
