import type { Container, VolumeDevice, VolumeMount } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { absent, fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';
import { backsteps, descendingErrors } from './paths.ts';
import type { Volumes } from './volumes.ts';

/** What is wrong with a container's mounts (kubernetes v1.35, ValidateVolumeMounts). */
export function mountErrors(container: Container, volumes: Volumes, path: string): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const places = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const { name = '', mountPath = '' } = mount as Partial<VolumeMount>;
    const errors = name === '' ? [required(`${at}.name`)] : [];
    if (!volumes.has(name)) errors.push(absent(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (places.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    places.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    return [...errors, ...partErrors(mount, at, path), ...propagationErrors(mount, container, path)];
  });
}
/** Which part of the volume is mounted. Upstream tells what is wrong with its path at the list. */
function partErrors({ subPath, subPathExpr }: VolumeMount, at: string, path: string): FieldError[] {
  const errors = subPath ? descendingErrors(subPath, `${path}.subPath`) : [];
  if (!subPathExpr) return errors;
  if (subPath) errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  return [...errors, ...descendingErrors(subPathExpr, `${path}.subPathExpr`)];
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];
const recursions = ['Disabled', 'Enabled', 'IfPossible'];
function propagationErrors(mount: VolumeMount, container: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { mountPropagation: propagation, recursiveReadOnly: recursive } = mount;
  if (propagation !== undefined && !propagations.includes(propagation)) {
    errors.push(notSupported(`${path}.mountPropagation`, propagation, propagations));
  }
  if (propagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(fieldForbidden(`${path}.mountPropagation`, detail));
  }
  if (recursive === undefined || recursive === 'Disabled') return errors;
  const at = `${path}.recursiveReadOnly`;
  if (!recursions.includes(recursive)) return [...errors, notSupported(at, recursive, recursions)];
  if (mount.readOnly !== true) errors.push(fieldForbidden(at, 'may only be specified when readOnly is true'));
  if (propagation === undefined || propagation === 'None') return errors;
  return [...errors, fieldForbidden(at, 'may only be specified when mountPropagation is None or not specified')];
}

/** What is wrong with the block devices of a container (ValidateVolumeDevices). */
export function deviceErrors(container: Container, volumes: Volumes, path: string): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const places = new Set<string>();
  return (container.volumeDevices ?? []).flatMap((device, index) => {
    const at = `${path}[${index}]`;
    const { name = '', devicePath = '' } = device as Partial<VolumeDevice>;
    const errors = [...deviceNameErrors(name, { names, volumes }, `${at}.name`), ...placeErrors(devicePath, places, `${at}.devicePath`)];
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name !== '') names.add(name);
    return errors;
  });
}
function deviceNameErrors(name: string, of: { names: ReadonlySet<string>; volumes: Volumes }, at: string): FieldError[] {
  const errors = name === '' ? [required(at)] : [];
  if (of.names.has(name)) errors.push(invalidValue(at, name, 'must be unique'));
  const volume = of.volumes.get(name);
  if (volume === undefined) return [...errors, absent(at, name)];
  if (volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return errors;
  const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
  return [...errors, invalidValue(at, name, detail)];
}
function placeErrors(place: string, places: Set<string>, at: string): FieldError[] {
  const errors = place === '' ? [required(at)] : [];
  if (places.has(place)) errors.push(invalidValue(at, place, 'must be unique'));
  if (backsteps(place)) return [...errors, invalidValue(at, place, "can not contain backsteps ('..')")];
  places.add(place);
  return errors;
}
