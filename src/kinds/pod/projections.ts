import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';
import { filePathErrors, modeErrors } from './paths.ts';
import { fieldRefErrors, resourceRefErrors } from './references.ts';
import { labelSelectorErrors } from './selectors.ts';
import { signerNameErrors } from './signer-name.ts';

/** What is wrong with the files that are made of a ConfigMap or Secret (kubernetes v1.35, validateKeyToPath). */
export function itemErrors(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => oneItemErrors(item, `${path}[${index}]`));
}
function oneItemErrors(item: KeyToPath, at: string): FieldError[] {
  const errors = item.key ? [] : [required(`${at}.key`)];
  if (!item.path) errors.push(required(`${at}.path`));
  return [...errors, ...filePathErrors(item.path ?? '', `${at}.path`), ...modeErrors(item.mode, `${at}.mode`)];
}

const fileFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** What is wrong with a file that shows something of the pod. Upstream tells all files of a volume at one path. */
export function downwardFileErrors(file: DownwardAPIVolumeFile, at: string): FieldError[] {
  const errors = file.path ? [] : [required(`${at}.path`)];
  errors.push(...filePathErrors(file.path ?? '', `${at}.path`));
  if (file.fieldRef !== undefined) {
    errors.push(...fieldRefErrors(file.fieldRef, `${at}.fieldRef`, fileFields));
    if (file.resourceFieldRef !== undefined) {
      errors.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef !== undefined) {
    errors.push(...resourceRefErrors(file.resourceFieldRef, `${at}.resourceFieldRef`, true));
  } else errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...modeErrors(file.mode, `${at}.mode`)];
}

/** What is wrong with a volume of several sources (kubernetes v1.35, validateProjectionSources). */
export function projectedErrors(projected: ProjectedVolumeSource, path: string): FieldError[] {
  const taken = new Set<string>();
  const take = (file: string, shown: string): FieldError[] => {
    if (taken.has(file)) return [invalidValue(path, shown, 'conflicting duplicate paths')];
    taken.add(file);
    return [];
  };
  const errors = modeErrors(projected.defaultMode, `${path}.defaultMode`);
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const at = `${path}.sources[${index}]`;
    errors.push(...keyedErrors(source, at, take));
    for (const file of source.downwardAPI?.items ?? []) {
      errors.push(...downwardFileErrors(file, `${at}.downwardAPI`));
      if (file.path) errors.push(...take(file.path, file.path));
    }
    if (source.serviceAccountToken !== undefined) errors.push(...tokenErrors(source.serviceAccountToken, at, path));
    if (source.clusterTrustBundle !== undefined) {
      errors.push(...bundleErrors(source.clusterTrustBundle, `${at}.clusterTrustBundle`));
      errors.push(...take(source.clusterTrustBundle.path ?? '', source.clusterTrustBundle.path ?? ''));
    }
    if (Object.values(source).filter((one) => one !== undefined).length > 1) {
      errors.push(fieldForbidden(at, 'may not specify more than 1 volume type per source'));
    }
  }
  return errors;
}
function keyedErrors(source: VolumeProjection, at: string, take: (file: string, shown: string) => FieldError[]): FieldError[] {
  return (['secret', 'configMap'] as const).flatMap((field) => {
    const keyed = source[field];
    if (keyed === undefined) return [];
    const errors = keyed.name ? [] : [required(`${at}.${field}.name`)];
    for (const [index, item] of (keyed.items ?? []).entries()) {
      errors.push(...oneItemErrors(item, `${at}.${field}.items[${index}]`), ...(item.path ? take(item.path, keyed.name ?? '') : []));
    }
    return errors;
  });
}

const shortestToken = 600;
const longestToken = 2 ** 32;
function tokenErrors(token: ServiceAccountTokenProjection, at: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = token.expirationSeconds ?? 3600;
  const secondsAt = `${at}.serviceAccountToken.expirationSeconds`;
  if (seconds < shortestToken) errors.push(invalidValue(secondsAt, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > longestToken) errors.push(invalidValue(secondsAt, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!token.path) errors.push(required(`${path}.path`));
  else errors.push(...filePathErrors(token.path, `${path}.path`));
  return errors;
}

function bundleErrors(bundle: ClusterTrustBundleProjection, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) errors.push(invalidValue(at, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (name === '') errors.push(required(`${at}.name`, 'must be a valid object name'));
    const rules = dnsSubdomain(name.slice(name.lastIndexOf(':') + 1));
    errors.push(
      ...invalidEach(
        `${at}.name`,
        name,
        rules.map((rule) => `not a valid clustertrustbundlename: ${rule}`),
      ),
    );
    if (labelSelector !== undefined) {
      errors.push(invalidValue(`${at}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
    }
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${at}.signerName`, 'must be a valid signer name'));
    errors.push(...signerNameErrors(signerName, `${at}.signerName`), ...labelSelectorErrors(labelSelector, `${at}.labelSelector`));
  } else errors.push(required(at, 'either name or signerName must be specified'));
  if (!bundle.path) errors.push(required(`${at}.path`));
  return [...errors, ...filePathErrors(bundle.path ?? '', `${at}.path`)];
}
