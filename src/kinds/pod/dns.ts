import type { PodSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, required } from '../field-errors.ts';
import { ipErrors } from '../ip.ts';
import { searchDomain } from '../names.ts';

const mostServers = 3;
const mostSearches = 32;
const longestSearch = 2048;

/** What is wrong with how a pod resolves names (kubernetes v1.35, validatePodDNSConfig). */
export function dnsErrors(spec: PodSpec, path: string): FieldError[] {
  const at = `${path}.dnsConfig`;
  const { dnsConfig: config } = spec;
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (spec.dnsPolicy === 'None' && config === undefined) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  const errors: FieldError[] = [];
  if (nameservers.length > mostServers) {
    errors.push(invalidValue(`${at}.nameservers`, nameservers, `must not have more than ${mostServers} nameservers`));
  }
  for (const [index, server] of nameservers.entries()) errors.push(...ipErrors(`${at}.nameservers[${index}]`, server));
  errors.push(...searchErrors(searches, `${at}.searches`));
  for (const [index, { name }] of options.entries()) if (!name) errors.push(required(`${at}.options[${index}]`, 'must not be empty'));
  return errors;
}

function searchErrors(searches: readonly string[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > mostSearches) errors.push(invalidValue(at, searches, `must not have more than ${mostSearches} search paths`));
  if (searches.join(' ').length > longestSearch) {
    const detail = `must not have more than ${longestSearch} characters (including spaces) in the search list`;
    errors.push(invalidValue(at, searches, detail));
  }
  for (const [index, search] of searches.entries()) {
    const name = search.replace(/\.$/, '');
    if (search !== '.') errors.push(...invalidEach(`${at}[${index}]`, name, searchDomain(name)));
  }
  return errors;
}
