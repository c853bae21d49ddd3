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
  validate: (object, old) => {
    const errors = [...specErrors(object, old), ...conditionErrors(object.status?.conditions ?? [])];
    const certificate = object.status?.certificate ?? '';
    const before = old?.status?.certificate ?? '';
    const fault = certificate === before ? undefined : certificateFault(Buffer.from(certificate, 'base64').toString('latin1'));
    if (fault !== undefined) errors.push(invalidValue('status.certificate', '<certificate data>', fault));
    return old === undefined ? errors : [...errors, ...changeErrors(object, old)];
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

/** A decision stands, and a certificate is given once. Who may decide, /approval knows. */
function changeErrors(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const at = 'status.conditions';
  const of = (request: CertificateSigningRequest, type: string): readonly Condition[] =>
    (request.status?.conditions ?? []).filter((condition) => condition.type === type);
  const errors: FieldError[] = [];
  for (const type of decided) {
    const [now, was] = [of(object, type), of(old, type)];
    if (now.length < was.length) errors.push(fieldForbidden(at, `updates may not remove a condition of type "${type}"`));
    else if (type !== 'Failed' && was.length > 0 && !jsonEqual(now, was)) {
      const lines = changedFields({ ...now[0] }, { ...was[0] });
      errors.push(fieldForbidden(at, [`updates may not modify a condition of type "${type}"`, ...lines].join('\n')));
    }
  }
  const before = old.status?.certificate ?? '';
  if (before === '' || before === (object.status?.certificate ?? '')) return errors;
  return [...errors, fieldForbidden('status.certificate', 'updates may not modify existing certificate content')];
}
