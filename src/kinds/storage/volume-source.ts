import type { PersistentVolumeSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import { diskErrors, fibreErrors, iscsiErrors, quobyteErrors } from '../pod/block-volumes.ts';
import { backstepErrors } from '../pod/paths.ts';
import type { Sent } from '../sent.ts';
import { driverNameErrors } from './driver.ts';

type Spec = Sent<PersistentVolumeSpec>;
type Check = (spec: Spec, at: string) => FieldError[];

const partitionText = 'must be between 0 and 255, inclusive';
const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

const need = (at: string, fields: Readonly<Record<string, string | readonly string[] | undefined>>): FieldError[] =>
  Object.entries(fields).flatMap(([name, value]) => ((value ?? '').length === 0 ? [required(`${at}.${name}`)] : []));
const partition = (value: number | undefined, at: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 255) ? [invalidValue(`${at}.partition`, value, partitionText)] : [];

/** The sources of a PersistentVolume in upstream's order, each with what is wrong with it (kubernetes v1.35, ValidatePersistentVolumeSpec). */
const sources: readonly (readonly [field: keyof Spec, check: Check])[] = [
  ['hostPath', ({ hostPath }, at) => hostPathErrors(hostPath ?? {}, at)],
  [
    'gcePersistentDisk',
    ({ gcePersistentDisk: disk }, at) => [
      ...need(at.replace('gceP', 'p'), { pdName: disk?.pdName }),
      ...partition(disk?.partition, at.replace('gceP', 'p')),
    ],
  ],
  [
    'awsElasticBlockStore',
    ({ awsElasticBlockStore: disk }, at) => [...need(at, { volumeID: disk?.volumeID }), ...partition(disk?.partition, at)],
  ],
  ['glusterfs', ({ glusterfs }, at) => need(at, { endpoints: glusterfs?.endpoints, path: glusterfs?.path })],
  ['flocker', ({ flocker }, at) => flockerErrors(flocker ?? {}, at)],
  ['nfs', ({ nfs }, at) => nfsErrors(nfs ?? {}, at)],
  ['rbd', ({ rbd }, at) => need(at, { monitors: rbd?.monitors, image: rbd?.image })],
  ['quobyte', ({ quobyte }, at) => quobyteErrors((quobyte ?? {}) as never, at)],
  ['cephfs', ({ cephfs }, at) => need(at, { monitors: cephfs?.monitors })],
  ['iscsi', ({ iscsi }, at) => iscsiErrors((iscsi ?? {}) as never, at)],
  ['cinder', ({ cinder }, at) => [...need(at, { volumeID: cinder?.volumeID }), ...secretErrors(cinder?.secretRef, `${at}.secretRef`)]],
  ['fc', ({ fc }, at) => fibreErrors((fc ?? {}) as never, at)],
  ['flexVolume', ({ flexVolume }, at) => need(at, { driver: flexVolume?.driver })],
  ['azureFile', ({ azureFile }, at) => azureFileErrors(azureFile ?? {}, at)],
  ['vsphereVolume', ({ vsphereVolume }, at) => need(at, { volumePath: vsphereVolume?.volumePath })],
  ['photonPersistentDisk', ({ photonPersistentDisk }, at) => need(at, { pdID: photonPersistentDisk?.pdID })],
  ['portworxVolume', ({ portworxVolume }, at) => need(at, { volumeID: portworxVolume?.volumeID })],
  ['azureDisk', ({ azureDisk }, at) => diskErrors((azureDisk ?? {}) as never, at)],
  ['scaleIO', ({ scaleIO }, at) => need(at, { gateway: scaleIO?.gateway, system: scaleIO?.system, volumeName: scaleIO?.volumeName })],
  ['local', ({ local, nodeAffinity }, at) => localErrors(local?.path ?? '', nodeAffinity !== undefined, at)],
  ['storageos', ({ storageos }, at) => [...storageosErrors(storageos ?? {}, at), ...secretErrors(storageos?.secretRef, `${at}.secretRef`)]],
  ['csi', ({ csi }, at) => csiErrors(csi ?? {}, at)],
];
/** Which fields of a PersistentVolume's spec say where its data are. */
export const sourceFields: readonly (keyof Spec)[] = sources.map(([field]) => field);

/** What is wrong with where the data of a volume are: one place, described in full. */
export function volumeSourceErrors(spec: Spec, path: string): FieldError[] {
  const given = sources.filter(([field]) => spec[field] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  return given.flatMap(([field, check], index) =>
    index === 0 || field === 'flexVolume'
      ? check(spec, `${path}.${field}`)
      : [fieldForbidden(`${path}.${field === 'cephfs' ? 'cephFS' : field}`, 'may not specify more than 1 volume type')],
  );
}

function hostPathErrors({ path = '', type }: NonNullable<Spec['hostPath']>, at: string): FieldError[] {
  if (path === '') return [required(`${at}.path`)];
  const errors = backstepErrors(path, `${at}.path`);
  return type === undefined || hostPathTypes.includes(type) ? errors : [...errors, notSupported(`${at}.type`, type, hostPathTypes)];
}
function nfsErrors({ server, path = '' }: NonNullable<Spec['nfs']>, at: string): FieldError[] {
  const errors = need(at, { server, path });
  return path.startsWith('/') ? errors : [...errors, invalidValue(`${at}.path`, path, 'must be an absolute path')];
}
function localErrors(path: string, placed: boolean, at: string): FieldError[] {
  const errors = path === '' ? [required(`${at}.path`)] : backstepErrors(path, `${at}.path`);
  return placed ? errors : [...errors, required(at.replace(/local$/, 'nodeAffinity'), 'Local volume requires node affinity')];
}
function flockerErrors({ datasetName = '', datasetUUID = '' }: NonNullable<Spec['flocker']>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (datasetName === '' && datasetUUID === '') errors.push(required(at, 'one of datasetName and datasetUUID is required'));
  if (datasetName !== '' && datasetUUID !== '') {
    errors.push(invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  return datasetName.includes('/') ? [...errors, invalidValue(`${at}.datasetName`, datasetName, "must not contain '/'")] : errors;
}
function azureFileErrors({ secretName, shareName, secretNamespace }: NonNullable<Spec['azureFile']>, at: string): FieldError[] {
  const errors = need(at, { secretName, shareName });
  return secretNamespace === '' ? [...errors, required(`${at}.secretNamespace`)] : errors;
}
function storageosErrors({ volumeName = '', volumeNamespace = '' }: NonNullable<Spec['storageos']>, at: string): FieldError[] {
  const errors = volumeName === '' ? [required(`${at}.volumeName`)] : invalidEach(`${at}.volumeName`, volumeName, dnsLabel(volumeName));
  return volumeNamespace === '' ? errors : [...errors, ...invalidEach(`${at}.volumeNamespace`, volumeNamespace, dnsLabel(volumeNamespace))];
}
interface SecretRef {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}
function secretErrors(secret: SecretRef | undefined, at: string): FieldError[] {
  return secret === undefined ? [] : need(at, { name: secret.name, namespace: secret.namespace });
}
function csiErrors(csi: NonNullable<Spec['csi']>, at: string): FieldError[] {
  const errors = [...driverNameErrors(`${at}.driver`, csi.driver ?? ''), ...need(at, { volumeHandle: csi.volumeHandle })];
  for (const field of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const) {
    const secret = csi[field];
    if (secret === undefined) continue;
    const { name = '', namespace = '' } = secret;
    errors.push(...(name === '' ? [required(`${at}.${field}.name`)] : invalidEach(`${at}.${field}.name`, name, dnsSubdomain(name))));
    errors.push(
      ...(namespace === ''
        ? [required(`${at}.${field}.namespace`)]
        : invalidEach(`${at}.${field}.namespace`, namespace, dnsLabel(namespace))),
    );
  }
  return errors;
}
