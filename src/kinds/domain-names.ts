import type { FieldError } from '../api/status.ts';
import { invalidEach, invalidValue, required } from './field-errors.ts';
import { dnsLabel, dnsSubdomain, patternText, subdomain, type NameRule } from './names.ts';

const wildcard = String.raw`\*\.${subdomain}`;
const wildcardPattern = new RegExp(`^${wildcard}$`);
const wildcardText = patternText(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  wildcard,
  ['*.example.com'],
);
/** A DNS name that begins with `*.` (apimachinery v1.35, IsWildcardDNS1123Subdomain). */
export const wildcardSubdomain: NameRule = (text) => {
  const long = text.length > 253 ? ['must be no more than 253 characters'] : [];
  return wildcardPattern.test(text) ? long : [...long, wildcardText];
};

/** What is wrong with a name that must have at least two parts (apimachinery v1.35, IsFullyQualifiedDomainName). */
export function fullyQualifiedErrors(field: string, text: string): FieldError[] {
  if (text === '') return [required(field)];
  const name = text.replace(/\.$/, '');
  const broken = dnsSubdomain(name);
  if (broken.length > 0) return [invalidValue(field, name, broken.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalidValue(field, name, 'should be a domain with at least two segments separated by dots')];
  return labels.filter((label) => dnsLabel(label).length > 0).map((label) => invalidValue(field, label, dnsLabel(label).join(',')));
}

const path = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathPattern = new RegExp(`^${path}$`);
/** What is wrong with a text such as `acme.io/foo` (apimachinery v1.35, IsDomainPrefixedPath). */
export function domainPathErrors(field: string, text: string): FieldError[] {
  if (text === '') return [required(field)];
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) return [invalidValue(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const [host, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  const errors = invalidEach(field, host, dnsSubdomain(host));
  return pathPattern.test(rest) ? errors : [...errors, invalidValue(field, rest, patternText('Invalid path', path, []))];
}

/** What is wrong with a name that must have at least three parts (apimachinery v1.35, IsFullyQualifiedName). */
export function fullyQualifiedNameErrors(field: string, text: string): FieldError[] {
  if (text === '') return [required(field)];
  const broken = dnsSubdomain(text);
  if (broken.length > 0) return [invalidValue(field, text, broken.join(','))];
  if (text.split('.').length >= 3) return [];
  return [invalidValue(field, text, 'should be a domain with at least three segments separated by dots')];
}
