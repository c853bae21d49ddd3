import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { positiveAmountErrors, sizeErrors } from '../amounts.ts';
import { changedFields } from '../changed-fields.ts';
import { fieldForbidden, immutable, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';
import { nodeTermErrors } from '../pod/selectors.ts';
import type { Sent } from '../sent.ts';
import { sourceFields, volumeSourceErrors } from './volume-source.ts';

type Spec = Sent<PersistentVolumeSpec>;
export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const volumeModes = ['Block', 'Filesystem'];

/** What is wrong with a PersistentVolume (kubernetes v1.35, ValidatePersistentVolumeSpec). */
export function volumeErrors(spec: Spec): FieldError[] {
  const { persistentVolumeReclaimPolicy: policy = '', nodeAffinity, volumeMode } = spec;
  const errors = [...accessErrors(spec.accessModes ?? [], 'spec.accessModes'), ...capacityErrors(spec.capacity ?? {})];
  if (policy !== '' && !reclaimPolicies.includes(policy)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
  }
  if (nodeAffinity !== undefined) errors.push(...affinityErrors(nodeAffinity, 'spec.nodeAffinity'));
  errors.push(...volumeSourceErrors(spec, 'spec'), ...recycleErrors(spec), ...classNameErrors(spec));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) errors.push(notSupported('spec.volumeMode', volumeMode, volumeModes));
  return [...errors, ...attributesErrors(spec)];
}

export function accessErrors(modes: readonly string[], at: string): FieldError[] {
  if (modes.length === 0) return [required(at)];
  const errors = modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(at, mode, accessModes));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode));
  if (!modes.includes('ReadWriteOncePod') || !others) return errors;
  return [...errors, fieldForbidden(at, 'may not use ReadWriteOncePod with other access modes')];
}
function capacityErrors(capacity: Readonly<Record<string, string>>): FieldError[] {
  const at = 'spec.capacity';
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required(at)] : [];
  if (capacity['storage'] === undefined || names.length > 1) errors.push(notSupported(at, capacity, ['storage']));
  for (const name of names) {
    const amount = capacity[name] as string;
    errors.push(...sizeErrors(`${at}[${name}]`, amount), ...positiveAmountErrors(`${at}[${name}]`, amount));
  }
  return errors;
}
function affinityErrors({ required: wanted }: Sent<VolumeNodeAffinity>, at: string): FieldError[] {
  if (wanted === undefined) return [required(`${at}.required`, 'must specify required node constraints')];
  const terms = wanted.nodeSelectorTerms ?? [];
  const here = `${at}.required.nodeSelectorTerms`;
  if (terms.length === 0) return [required(here, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => nodeTermErrors(term as never, `${here}[${index}]`));
}
function recycleErrors({ hostPath, persistentVolumeReclaimPolicy: policy }: Spec): FieldError[] {
  const root = hostPath?.path !== undefined && /^\/+(\.?\/+)*\.?$/.test(hostPath.path);
  if (policy !== 'Recycle' || !root) return [];
  return [fieldForbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")];
}
function classNameErrors({ storageClassName = '' }: Spec): FieldError[] {
  return storageClassName === '' ? [] : invalidEach('spec.storageClassName', storageClassName, dnsSubdomain(storageClassName));
}
function attributesErrors({ volumeAttributesClassName: name, csi }: Spec): FieldError[] {
  if (name === undefined) return [];
  const at = 'spec.volumeAttributesClassName';
  const errors = name === '' ? [required(at, 'an empty string is disallowed')] : invalidEach(at, name, dnsSubdomain(name));
  return csi === undefined ? [...errors, required('spec.csi', 'has to be specified when using volumeAttributesClassName')] : errors;
}

/** What is wrong with a volume that stands in the object that uses it: only CSI drivers know such. */
export function inlineVolumeErrors(spec: Spec, at: string): FieldError[] {
  const detail = 'may not be specified in the context of inline volumes';
  const errors = (['claimRef', 'capacity'] as const)
    .filter((field) => spec[field] !== undefined && (field === 'claimRef' || Object.keys(spec.capacity ?? {}).length > 0))
    .map((field) => fieldForbidden(`${at}.${field}`, detail));
  if (spec.csi === undefined) errors.push(required(`${at}.csi`, 'has to be specified in the context of inline volumes'));
  errors.push(...accessErrors(spec.accessModes ?? [], `${at}.accessModes`));
  const policy = spec.persistentVolumeReclaimPolicy ?? '';
  if (policy !== '' && policy !== 'Retain') {
    errors.push(fieldForbidden(`${at}.persistentVolumeReclaimPolicy`, 'may only be Retain in the context of inline volumes'));
  }
  if (spec.nodeAffinity !== undefined) errors.push(fieldForbidden(`${at}.nodeAffinity`, detail));
  errors.push(...volumeSourceErrors(spec, at));
  if (spec.storageClassName) errors.push(fieldForbidden(`${at}.storageClassName`, detail));
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    errors.push(fieldForbidden(`${at}.volumeMode`, 'may not specify volumeMode other than Filesystem in the context of inline volumes'));
  }
  return errors;
}

/** What may not change in a volume that exists (ValidatePersistentVolumeUpdate). */
export function volumeUpdateErrors({ spec = {} }: Sent<PersistentVolume>, { spec: before = {} }: Sent<PersistentVolume>): FieldError[] {
  const errors: FieldError[] = [];
  const [now, was] = [sourceOf(spec, before), sourceOf(before, before)];
  if (!jsonEqual(now, was)) {
    const text = ['spec.persistentvolumesource is immutable after creation', ...changedFields(now, was)].join('\n');
    errors.push(fieldForbidden('spec.persistentvolumesource', text));
  }
  if (spec.volumeMode !== before.volumeMode) errors.push(immutable('volumeMode', spec.volumeMode ?? null));
  if (before.nodeAffinity !== undefined && !jsonEqual(spec.nodeAffinity, before.nodeAffinity)) {
    const shown = spec.nodeAffinity ?? null;
    errors.push(invalidValue('nodeAffinity', shown, 'field is immutable, except for updating from beta label to GA'));
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(fieldForbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}
/** A secret for growing may be named later. */
function sourceOf(spec: Spec, before: Spec): Record<string, unknown> {
  const source = Object.fromEntries(sourceFields.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]));
  if (spec.csi === undefined || before.csi === undefined || before.csi.controllerExpandSecretRef !== undefined) return source;
  const { controllerExpandSecretRef: _named, ...csi } = spec.csi;
  return { ...source, csi };
}
