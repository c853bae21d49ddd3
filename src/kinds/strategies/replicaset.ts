import { ReplicaSet, type ReplicaSetSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { immutable, negative } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';
import { excessErrors, negativeErrors, type Counts } from '../workload/counts.ts';
import { replicatedPodsErrors } from '../workload/pods.ts';

export const replicaset: KindRules<ReplicaSet> = {
  kind: ReplicaSet,
  complete: true,
  sharesSpec: true,
  defaults: (object) => {
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as ReplicaSetSpec);
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec, status }, old, subresource) => {
    if (subresource === 'status') return replicaStatusErrors({ ...status });
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = [...negative('spec.replicas', spec.replicas), ...negative('spec.minReadySeconds', spec.minReadySeconds)];
    errors.push(...replicatedPodsErrors(spec));
    if (old !== undefined && !jsonEqual(spec.selector, old.spec.selector)) errors.push(immutable('spec.selector', spec.selector ?? null));
    return errors;
  },
  warnings: ({ metadata, spec }, old) => {
    const names = old === undefined ? nameWarnings(metadata.name) : [];
    return old !== undefined && jsonEqual(spec, old.spec) ? names : [...names, ...templateWarnings(spec.template)];
  },
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

const counted = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'];
/** As upstream's ValidateReplicaSetStatus, which is that of replication controllers too (kubernetes v1.35). */
export function replicaStatusErrors(status: Counts): FieldError[] {
  return [...negativeErrors(status, counted), ...excessErrors(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])];
}
