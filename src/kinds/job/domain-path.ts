import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';

const pathPattern = String.raw`[A-Za-z0-9/\-._~%!$&'()*+,;=:]+`;
const pathRule = `Invalid path (regex used for validation is '${pathPattern}')`;

/** What is wrong with a name below a domain, `example.com/manager` (apimachinery v1.35, IsDomainPrefixedPath). */
export function domainPathErrors(name: string, at: string): FieldError[] {
  if (name === '') return [required(at)];
  const slash = name.indexOf('/');
  const domain = slash < 0 ? name : name.slice(0, slash);
  const path = slash < 0 ? '' : name.slice(slash + 1);
  if (slash < 0 || domain === '' || path === '') {
    return [invalidValue(at, name, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = invalidEach(at, domain, dnsSubdomain(domain));
  return new RegExp(`^${pathPattern}$`).test(path) ? errors : [...errors, invalidValue(at, path, pathRule)];
}
