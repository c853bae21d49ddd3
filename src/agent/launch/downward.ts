import type { Container, Pod } from '../../api/kinds.generated.ts';
import { milliValue, wholeValue } from '../../api/quantity.ts';

/** What a pod may ask of itself beside its object. */
export interface PodFacts {
  readonly podAddresses: readonly string[];
  readonly hostAddress: string;
  /** Of the node: what a container without a limit may use at most. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The value of a fieldRef; undefined for a path that nothing serves (pkg/fieldpath, ExtractFieldPathAsString). */
export function fieldValue(pod: Readonly<Pod>, path: string, facts: PodFacts): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? '';
  const value = fields[path];
  return value === undefined ? undefined : (value(pod, facts) ?? '');
}
const fields: Readonly<Record<string, (pod: Readonly<Pod>, facts: PodFacts) => string | undefined>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace,
  'metadata.uid': (pod) => pod.metadata.uid,
  'metadata.labels': (pod) => mapText(pod.metadata.labels),
  'metadata.annotations': (pod) => mapText(pod.metadata.annotations),
  'spec.nodeName': (pod) => pod.spec?.nodeName,
  'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName,
  'status.podIP': (_pod, facts) => facts.podAddresses[0],
  'status.podIPs': (_pod, facts) => facts.podAddresses.join(','),
  'status.hostIP': (_pod, facts) => facts.hostAddress,
  'status.hostIPs': (_pod, facts) => facts.hostAddress,
};

/** Labels and annotations as a file: `key="value"`, quoted as Go does, a line each, in order of the keys. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map((key) => `${key}=${quoted(map?.[key] ?? '')}`).join('\n');
}
/** Go's strconv.Quote: what cannot be printed is escaped, all other text stays. */
function quoted(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\v': '\\v',
    '\f': '\\f',
    '\b': '\\b',
    '\x07': '\\a',
  };
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) as number;
    return names[char] ?? (code < 256 ? `\\x${hex(code, 2)}` : code < 65536 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`);
  });
  return `"${escaped}"`;
}
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/**
 * The value of a resourceFieldRef in units of its divisor, rounded up; a limit that is not set is what the node has for pods.
 * Undefined for a resource that nothing serves. @throws QuantityError
 */
export function resourceValue(
  container: Pick<Container, 'resources'>,
  reference: { readonly resource: string; readonly divisor?: string },
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(reference.resource);
  if (match === null) return undefined;
  const [, list, name] = match as unknown as [string, 'limits' | 'requests', string];
  const set = container.resources?.[list]?.[name];
  const amount = set === undefined || wholeValue(set) === 0 ? (list === 'limits' ? (allocatable[name] ?? '0') : (set ?? '0')) : set;
  const divisor = reference.divisor === undefined || reference.divisor === '' || reference.divisor === '0' ? '1' : reference.divisor;
  const value = name === 'cpu' ? milliValue(amount) / milliValue(divisor) : wholeValue(amount) / wholeValue(divisor);
  return String(Math.ceil(value));
}
