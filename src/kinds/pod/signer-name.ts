import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, required, tooLong } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';

const longest = 571;

/** What is wrong with the name of a signer, `example.com/signer` (kubernetes v1.35, ValidateSignerName). */
export function signerNameErrors(name: string, at: string): FieldError[] {
  if (name === '') return [required(at)];
  const segments = name.split('/');
  if (segments.length !== 2)
    return [invalidValue(at, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')];
  const [domain = '', path = ''] = segments;
  const errors = invalidEach(
    at,
    domain,
    dnsSubdomain(domain).map((rule) => `validating domain "${domain}": ${rule}`),
  );
  if (!domain.includes('.')) {
    errors.push(invalidValue(at, domain, "must be a fully qualified domain name, domain must contain at least one '.'"));
  }
  for (const part of path.split('.'))
    errors.push(
      ...invalidEach(
        at,
        path,
        dnsLabel(part).map((rule) => `validating label "${part}": ${rule}`),
      ),
    );
  if (name.length > longest) errors.push(tooLong(at, longest));
  return errors;
}
