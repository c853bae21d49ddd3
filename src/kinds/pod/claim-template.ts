import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { annotationErrors, labelErrors } from '../metadata.ts';
import { dnsSubdomain } from '../names.ts';
import { labelSelectorErrors } from './selectors.ts';

/** What is wrong with the claim that a volume brings along (kubernetes v1.35, ValidatePersistentVolumeClaimTemplate). */
export function claimTemplateErrors({ metadata = {}, spec }: PersistentVolumeClaimTemplate, at: string): FieldError[] {
  const errors = annotationErrors(metadata.annotations, `${at}.metadata.annotations`);
  errors.push(...labelErrors(metadata.labels, `${at}.metadata.labels`));
  for (const field of Object.keys(metadata)) {
    if (field !== 'annotations' && field !== 'labels') errors.push(fieldForbidden(`${at}.metadata.${field}`, 'cannot be set'));
  }
  return [...errors, ...claimSpecErrors(spec, `${at}.spec`)];
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

/** What is wrong with what a claim asks for (kubernetes v1.35, ValidatePersistentVolumeClaimSpec). */
export function claimSpecErrors(spec: PersistentVolumeClaimSpec, at: string): FieldError[] {
  const errors = accessErrors(spec.accessModes ?? [], `${at}.accessModes`);
  errors.splice(spec.accessModes?.length ? 0 : 1, 0, ...labelSelectorErrors(spec.selector, `${at}.selector`));
  const storage = spec.resources?.requests?.['storage'];
  const storageAt = `${at}.resources[storage]`;
  if (storage === undefined) errors.push(required(storageAt));
  else if (compareQuantities(storage, '0') <= 0) errors.push(invalidValue(storageAt, storage, 'must be greater than zero'));
  if (spec.storageClassName)
    errors.push(...invalidEach(`${at}.storageClassName`, spec.storageClassName, dnsSubdomain(spec.storageClassName)));
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode)) {
    errors.push(notSupported(`${at}.volumeMode`, spec.volumeMode, volumeModes));
  }
  return [...errors, ...sourceErrors(spec, at), ...classErrors(spec, at)];
}
function accessErrors(modes: readonly string[], at: string): FieldError[] {
  if (modes.length === 0) return [required(at, 'at least 1 access mode is required')];
  const errors = modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(at, mode, accessModes));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode));
  if (!modes.includes('ReadWriteOncePod') || !others) return errors;
  return [...errors, fieldForbidden(at, 'may not use ReadWriteOncePod with other access modes')];
}
function sourceErrors(spec: PersistentVolumeClaimSpec, at: string): FieldError[] {
  return (['dataSource', 'dataSourceRef'] as const).flatMap((field) => {
    const source = spec[field];
    if (source === undefined) return [];
    const errors = source.name ? [] : [required(`${at}.${field}.name`)];
    if (!source.kind) errors.push(required(`${at}.${field}.kind`));
    const group = source.apiGroup ?? '';
    if (group === '' && source.kind !== 'PersistentVolumeClaim') {
      errors.push(invalidValue(`${at}.${field}`, source.kind, `must be 'PersistentVolumeClaim' when referencing the default apiGroup`));
    }
    if (group !== '') errors.push(...invalidEach(`${at}.${field}.apiGroup`, group, dnsSubdomain(group)));
    return errors;
  });
}
function classErrors({ volumeAttributesClassName: name }: PersistentVolumeClaimSpec, at: string): FieldError[] {
  return name ? invalidEach(`${at}.volumeAttributesClassName`, name, dnsSubdomain(name)) : [];
}
