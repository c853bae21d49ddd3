import type { AzureDiskVolumeSource, FCVolumeSource, ISCSIVolumeSource, QuobyteVolumeSource } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, notSupported, required } from '../field-errors.ts';

/** Names of iSCSI initiators and targets, by their first three letters. */
const iscsiNames: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.[A-Za-z0-9\-.]+:[^,;*&$|\s]+$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};
const lunRule = 'must be between 0 and 255, inclusive';
const isLun = (lun: number): boolean => lun >= 0 && lun <= 255;

function iscsiNameErrors(name: string, at: string): FieldError[] {
  const pattern = iscsiNames[name.slice(0, 3)];
  if (pattern === undefined) return [invalidValue(at, name, 'must be valid format starting with iqn, eui, or naa')];
  return pattern.test(name) ? [] : [invalidValue(at, name, 'must be valid format')];
}

/** What is wrong with an iSCSI volume, but for the length of its name (kubernetes v1.35, validateISCSIVolumeSource). */
export function iscsiErrors(source: ISCSIVolumeSource, at: string): FieldError[] {
  const errors = source.targetPortal ? [] : [required(`${at}.targetPortal`)];
  errors.push(...(source.iqn ? iscsiNameErrors(source.iqn, `${at}.iqn`) : [required(`${at}.iqn`)]));
  if (!isLun(source.lun ?? 0)) errors.push(invalidValue(`${at}.lun`, source.lun, lunRule));
  if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && source.secretRef === undefined) {
    errors.push(required(`${at}.secretRef`));
  }
  if (source.initiatorName !== undefined) errors.push(...iscsiNameErrors(source.initiatorName, `${at}.initiatorname`));
  return errors;
}

/** What is wrong with a Fibre Channel volume (validateFCVolumeSource). */
export function fibreErrors({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.push(invalidValue(`${at}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (targetWWNs.length > 0 && lun === undefined) errors.push(required(`${at}.lun`, 'lun is required if targetWWNs is specified'));
  else if (targetWWNs.length > 0 && lun !== undefined && !isLun(lun)) errors.push(invalidValue(`${at}.lun`, lun, lunRule));
  return errors;
}

const registryRule = 'must be a host:port pair or multiple pairs separated by commas';
const longestTenant = 64;
/** What is wrong with a Quobyte volume (validateQuobyteVolumeSource). */
export function quobyteErrors({ registry, tenant = '', volume }: QuobyteVolumeSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!registry) errors.push(required(`${at}.registry`, registryRule));
  else if (tenant.length > longestTenant) {
    errors.push(required(`${at}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    const bad = registry.split(',').filter((pair) => !/^(?:[^:[\]]*|\[[^[\]]*\]):[^:]*$/.test(pair));
    errors.push(...bad.map(() => invalidValue(`${at}.registry`, registry, registryRule)));
  }
  return volume ? errors : [...errors, required(`${at}.volume`)];
}

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
/** What is wrong with a disk of Azure (validateAzureDisk). */
export function diskErrors({ diskName, diskURI, cachingMode, kind }: AzureDiskVolumeSource, at: string): FieldError[] {
  const errors = diskName ? [] : [required(`${at}.diskName`)];
  if (!diskURI) errors.push(required(`${at}.diskURI`));
  const cachings = ['None', 'ReadOnly', 'ReadWrite'];
  if (cachingMode !== undefined && !cachings.includes(cachingMode)) errors.push(notSupported(`${at}.cachingMode`, cachingMode, cachings));
  const kinds = ['Dedicated', 'Managed', 'Shared'];
  if (kind === undefined) return errors;
  if (!kinds.includes(kind)) errors.push(notSupported(`${at}.kind`, kind, kinds));
  const [start, form] = kind === 'Managed' ? ['/subscriptions/', managedDisk] : ['https://', blobDisk];
  if (!(diskURI ?? '').startsWith(start)) errors.push(notSupported(`${at}.diskURI`, diskURI ?? '', [form]));
  return errors;
}
