import type { ObjectFieldSelector, ResourceFieldSelector } from '../../api/kinds.generated.ts';
import { canonicalQuantity, compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';

/** Paths of pod fields that can be asked for at all (kubernetes v1.35, pkg/apis/core/pods, ConvertDownwardAPIFieldLabel). */
const labels: ReadonlySet<string> = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

/** What is wrong with a field of the pod that a variable or file shows; `allowed` in the order of their names. */
export function fieldRefErrors(ref: ObjectFieldSelector, at: string, allowed: readonly string[]): FieldError[] {
  if (!ref.apiVersion) return [required(`${at}.apiVersion`)];
  if (!ref.fieldPath) return [required(`${at}.fieldPath`)];
  const unknown = conversionFault(ref.apiVersion, ref.fieldPath);
  if (unknown !== undefined) return [invalidValue(`${at}.fieldPath`, ref.fieldPath, `error converting fieldPath: ${unknown}`)];
  const [, path = '', key] = subscript.exec(ref.fieldPath) ?? [];
  if (key !== undefined) {
    if (path === 'metadata.annotations') return invalidEach(at, key.toLowerCase(), qualifiedName(key.toLowerCase()));
    if (path === 'metadata.labels') return invalidEach(at, key, qualifiedName(key));
    return [invalidValue(at, path, 'does not support subscript')];
  }
  const plain = ref.fieldPath === 'spec.host' ? 'spec.nodeName' : ref.fieldPath;
  return allowed.includes(plain) ? [] : [notSupported(`${at}.fieldPath`, plain, allowed)];
}
const subscript = /^(.*)\['(.*)'\]$/;
function conversionFault(apiVersion: string, path: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  const [, of] = subscript.exec(path) ?? [];
  if (of !== undefined) {
    return of === 'metadata.annotations' || of === 'metadata.labels' ? undefined : `field label does not support subscript: ${path}`;
  }
  return labels.has(path) || path === 'spec.host' ? undefined : `field label not supported: ${path}`;
}

const resources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const bytesText = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the";

/** What is wrong with an amount of a container that a variable or file shows; in a file the container must be named. */
export function resourceRefErrors(ref: ResourceFieldSelector, at: string, inFile: boolean): FieldError[] {
  const { resource = '' } = ref as Partial<ResourceFieldSelector>;
  const hugePages = /^(?:limits|requests)\.hugepages-/.test(resource);
  const errors: FieldError[] = [];
  if (inFile && !ref.containerName) errors.push(required(`${at}.containerName`));
  else if (resource === '') errors.push(required(`${at}.resource`));
  else if (!hugePages && !resources.includes(resource)) errors.push(notSupported(`${at}.resource`, resource, resources));
  const rule = divisorRule(resource, ref.divisor ?? '0', hugePages);
  return rule === undefined ? errors : [...errors, invalidValue(`${at}.divisor`, resource, rule)];
}
function divisorRule(resource: string, divisor: string, hugePages: boolean): string | undefined {
  if (compareQuantities(divisor, '0') === 0) return undefined;
  const text = canonicalQuantity(divisor);
  if (resource.endsWith('.cpu')) {
    return text === '1' || text === '1m' ? undefined : "only divisor's values 1m and 1 are supported with the cpu resource";
  }
  if (/^1(?:[kMGTPE]|[KMGTPE]i)?$/.test(text)) return undefined;
  if (resource.endsWith('.memory')) return `${bytesText} memory resource`;
  if (resource.endsWith('.ephemeral-storage')) return `${bytesText} local ephemeral storage resource`;
  return hugePages ? `${bytesText} hugepages resource` : undefined;
}
