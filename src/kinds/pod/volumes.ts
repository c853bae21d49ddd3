import type { KeyToPath, PodSpec, ProjectedVolumeSource, Volume } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { isQuantity, compareQuantities } from '../../api/quantity.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsLabel } from '../names.ts';

/** What is wrong with a pod's volumes (kubernetes v1.35, ValidateVolumes). */
export function volumeErrors(spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return (spec.volumes ?? []).flatMap((volume, index) => {
    const at = `${path}.volumes[${index}]`;
    const errors = sourceErrors(volume, at);
    if (volume.name === '') errors.push(required(`${at}.name`));
    else errors.push(...invalidEach(`${at}.name`, volume.name, dnsLabel(volume.name)));
    if (names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    names.add(volume.name);
    return errors;
  });
}

function sourceErrors(volume: Volume, at: string): FieldError[] {
  const sources = Object.keys(volume).filter((field) => field !== 'name');
  const [first, ...others] = sources;
  if (first === undefined) return [required(at, 'must specify a volume type')];
  const errors = others.map((field) => fieldForbidden(`${at}.${field}`, 'may not specify more than 1 volume type'));
  errors.push(...(contentErrors[first]?.(volume, `${at}.${first}`) ?? []));
  return errors;
}

const contentErrors: Readonly<Record<string, (volume: Volume, at: string) => FieldError[]>> = {
  emptyDir: ({ emptyDir }, at) => {
    const limit = emptyDir?.sizeLimit;
    const good = limit === undefined || (isQuantity(limit) && compareQuantities(limit, '0') >= 0);
    return good ? [] : [fieldForbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')];
  },
  hostPath: ({ hostPath }, at) => {
    if (hostPath?.path === '') return [required(`${at}.path`)];
    return backsteps(hostPath?.path) ? [invalidValue(`${at}.path`, hostPath?.path, "must not contain '..'")] : [];
  },
  secret: ({ secret }, at) => [...(secret?.secretName ? [] : [required(`${at}.secretName`)]), ...itemErrors(secret?.items, `${at}.items`)],
  configMap: ({ configMap }, at) => [...(configMap?.name ? [] : [required(`${at}.name`)]), ...itemErrors(configMap?.items, `${at}.items`)],
  persistentVolumeClaim: ({ persistentVolumeClaim }, at) => (persistentVolumeClaim?.claimName ? [] : [required(`${at}.claimName`)]),
  downwardAPI: ({ downwardAPI }, at) => downwardErrors(downwardAPI?.items, `${at}.items`),
  projected: ({ projected }, at) => (projected === undefined ? [] : projectedErrors(projected, at)),
  nfs: ({ nfs }, at) => {
    const errors = nfs?.server ? [] : [required(`${at}.server`)];
    if (!nfs?.path) errors.push(required(`${at}.path`));
    else if (!nfs.path.startsWith('/')) errors.push(invalidValue(`${at}.path`, nfs.path, 'must be an absolute path'));
    return errors;
  },
  csi: ({ csi }, at) => (csi?.driver ? [] : [required(`${at}.driver`)]),
  image: ({ image }, at) => (image?.reference ? [] : [required(`${at}.reference`)]),
};

function projectedErrors(projected: ProjectedVolumeSource, path: string): FieldError[] {
  return (projected.sources ?? []).flatMap((source, index) => {
    const at = `${path}.sources[${index}]`;
    const errors: FieldError[] = [];
    if (source.secret !== undefined) {
      if (!source.secret.name) errors.push(required(`${at}.secret.name`));
      errors.push(...itemErrors(source.secret.items, `${at}.secret.items`));
    }
    if (source.configMap !== undefined) {
      if (!source.configMap.name) errors.push(required(`${at}.configMap.name`));
      errors.push(...itemErrors(source.configMap.items, `${at}.configMap.items`));
    }
    errors.push(...downwardErrors(source.downwardAPI?.items, `${at}.downwardAPI.items`));
    if (source.serviceAccountToken?.path === '') errors.push(required(`${at}.serviceAccountToken.path`));
    if (Object.keys(source).length > 1) errors.push(fieldForbidden(at, 'may not specify more than 1 volume type per source'));
    return errors;
  });
}
function itemErrors(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const errors = item.key === '' ? [required(`${path}[${index}].key`)] : [];
    errors.push(...relativePathErrors(item.path, `${path}[${index}].path`));
    return errors;
  });
}
function downwardErrors(items: readonly { path: string; fieldRef?: object; resourceFieldRef?: object }[] | undefined, path: string) {
  return (items ?? []).flatMap((item, index) => {
    const at = `${path}[${index}]`;
    const errors = relativePathErrors(item.path, `${at}.path`);
    if (item.fieldRef === undefined && item.resourceFieldRef === undefined) {
      errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
    } else if (item.fieldRef !== undefined && item.resourceFieldRef !== undefined) {
      errors.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
    return errors;
  });
}
function relativePathErrors(path: string, at: string): FieldError[] {
  if (path === '') return [required(at)];
  const errors: FieldError[] = [];
  if (path.startsWith('/')) errors.push(invalidValue(at, path, 'must be a relative path'));
  if (backsteps(path)) errors.push(invalidValue(at, path, "must not contain '..'"));
  else if (path.startsWith('..')) errors.push(invalidValue(at, path, "must not start with '..'"));
  return errors;
}
/** True when a part of the path is `..`. */
export function backsteps(path: string | undefined): boolean {
  return path?.split('/').includes('..') === true;
}
