import { Job, type JobSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { parseTime } from '../../base/clock.ts';
import { formatAge } from '../../base/duration.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { immutable, invalidValue, required } from '../field-errors.ts';
import { jobSpecErrors } from '../job/spec.ts';
import { jobStatusErrors } from '../job/status.ts';
import { dnsLabel } from '../names.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { labelSelectorErrors, selectorMatches } from '../pod/selectors.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';
import { asMap, matchErrors } from '../workload/pods.ts';

const manyCompletions = 100_000;
const manyAtOnce = 10_000;

export const job: KindRules<Job> = {
  kind: Job,
  complete: true,
  sharesSpec: true,
  defaults: (object) => {
    const { metadata } = object;
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as JobSpec);
    defaultNumbers(spec);
    spec.manualSelector ??= false;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  prepare: (object, old) => {
    if (old === undefined && object.spec.manualSelector !== true) generateSelector(object);
  },
  validate: (object, old, subresource) => {
    const { spec } = object;
    if (old !== undefined && subresource === 'status') return jobStatusErrors(object, old);
    if (old === undefined) return [...generatedErrors(object), ...specErrors(spec), ...hostnameErrors(object)];
    return jsonEqual(spec, old.spec) ? [] : [...specErrors(spec), ...updateErrors(object, old)];
  },
  warnings: ({ metadata, spec }, old) => {
    const names = old === undefined ? nameWarnings(metadata.name) : [];
    if (old !== undefined && jsonEqual(spec, old.spec)) return names;
    const { completions = 0, parallelism = 0 } = spec;
    const many = completions > manyCompletions && parallelism > manyAtOnce;
    const text =
      'spec.completions: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
    return [...names, ...(many && spec.completionMode === 'Indexed' ? [text] : []), ...templateWarnings(spec.template)];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    statusCell({ metadata, spec, status }),
    completionsCell(spec, status?.succeeded ?? 0),
    durationCell(status?.startTime, endOf({ status }), now),
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template?.spec?.containers, spec.selector),
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
  // Pods without a template are refused for what they lack, not for these.
  const template = (object.spec.template ??= {});
  const own = {
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
  };
  const metadata = (template.metadata ??= {});
  // A Job without labels of its own has those of its template, these too.
  const follows = jsonEqual(object.metadata.labels ?? {}, metadata.labels ?? {});
  metadata.labels = { ...own, ...metadata.labels };
  if (follows) object.metadata.labels = { ...metadata.labels };
  const selector = (object.spec.selector ??= {});
  selector.matchLabels ??= {};
  selector.matchLabels['batch.kubernetes.io/controller-uid'] ??= uid;
}

const marks = [
  ['controller-uid', 'uid'],
  ['job-name', 'name'],
  ['batch.kubernetes.io/controller-uid', 'uid'],
  ['batch.kubernetes.io/job-name', 'name'],
] as const;
/** The marks by which a Job finds its pods are as the server makes them (kubernetes v1.35, validateGeneratedSelector). */
function generatedErrors({ spec, metadata }: Job): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const labels = spec.template?.metadata?.labels ?? {};
  const errors = marks.flatMap(([key, of]) => {
    const wanted = metadata[of] ?? '';
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels[key] === undefined) return [required(at, `must be '${wanted}'`)];
    return labels[key] === wanted ? [] : [invalidValue(at, asMap(labels), `must be '${wanted}'`)];
  });
  const expected = Object.fromEntries(marks.map(([key, of]) => [key, metadata[of] ?? '']));
  if (labelSelectorErrors(spec.selector, '').length > 0 || selectorMatches(spec.selector, expected)) return errors;
  return [...errors, invalidValue('spec.selector', spec.selector, '`selector` not auto-generated')];
}
/** As upstream's ValidateJobSpec. */
function specErrors(spec: JobSpec): FieldError[] {
  const errors = jobSpecErrors(spec, 'spec');
  if (spec.selector === undefined) return [...errors, required('spec.selector'), ...matchErrors(spec)];
  const broken = labelSelectorErrors(spec.selector, 'spec.selector');
  return [...errors, ...broken, ...(broken.length === 0 ? matchErrors(spec) : [])];
}
/** Pods of an indexed Job are named after its last index. */
function hostnameErrors({ spec, metadata }: Job): FieldError[] {
  const { completions = 0, completionMode } = spec;
  const hostname = `${metadata.name}-${completions - 1}`;
  if (completionMode !== 'Indexed' || completions <= 0 || dnsLabel(hostname).length === 0) return [];
  return [invalidValue('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${hostname}`)];
}

/** As upstream's ValidateJobSpecUpdate. */
function updateErrors(object: Job, old: Job): FieldError[] {
  const { spec } = object;
  const errors = completionsErrors(spec, old.spec);
  const fixed = (field: keyof JobSpec): void => {
    if (!jsonEqual(spec[field], old.spec[field])) errors.push(immutable(`spec.${field}`, spec[field] ?? null));
  };
  fixed('selector');
  const mayMove = old.spec.suspend === true && spec.suspend === true && old.status?.startTime === undefined;
  const [template, before] = mayMove ? [withoutPlacement(spec), withoutPlacement(old.spec)] : [spec.template, old.spec.template];
  if (!jsonEqual(template, before)) errors.push(immutable('spec.template', spec.template));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) fixed(field);
  return errors;
}
/** An indexed Job may grow and shrink when both numbers stay equal. */
function completionsErrors(spec: JobSpec, old: JobSpec): FieldError[] {
  if (spec.completions === old.completions) return [];
  if (spec.completionMode !== 'Indexed') return [immutable('spec.completions', spec.completions ?? null)];
  if (spec.completions === undefined || spec.completions === spec.parallelism) return [];
  return [invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}
/** A suspended Job that never started may still be told where to run. */
function withoutPlacement(spec: JobSpec): unknown {
  const template = clone(spec.template) as JobSpec['template'];
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) delete template.spec?.[field];
  if (template.spec?.affinity !== undefined) {
    const { nodeAffinity: _node, ...rest } = template.spec.affinity;
    if (Object.keys(rest).length === 0) delete template.spec.affinity;
    else template.spec.affinity = rest;
  }
  const { labels: _labels, annotations: _annotations, ...metadata } = template.metadata ?? {};
  return { ...template, metadata };
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
