import { Job, type JobSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { parseTime } from '../../base/clock.ts';
import { formatAge } from '../../base/duration.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { fieldForbidden, immutable, invalidValue, required } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { labelSelectorErrors, selectorMatches } from '../pod/selectors.ts';
import { templateErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';

const mostPerIndex = 100_000;

export const job: KindRules<Job> = {
  kind: Job,
  defaults: (object) => {
    const { metadata } = object;
    // Without a spec it is invalid: the schema says which fields are missing.
    const spec = (object.spec ??= {} as JobSpec);
    defaultNumbers(spec);
    spec.manualSelector ??= false;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  prepare: (object, old) => {
    if (old === undefined && object.spec?.manualSelector !== true && object.spec?.template !== undefined) generateSelector(object);
  },
  validate: (object, old) => {
    const { spec } = object;
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = [...specErrors(spec), ...selectorErrors(object)];
    if (old !== undefined) errors.push(...updateErrors(object, old));
    return errors;
  },
  warnings: ({ spec }) => templateWarnings(spec.template),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    statusCell({ metadata, spec, status }),
    completionsCell(spec, status?.succeeded ?? 0),
    durationCell(status?.startTime, endOf({ status }), now),
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template.spec?.containers, spec.selector),
  ],
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
};

function defaultNumbers(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
}

/** A Job finds its pods by its own uid, unless the user says how. */
function generateSelector(object: Job): void {
  const { uid = '', name } = object.metadata;
  const template = object.spec.template;
  const marks = {
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
  };
  const metadata = (template.metadata ??= {});
  // A Job without labels of its own has those of its template, these too.
  const follows = jsonEqual(object.metadata.labels ?? {}, metadata.labels ?? {});
  metadata.labels = { ...marks, ...metadata.labels };
  if (follows) object.metadata.labels = { ...metadata.labels };
  const selector = (object.spec.selector ??= {});
  selector.matchLabels ??= {};
  selector.matchLabels['batch.kubernetes.io/controller-uid'] ??= uid;
}

function selectorErrors(object: Job): FieldError[] {
  const { spec, metadata } = object;
  if (spec.selector === undefined) return [required('spec.selector')];
  const errors = labelSelectorErrors(spec.selector, 'spec.selector');
  const labels = spec.template.metadata?.labels ?? {};
  if (spec.manualSelector !== true) {
    for (const key of ['controller-uid', 'batch.kubernetes.io/controller-uid']) {
      if (labels[key] !== metadata.uid) {
        errors.push(invalidValue(`spec.template.metadata.labels[${key}]`, labels, `must be '${metadata.uid}'`));
      }
    }
    for (const key of ['job-name', 'batch.kubernetes.io/job-name']) {
      if (labels[key] !== metadata.name) {
        errors.push(invalidValue(`spec.template.metadata.labels[${key}]`, labels, `must be '${metadata.name}'`));
      }
    }
  }
  if (!selectorMatches(spec.selector, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  return errors;
}

function specErrors(spec: JobSpec): FieldError[] {
  const errors = templateErrors(spec.template, 'spec.template');
  const policy = spec.template.spec?.restartPolicy;
  if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  }
  if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    errors.push(invalidValue('spec.template.spec.restartPolicy', policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
  return [...errors, ...indexErrors(spec)];
}
function indexErrors(spec: JobSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required('spec.completions', 'when completion mode is Indexed'));
    if ((spec.parallelism ?? 0) > mostPerIndex) {
      errors.push(
        invalidValue('spec.parallelism', spec.parallelism, `must be less than or equal to ${mostPerIndex} when completion mode is Indexed`),
      );
    }
    return errors;
  }
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const) {
    if (spec[field] !== undefined) errors.push(invalidValue(`spec.${field}`, spec[field], 'requires indexed completion mode'));
  }
  return errors;
}

function updateErrors(object: Job, old: Job): FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = object;
  const fixed = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  for (const field of fixed) {
    if (!jsonEqual(spec[field], old.spec[field])) errors.push(immutable(`spec.${field}`, spec[field] ?? null));
  }
  if (spec.completions !== old.spec.completions && !isElastic(spec)) errors.push(immutable('spec.completions', spec.completions ?? null));
  const mayMove = old.spec.suspend === true && old.status?.startTime === undefined;
  const [template, before] = mayMove ? [withoutPlacement(spec), withoutPlacement(old.spec)] : [spec.template, old.spec.template];
  if (!jsonEqual(template, before)) errors.push(immutable('spec.template', spec.template));
  if (spec.maxFailedIndexes !== old.spec.maxFailedIndexes && spec.maxFailedIndexes === undefined) {
    errors.push(fieldForbidden('spec.maxFailedIndexes', 'must not be removed'));
  }
  return errors;
}
/** An indexed Job may grow and shrink when both numbers stay equal. */
function isElastic(spec: JobSpec): boolean {
  return spec.completionMode === 'Indexed' && spec.completions !== undefined && spec.completions === spec.parallelism;
}
/** A suspended Job that never started may still be told where to run. */
function withoutPlacement(spec: JobSpec): unknown {
  const template = clone(spec.template);
  for (const field of ['nodeSelector', 'affinity', 'tolerations', 'schedulingGates'] as const) delete template.spec?.[field];
  delete template.metadata;
  return template;
}

type JobParts = Pick<Job, 'metadata' | 'spec'> & { status: Job['status'] | undefined };
function statusCell({ metadata, spec, status }: JobParts): string {
  const has = (type: string): boolean => status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended') || (spec.suspend === true && status?.startTime === undefined)) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}
function completionsCell(spec: JobSpec, succeeded: number): string {
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}
function endOf({ status }: { status: Job['status'] | undefined }): string | undefined {
  const failed = status?.conditions?.find((one) => one.type === 'Failed' && one.status === 'True');
  return status?.completionTime ?? failed?.lastTransitionTime;
}
function durationCell(start: string | undefined, end: string | undefined, now: number): string {
  const from = parseTime(start);
  return from === undefined ? '' : formatAge((parseTime(end) ?? now) - from);
}
