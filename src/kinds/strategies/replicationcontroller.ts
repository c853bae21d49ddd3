import { ReplicationController, type ReplicationControllerSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { negative, required } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { templateErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';
import { alwaysErrors, matchErrors } from '../workload/pods.ts';
import { replicaStatusErrors } from './replicaset.ts';

export const replicationcontroller: KindRules<ReplicationController> = {
  kind: ReplicationController,
  complete: true,
  defaults: (object) => {
    const spec = (object.spec ??= {});
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec = {}, status }, old, subresource) => {
    if (subresource === 'status') return replicaStatusErrors({ ...status });
    return old !== undefined && jsonEqual(spec, old.spec) ? [] : specErrors(spec);
  },
  warnings: ({ metadata, spec }, old) => {
    const names = old === undefined ? nameWarnings(metadata.name) : [];
    return old !== undefined && jsonEqual(spec, old.spec) ? names : [...names, ...templateWarnings(spec?.template)];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec?.template?.spec?.containers, undefined).slice(0, 2),
    selectorCell(spec?.selector),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
};
function selectorCell(selector: Readonly<Record<string, string>> | undefined): string {
  const labels = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? '<none>' : labels.sort().join(',');
}

/** As upstream's ValidateReplicationControllerSpec (kubernetes v1.35). */
function specErrors(spec: ReplicationControllerSpec): FieldError[] {
  const { selector = {}, template } = spec;
  const errors = [...negative('spec.minReadySeconds', spec.minReadySeconds)];
  const empty = Object.keys(selector).length === 0;
  if (empty) errors.push(required('spec.selector'));
  errors.push(...negative('spec.replicas', spec.replicas));
  if (template === undefined) return [...errors, required('spec.template')];
  if (!empty) errors.push(...matchErrors({ selector: { matchLabels: selector }, template }));
  return [...errors, ...templateErrors(template, 'spec.template'), ...alwaysErrors(template, 'ReplicationController')];
}
