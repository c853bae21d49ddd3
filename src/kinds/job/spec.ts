import type { JobSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, negative, notSupported, required, tooLong } from '../field-errors.ts';
import { templateErrors } from '../pod/spec.ts';
import { domainPathErrors } from './domain-path.ts';
import { failurePolicyErrors, successPolicyErrors } from './policies.ts';

const mostPerIndex = 100_000;
const manyCompletions = 100_000;
const mostWithMany = 10_000;
const longestManager = 63;

/** What is wrong with a Job but for its selector, also in a template of Jobs (kubernetes v1.35, validateJobSpec). */
export function jobSpecErrors(spec: JobSpec, path: string): FieldError[] {
  const numbers = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'] as const;
  const errors = [...numbers, 'backoffLimitPerIndex' as const, 'maxFailedIndexes' as const].flatMap((field) =>
    negative(`${path}.${field}`, spec[field]),
  );
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) {
    errors.push(...domainPathErrors(spec.managedBy, `${path}.managedBy`));
    if (spec.managedBy.length > longestManager) errors.push(tooLong(`${path}.managedBy`, longestManager));
  }
  errors.push(...modeErrors(spec, path));
  if (spec.podFailurePolicy !== undefined) errors.push(...failurePolicyErrors(spec, `${path}.podFailurePolicy`));
  if (spec.successPolicy !== undefined) {
    if (spec.completionMode === 'Indexed') errors.push(...successPolicyErrors(spec, `${path}.successPolicy`));
    else errors.push(invalidValue(`${path}.successPolicy`, spec.successPolicy, 'requires indexed completion mode'));
  }
  errors.push(...replacementErrors(spec, `${path}.podReplacementPolicy`), ...templateErrors(spec.template ?? {}, `${path}.template`));
  return [...errors, ...restartErrors(spec, `${path}.template.spec.restartPolicy`)];
}

function modeErrors(spec: JobSpec, path: string): FieldError[] {
  const mode: string | undefined = spec.completionMode;
  const errors: FieldError[] = [];
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  }
  if (mode === 'Indexed') return [...errors, ...indexedErrors(spec, path)];
  if (mode !== undefined && mode !== 'NonIndexed') return errors;
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    if (spec[field] !== undefined) errors.push(invalidValue(`${path}.${field}`, spec[field], 'requires indexed completion mode'));
  }
  return errors;
}
function indexedErrors(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec;
  const errors: FieldError[] = [];
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism > mostPerIndex) {
    const detail = `must be less than or equal to ${mostPerIndex} when completion mode is Indexed`;
    errors.push(invalidValue(`${path}.parallelism`, parallelism, detail));
  }
  if (completions !== undefined && failed !== undefined && failed > completions) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions'));
  }
  if (failed !== undefined && failed > mostPerIndex) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, failed, `must be less than or equal to ${mostPerIndex}`));
  }
  const many = completions !== undefined && completions > manyCompletions && spec.backoffLimitPerIndex !== undefined;
  return many ? [...errors, ...manyErrors(spec, path)] : errors;
}
function manyErrors({ parallelism = 0, maxFailedIndexes: failed }: JobSpec, path: string): FieldError[] {
  const detail = `must be less than or equal to ${mostWithMany} when completions are above ${manyCompletions} and used with backoff limit per index`;
  const errors: FieldError[] = [];
  if (failed === undefined) {
    errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`));
  }
  if (parallelism > mostWithMany) errors.push(invalidValue(`${path}.parallelism`, parallelism, detail));
  if (failed !== undefined && failed > mostWithMany) errors.push(invalidValue(`${path}.maxFailedIndexes`, failed, detail));
  return errors;
}

function replacementErrors(spec: JobSpec, at: string): FieldError[] {
  const policy: string | undefined = spec.podReplacementPolicy;
  const choices = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return policy === undefined || choices.includes(policy) ? [] : [notSupported(at, policy, choices)];
}
/** A Job ends: its pods do not run for ever. */
function restartErrors(spec: JobSpec, at: string): FieldError[] {
  const policy: string = spec.template?.spec?.restartPolicy ?? 'Always';
  if (policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
