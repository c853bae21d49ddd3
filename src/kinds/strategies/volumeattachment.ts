import { VolumeAttachment, type VolumeAttachmentSource, type VolumeAttachmentStatus, type VolumeError } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden, immutable, invalidEach, invalidValue, required, tooLong } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { driverNameErrors } from '../storage/driver.ts';
import { inlineVolumeErrors } from '../storage/volume.ts';

const mostMetadataBytes = 256 * 1024;
const longestMessage = 1024;

export const volumeattachment: KindRules<VolumeAttachment> = {
  kind: VolumeAttachment,
  complete: true,
  validate: (object, old) => {
    const { spec = {}, status = {} }: Sent<VolumeAttachment> = object;
    const { attacher = '', nodeName = '', source = {} } = spec;
    const errors = attacher === '' ? [required('spec.attacher')] : [];
    errors.push(...sourceErrors(source), ...invalidEach('spec.nodeName', nodeName, dnsSubdomain(nodeName)), ...statusErrors(status));
    if (old !== undefined) return jsonEqual(object.spec, old.spec) ? errors : [...errors, immutable('spec', object.spec)];
    // v1 asks for more than its elder did, in words of its own.
    errors.push(...driverNameErrors('spec.attacher', attacher));
    const name = source.persistentVolumeName;
    return name === undefined ? errors : [...errors, ...invalidEach('spec.source.persistentVolumeName', name, dnsSubdomain(name))];
  },
};

function sourceErrors({ inlineVolumeSpec, persistentVolumeName }: Sent<VolumeAttachmentSource>): FieldError[] {
  const at = 'spec.source';
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) return [required(at, detail)];
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) return [fieldForbidden(at, detail)];
  if (inlineVolumeSpec !== undefined) return inlineVolumeErrors(inlineVolumeSpec, `${at}.inlineVolumeSpec`);
  return persistentVolumeName === '' ? [required(`${at}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : [];
}
function statusErrors({ attachmentMetadata = {}, attachError, detachError }: Sent<VolumeAttachmentStatus>): FieldError[] {
  const size = Object.entries(attachmentMetadata).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const errors = size > mostMetadataBytes ? [tooLong('status.attachmentMetadata', mostMetadataBytes)] : [];
  return [...errors, ...failureErrors(attachError, 'status.attachError'), ...failureErrors(detachError, 'status.detachError')];
}
function failureErrors(failure: Sent<VolumeError> | undefined, at: string): FieldError[] {
  const { message = '', errorCode = 0 } = failure ?? {};
  // The limit that is told is another one than that which is kept, as upstream has it.
  const errors = Buffer.byteLength(message) > longestMessage ? [tooLong(`${at}.message`, mostMetadataBytes)] : [];
  return errorCode >= 0 ? errors : [...errors, invalidValue(`${at}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive')];
}
