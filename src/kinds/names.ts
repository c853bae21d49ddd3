/** Says which rules a text breaks; none when it keeps them all. Wording as Kubernetes' (apimachinery v1.35, util/validation). */
export type NameRule = (text: string) => readonly string[];

const none: readonly string[] = [];
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
/** Of a DNS name (RFC 1123). */
export const subdomain = String.raw`${label}(\.${label})*`;
const startsWithLetter = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const value = `(${qualified})?`;
const key = '[-._a-zA-Z0-9]+';

const underscoredLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscored = String.raw`${underscoredLabel}(\.${underscoredLabel})*`;

const underscoredPattern = new RegExp(`^${underscored}$`);
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const startsWithLetterPattern = new RegExp(`^${startsWithLetter}$`);
const qualifiedPattern = new RegExp(`^${qualified}$`);
const valuePattern = new RegExp(`^${value}$`);
const keyPattern = new RegExp(`^${key}$`);

/** A rule with its examples and its regular expression, as Kubernetes tells them. */
export function patternText(rule: string, pattern: string, examples: readonly string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`;
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}
const labelText = patternText(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  ['my-name', '123-abc'],
);
const subdomainText = patternText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  ['example.com'],
);
const underscoredText = patternText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  underscored,
  ['example.com'],
);
const startsWithLetterText = patternText(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  startsWithLetter,
  ['my-name', 'abc-123'],
);
const qualifiedText = patternText(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualified,
  ['MyName', 'my.name', '123-abc'],
);
const valueText = patternText(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  value,
  ['MyValue', 'my_value', '12345'],
);
const keyText = patternText("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", key, [
  'key.name',
  'KEY_NAME',
  'key-name',
]);

function longerThan(text: string, max: number): readonly string[] {
  return text.length > max ? [`must be no more than ${max} characters`] : none;
}
function ruled(text: string, rule: { max: number; pattern: RegExp; broken: string }): readonly string[] {
  const length = longerThan(text, rule.max);
  return rule.pattern.test(text) ? length : [...length, rule.broken];
}

/** A label of a DNS name (RFC 1123): namespaces, containers, volumes. */
export const dnsLabel: NameRule = (text) =>
  ruled(text, { max: 63, pattern: labelPattern, broken: subdomainPattern.test(text) ? 'must not contain dots' : labelText });
/** A DNS name: most objects. */
export const dnsSubdomain: NameRule = (text) => ruled(text, { max: 253, pattern: subdomainPattern, broken: subdomainText });
/** A domain that names are looked up in, which may have underscores too. */
export const searchDomain: NameRule = (text) => ruled(text, { max: 253, pattern: underscoredPattern, broken: underscoredText });
/** A DNS label that starts with a letter (RFC 1035): services. */
export const dnsServiceLabel: NameRule = (text) => ruled(text, { max: 63, pattern: startsWithLetterPattern, broken: startsWithLetterText });
export const labelValue: NameRule = (text) => ruled(text, { max: 63, pattern: valuePattern, broken: valueText });

/** The key of a label or annotation: a name, with or without a DNS name and a slash in front. */
export const qualifiedName: NameRule = (text) => {
  const slash = text.indexOf('/');
  if (slash !== text.lastIndexOf('/')) {
    return [`a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const broken = slash < 0 ? [] : prefixErrors(text.slice(0, slash));
  const name = text.slice(slash + 1);
  if (name === '') broken.push('name part must be non-empty');
  else if (name.length > 63) broken.push('name part must be no more than 63 characters');
  if (!qualifiedPattern.test(name)) broken.push(`name part ${qualifiedText}`);
  return broken;
};
function prefixErrors(prefix: string): string[] {
  return prefix === '' ? ['prefix part must be non-empty'] : dnsSubdomain(prefix).map((rule) => `prefix part ${rule}`);
}

/** A key of a ConfigMap or Secret. */
export const dataKey: NameRule = (text) => {
  const broken = ruled(text, { max: 253, pattern: keyPattern, broken: keyText });
  if (text === '.') return [...broken, "must not be '.'"];
  if (text === '..') return [...broken, "must not be '..'"];
  return text.startsWith('..') ? [...broken, "must not start with '..'"] : broken;
};
/** Printable ASCII without `=`, as relaxed in Kubernetes 1.34. */
export const environmentName: NameRule = (text) => {
  if (text === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(text)
    ? none
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};
/** The name of a port (IANA service name). */
export const portName: NameRule = (text) => {
  const broken = [...longerThan(text, 15)];
  if (!/^[-a-z0-9]+$/.test(text)) broken.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(text)) broken.push('must contain at least one letter (a-z)');
  if (text.includes('--')) broken.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) broken.push('must not begin or end with a hyphen');
  return broken;
};
export const portNumber = (port: number): readonly string[] =>
  Number.isInteger(port) && port >= 1 && port <= 65535 ? none : ['must be between 1 and 65535, inclusive'];

/** For names that only may not break a URL path. */
export const pathSegment: NameRule = (text) => {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((part) => text.includes(part)).map((part) => `may not contain '${part}'`);
};
