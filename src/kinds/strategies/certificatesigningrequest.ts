import { CertificateSigningRequest, type CertificateSigningRequestCondition } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { certificateFault, requestFault } from '../certificates.ts';
import { changedFields } from '../changed-fields.ts';
import { duplicate, fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';
import { signerNameErrors } from '../pod/signer-name.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

type Condition = Sent<CertificateSigningRequestCondition>;
const shortest = 600;
const usages = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only'],
  ...['digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement'],
  ...['key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'],
];
const allStatuses = ['False', 'True', 'Unknown'];
const decided = ['Approved', 'Denied', 'Failed'];

export const certificatesigningrequest: KindRules<CertificateSigningRequest> = {
  kind: CertificateSigningRequest,
  complete: true,
  generation: 'none',
  nameRule: () => [],
  prepare: (object, old) => {
    // What is asked for does not change; who asked, the server knows.
    if (old !== undefined) object.spec = clone(old.spec);
  },
  validate: (object, old, subresource = '') => {
    const errors = [...specErrors(object, old), ...conditionErrors(object.status?.conditions ?? [])];
    const certificate = object.status?.certificate ?? '';
    const before = old?.status?.certificate ?? '';
    const fault = certificate === before ? undefined : certificateFault(Buffer.from(certificate, 'base64').toString('latin1'));
    if (fault !== undefined) errors.push(invalidValue('status.certificate', '<certificate data>', fault));
    return old === undefined ? errors : [...errors, ...changeErrors(object, old, subresource)];
  },
};

function specErrors(object: CertificateSigningRequest, old: CertificateSigningRequest | undefined): FieldError[] {
  if (old !== undefined && jsonEqual(object.spec, old.spec)) return [];
  const { request = '', usages: wanted = [], signerName = '', expirationSeconds } = (object as Sent<CertificateSigningRequest>).spec ?? {};
  const fault = requestFault(Buffer.from(request, 'base64').toString('latin1'));
  const errors = fault === undefined ? [] : [invalidValue('spec.request', request, fault)];
  errors.push(...usageErrors(wanted));
  if (signerName === 'kubernetes.io/legacy-unknown') {
    errors.push(invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  } else errors.push(...signerNameErrors(signerName, 'spec.signerName'));
  if (expirationSeconds === undefined || expirationSeconds >= shortest) return errors;
  const text = 'may not specify a duration less than 600 seconds (10 minutes)';
  return [...errors, invalidValue('spec.expirationSeconds', expirationSeconds, text)];
}
function usageErrors(wanted: readonly string[]): FieldError[] {
  if (wanted.length === 0) return [required('spec.usages')];
  const at = (index: number): string => `spec.usages[${index}]`;
  const unknown = wanted.flatMap((usage, index) => (usages.includes(usage) ? [] : [notSupported(at(index), usage, usages)]));
  return [...unknown, ...wanted.flatMap((usage, index) => (wanted.indexOf(usage) < index ? [duplicate(at(index), usage)] : []))];
}

function conditionErrors(conditions: readonly Condition[]): FieldError[] {
  const types = new Set<string>();
  return conditions.flatMap(({ type = '', status = '' }, index) => {
    const at = `status.conditions[${index}]`;
    const allowed = decided.includes(type) ? ['True'] : allStatuses;
    const errors = type === '' ? [required(`${at}.type`)] : [];
    if (status === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    if ((type === 'Approved' && types.has('Denied')) || (type === 'Denied' && types.has('Approved'))) {
      errors.push(invalidValue(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (types.has(type)) errors.push(duplicate(`${at}.type`, type));
    types.add(type);
    return errors;
  });
}

/** A decision stands, and only /approval makes one; a certificate is given once, and only by /status. */
function changeErrors(object: CertificateSigningRequest, old: CertificateSigningRequest, subresource: string): FieldError[] {
  const errors = decided.flatMap((type) => decisionErrors(type, [conditionsOf(object, type), conditionsOf(old, type)], subresource));
  const [now, before] = [object.status?.certificate ?? '', old.status?.certificate ?? ''];
  if (now === before) return errors;
  if (subresource !== 'status') return [...errors, fieldForbidden('status.certificate', 'updates may not set certificate content')];
  return before === '' ? errors : [...errors, fieldForbidden('status.certificate', 'updates may not modify existing certificate content')];
}
function conditionsOf({ status }: CertificateSigningRequest, type: string): readonly Condition[] {
  return (status?.conditions ?? []).filter((condition) => condition.type === type);
}
function decisionErrors(type: string, [now, was]: [readonly Condition[], readonly Condition[]], subresource: string): FieldError[] {
  const wrong = (what: string, ...lines: string[]): FieldError[] => [
    fieldForbidden('status.conditions', [`updates may not ${what} a condition of type "${type}"`, ...lines].join('\n')),
  ];
  if (now.length < was.length) return wrong('remove');
  if (subresource === 'approval' || type === 'Failed') return [];
  if (now.length > was.length) return wrong('add');
  return jsonEqual(now, was) ? [] : wrong('modify', ...changedFields({ ...now[0] }, { ...was[0] }));
}
