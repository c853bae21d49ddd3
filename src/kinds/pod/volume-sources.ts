import type { Volume } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required, tooLong } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import { diskErrors, fibreErrors, iscsiErrors, quobyteErrors } from './block-volumes.ts';
import { claimTemplateErrors } from './claim-template.ts';
import { backstepErrors, descendingErrors, modeErrors } from './paths.ts';
import { downwardFileErrors, itemErrors, projectedErrors } from './projections.ts';

export type SourceName = Exclude<keyof Volume, 'name'>;
type Rules = { readonly [Name in SourceName]: (source: NonNullable<Volume[Name]>, at: string) => FieldError[] };

/** A field for each name that is empty or missing. */
function needed(source: object, at: string, names: readonly string[]): FieldError[] {
  return names.filter((name) => isEmpty((source as Record<string, unknown>)[name])).map((name) => required(`${at}.${name}`));
}
function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
function secretNameErrors(ref: { name?: string } | undefined, at: string): FieldError[] {
  return ref !== undefined && !ref.name ? [required(`${at}.secretRef.name`)] : [];
}
function partitionErrors(partition: number | undefined, at: string): FieldError[] {
  const bad = partition !== undefined && (partition < 0 || partition > 255);
  return bad ? [invalidValue(`${at}.partition`, partition, 'must be between 1 and 255, inclusive')] : [];
}

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

/** What is wrong with each kind of volume, in the order in which they are looked at (kubernetes v1.35, validateVolumeSource). */
export const sourceRules: Rules = {
  emptyDir: ({ sizeLimit }, at) => {
    const bad = sizeLimit !== undefined && compareQuantities(sizeLimit, '0') < 0;
    return bad ? [fieldForbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [];
  },
  hostPath: ({ path, type }, at) => {
    if (!path) return [required(`${at}.path`)];
    const errors = backstepErrors(path, `${at}.path`);
    if (type !== undefined && !hostPathTypes.includes(type)) errors.push(notSupported(`${at}.type`, type, hostPathTypes));
    return errors;
  },
  gitRepo: (source, at) => [...needed(source, at, ['repository']), ...descendingErrors(source.directory ?? '', `${at}.directory`)],
  gcePersistentDisk: (source, at) => [...needed(source, at, ['pdName']), ...partitionErrors(source.partition, at)],
  awsElasticBlockStore: (source, at) => [...needed(source, at, ['volumeID']), ...partitionErrors(source.partition, at)],
  secret: (source, at) => [
    ...needed(source, at, ['secretName']),
    ...modeErrors(source.defaultMode, `${at}.defaultMode`),
    ...itemErrors(source.items, `${at}.items`),
  ],
  nfs: (source, at) => [
    ...needed(source, at, ['server', 'path']),
    ...(source.path?.startsWith('/') ? [] : [invalidValue(`${at}.path`, source.path ?? '', 'must be an absolute path')]),
  ],
  iscsi: iscsiErrors,
  glusterfs: (source, at) => needed(source, at, ['endpoints', 'path']),
  flocker: ({ datasetName, datasetUUID }, at) => {
    const errors: FieldError[] = [];
    if (!datasetName && !datasetUUID) errors.push(required(at, 'one of datasetName and datasetUUID is required'));
    if (datasetName && datasetUUID) {
      errors.push(invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
    }
    if (datasetName?.includes('/')) errors.push(invalidValue(`${at}.datasetName`, datasetName, "must not contain '/'"));
    return errors;
  },
  persistentVolumeClaim: (source, at) => needed(source, at, ['claimName']),
  rbd: (source, at) => needed(source, at, ['monitors', 'image']),
  cinder: (source, at) => [...needed(source, at, ['volumeID']), ...secretNameErrors(source.secretRef, at)],
  cephfs: (source, at) => needed(source, at, ['monitors']),
  quobyte: quobyteErrors,
  downwardAPI: (source, at) => [
    ...modeErrors(source.defaultMode, `${at}.defaultMode`),
    ...(source.items ?? []).flatMap((file) => downwardFileErrors(file, at)),
  ],
  fc: fibreErrors,
  flexVolume: (source, at) => [
    ...needed(source, at, ['driver']),
    ...Object.keys(source.options ?? {})
      .filter((option) => /\.(?:kubernetes|k8s)\.io$/.test(`.${option.toLowerCase().split('/')[0]}`))
      .map((option) => invalidValue(`${at}.options[${option}]`, option, 'kubernetes.io and k8s.io namespaces are reserved')),
  ],
  configMap: (source, at) => [
    ...needed(source, at, ['name']),
    ...modeErrors(source.defaultMode, `${at}.defaultMode`),
    ...itemErrors(source.items, `${at}.items`),
  ],
  azureFile: (source, at) => needed(source, at, ['secretName', 'shareName']),
  vsphereVolume: (source, at) => needed(source, at, ['volumePath']),
  photonPersistentDisk: (source, at) => needed(source, at, ['pdID']),
  portworxVolume: (source, at) => needed(source, at, ['volumeID']),
  azureDisk: diskErrors,
  storageos: ({ volumeName, volumeNamespace, secretRef }, at) => [
    ...(volumeName ? invalidEach(`${at}.volumeName`, volumeName, dnsLabel(volumeName)) : [required(`${at}.volumeName`)]),
    ...(volumeNamespace ? invalidEach(`${at}.volumeNamespace`, volumeNamespace, dnsLabel(volumeNamespace)) : []),
    ...secretNameErrors(secretRef, at),
  ],
  projected: projectedErrors,
  scaleIO: (source, at) => needed(source, at, ['gateway', 'system', 'volumeName']),
  csi: ({ driver, nodePublishSecretRef: secret }, at) => {
    const errors = driverNameErrors(driver ?? '', `${at}.driver`);
    if (secret !== undefined && !secret.name) errors.push(required(`${at}.nodePublishSecretRef.name`));
    else if (secret?.name) errors.push(...invalidEach(`${at}.name`, secret.name, dnsSubdomain(secret.name)));
    return errors;
  },
  ephemeral: ({ volumeClaimTemplate: template }, at) =>
    template === undefined ? [required(`${at}.volumeClaimTemplate`)] : claimTemplateErrors(template, `${at}.volumeClaimTemplate`),
  image: (source, at) => needed(source, at, ['reference']),
};

const longestDriver = 63;
/** What is wrong with the name of a CSI driver (kubernetes v1.35, ValidateCSIDriverName). */
export function driverNameErrors(name: string, at: string): FieldError[] {
  const errors = name === '' ? [required(at)] : [];
  if (name.length > longestDriver) errors.push(tooLong(at, longestDriver));
  return [...errors, ...invalidEach(at, name, dnsSubdomain(name.toLowerCase()))];
}
