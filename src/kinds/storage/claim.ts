import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { sizeErrors } from '../amounts.ts';
import { changedFields } from '../changed-fields.ts';
import { fieldForbidden, immutable, required } from '../field-errors.ts';
import { classAnnotation } from './class-annotation.ts';

const storageField = 'spec.resources.requests.storage';
const attributesField = 'spec.volumeAttributesClassName';

/** What may not change in a claim that exists: once bound it may grow, and little else (kubernetes v1.35, ValidatePersistentVolumeClaimUpdate). */
export function claimUpdateErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = annotationErrors(claim, old);
  const [now, was] = comparable(claim, old);
  if (!jsonEqual(now, was)) {
    const text = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(fieldForbidden('spec', [text, ...changedFields(now, was)].join('\n')));
  }
  errors.push(...shrinkErrors(claim, old));
  if (claim.spec.volumeMode !== old.spec.volumeMode) errors.push(immutable('volumeMode', claim.spec.volumeMode ?? null));
  return [...errors, ...attributesErrors(claim, old)];
}

function annotationErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, was] = [claim, old].map(({ metadata }) => metadata.annotations?.[classAnnotation] ?? '');
  if (now === was || isUpgrade(claim, old)) return [];
  return [immutable(`metadata.annotations[${classAnnotation}]`, now ?? '')];
}
/** The class moves from the annotation to its field. */
function isUpgrade(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const was = old.metadata.annotations?.[classAnnotation];
  const now = claim.metadata.annotations?.[classAnnotation];
  return was !== undefined && old.spec.storageClassName === undefined && claim.spec.storageClassName === was && (now ?? was) === was;
}

/** Both specs with what may change made the same. */
function comparable(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): [Record<string, unknown>, Record<string, unknown>] {
  const [now, was] = [clone(claim.spec), clone(old.spec)];
  if (!was.volumeName && now.volumeName) was.volumeName = now.volumeName;
  if (was.storageClassName === undefined && mayNameClass(claim, old)) delete now.storageClassName;
  if (claim.status?.phase === 'Bound') alignBound(now, was);
  return [{ ...now }, { ...was }];
}
/** A claim without a class may be given one, that of its annotation if it has it. */
function mayNameClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const annotation = old.metadata.annotations?.[classAnnotation];
  return isUpgrade(claim, old) || annotation === undefined || annotation === claim.spec.storageClassName;
}
/** A bound claim may ask for more room and for other attributes. */
function alignBound(now: PersistentVolumeClaimSpec, was: PersistentVolumeClaimSpec): void {
  const amount = was.resources?.requests?.['storage'];
  if (now.resources?.requests !== undefined && amount !== undefined) now.resources.requests['storage'] = amount;
  if (now.volumeAttributesClassName === undefined) return;
  if (was.volumeAttributesClassName === undefined) delete now.volumeAttributesClassName;
  else now.volumeAttributesClassName = was.volumeAttributesClassName;
}

/** Who asked for more than there was may ask for less again, but for more than there is. */
function shrinkErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const now = claim.spec.resources?.requests?.['storage'] ?? '0';
  const was = old.spec.resources?.requests?.['storage'] ?? '0';
  if (compareQuantities(now, was) >= 0 || compareQuantities(now, old.status?.capacity?.['storage'] ?? '0') > 0) return [];
  return [fieldForbidden(storageField, 'field can not be less than status.capacity')];
}
function attributesErrors({ spec }: PersistentVolumeClaim, { spec: before }: PersistentVolumeClaim): FieldError[] {
  const [now, was] = [spec.volumeAttributesClassName, before.volumeAttributesClassName];
  if (was === undefined || now === was) return [];
  if (now === undefined) return [fieldForbidden(attributesField, 'update from non-nil value to nil is forbidden')];
  return now === '' ? [fieldForbidden(attributesField, 'update from non-nil value to an empty string is forbidden')] : [];
}

/** What is wrong with the status of a claim (ValidatePersistentVolumeClaimStatusUpdate). */
export function claimStatusErrors({ spec, status = {} }: PersistentVolumeClaim): FieldError[] {
  const errors = (spec.accessModes ?? []).length === 0 ? [required('Spec.accessModes')] : [];
  const { capacity = {} } = status;
  return [...errors, ...Object.entries(capacity).flatMap(([name, amount]) => sizeErrors(`status.capacity[${name}]`, amount))];
}
