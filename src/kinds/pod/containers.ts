import type { Container, PodSpec, SecurityContext, VolumeMount } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { absent, duplicate, fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsLabel, portName, portNumber } from '../names.ts';
import { environmentErrors } from './environment.ts';
import { probeErrors } from './probes.ts';
import { resourceErrors } from './resources.ts';
import { backsteps } from './volumes.ts';

/** What is wrong with the containers and init containers of a pod (kubernetes v1.35, validateContainers). */
export function containersErrors(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  if (spec.containers.length === 0) errors.push(required(`${path}.containers`));
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      const at = `${path}.${list}[${index}]`;
      errors.push(...nameErrors(container.name, names, `${at}.name`), ...containerErrors(container, volumes, at));
      errors.push(...portListErrors(container, { hostPorts, hostNetwork: spec.hostNetwork === true }, `${at}.ports`));
      if (list === 'initContainers') errors.push(...initErrors(container, at));
    }
    if (list === 'containers') hostPorts.clear();
  }
  return errors;
}

function nameErrors(name: string, seen: Set<string>, at: string): FieldError[] {
  const errors = name === '' ? [required(at)] : invalidEach(at, name, dnsLabel(name));
  if (seen.has(name)) errors.push(duplicate(at, name));
  seen.add(name);
  return errors;
}

function containerErrors(container: Container, volumes: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const image = container.image ?? '';
  if (image === '') errors.push(required(`${at}.image`));
  else if (image.trim() !== image) errors.push(invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  if (container.env !== undefined || container.envFrom !== undefined) errors.push(...environmentErrors(container, at));
  if (container.volumeMounts !== undefined) errors.push(...mountErrors(container.volumeMounts, { volumes, container }, at));
  errors.push(...probeErrors(container, at), ...resourceErrors(container.resources, `${at}.resources`));
  if (container.securityContext !== undefined) errors.push(...securityErrors(container.securityContext, `${at}.securityContext`));
  return errors;
}

function portListErrors(container: Container, pod: { hostPorts: Set<string>; hostNetwork: boolean }, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of (container.ports ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      errors.push(...invalidEach(`${at}.name`, port.name, portName(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.hostPort) continue;
    errors.push(...invalidEach(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
    const taken = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
    if (pod.hostPorts.has(taken)) errors.push(duplicate(`${at}.hostPort`, taken));
    pod.hostPorts.add(taken);
    if (pod.hostNetwork && port.hostPort !== port.containerPort) {
      errors.push(invalidValue(`${at}.containerPort`, port.containerPort, 'must match `hostPort` when `hostNetwork` is true'));
    }
  }
  return errors;
}

function mountErrors(mounts: readonly VolumeMount[], pod: { volumes: ReadonlySet<string>; container: Container }, path: string) {
  const places = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${path}.volumeMounts[${index}]`;
    const errors: FieldError[] = [];
    if (mount.name === '') errors.push(required(`${at}.name`));
    else if (!pod.volumes.has(mount.name)) errors.push(absent(`${at}.name`, mount.name));
    if (mount.mountPath === '') errors.push(required(`${at}.mountPath`));
    if (places.has(mount.mountPath)) errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    places.add(mount.mountPath);
    if (mount.subPath && mount.subPathExpr) {
      errors.push(invalidValue(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    }
    for (const field of ['subPath', 'subPathExpr'] as const) {
      const value = mount[field];
      if (value?.startsWith('/')) errors.push(invalidValue(`${at}.${field}`, value, 'must be a relative path'));
      if (backsteps(value)) errors.push(invalidValue(`${at}.${field}`, value, "must not contain '..'"));
    }
    if (mount.mountPropagation === 'Bidirectional' && pod.container.securityContext?.privileged !== true) {
      errors.push(fieldForbidden(`${at}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    }
    return errors;
  });
}

/** What runs once before the others has no probes and no hooks, unless it keeps running beside them. */
function initErrors(container: Container, at: string): FieldError[] {
  if (container.restartPolicy === 'Always') return [];
  const forbidden = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter(
    (field) => container[field] !== undefined,
  );
  return forbidden.map((field) => fieldForbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
}

function securityErrors(context: SecurityContext, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['runAsUser', 'runAsGroup'] as const) errors.push(...idErrors(context[field], `${at}.${field}`));
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) {
      errors.push(invalidValue(at, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    }
    if (context.capabilities?.add?.some((one) => one === 'CAP_SYS_ADMIN') === true) {
      errors.push(invalidValue(at, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  return errors;
}
/** A user or group id of the system. */
export function idErrors(id: number | undefined, at: string): FieldError[] {
  const good = id === undefined || (id >= 0 && id <= 2147483647);
  return good ? [] : [invalidValue(at, id, 'must be between 0 and 2147483647, inclusive')];
}
