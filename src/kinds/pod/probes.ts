import type { Container, Lifecycle, LifecycleHandler, Probe } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { portName, portNumber } from '../names.ts';

/** What is wrong with a container's probes and hooks (kubernetes v1.35, validateProbe, validateLifecycle). */
export function probeErrors(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (probe === undefined) continue;
    const at = `${path}.${name}`;
    errors.push(...handlerErrors(probe, at), ...timingErrors(probe, at, name));
  }
  if (container.lifecycle !== undefined) errors.push(...lifecycleErrors(container.lifecycle, `${path}.lifecycle`));
  return errors;
}

function timingErrors(probe: Probe, at: string, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name === 'readinessProbe') {
    if (probe.terminationGracePeriodSeconds !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, detail));
    }
    return errors;
  }
  if (probe.successThreshold !== 1) errors.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    const detail = 'must be greater than 0';
    errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, detail));
  }
  return errors;
}

function lifecycleErrors(lifecycle: Lifecycle, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (lifecycle.postStart !== undefined) errors.push(...handlerErrors(lifecycle.postStart, `${path}.postStart`));
  if (lifecycle.preStop !== undefined) errors.push(...handlerErrors(lifecycle.preStop, `${path}.preStop`));
  return errors;
}

function handlerErrors(handler: Probe & LifecycleHandler, at: string): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const kind of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (handler[kind] === undefined) continue;
    count += 1;
    if (count > 1) errors.push(fieldForbidden(`${at}.${kind}`, 'may not specify more than 1 handler type'));
    else errors.push(...actionErrors[kind](handler, `${at}.${kind}`));
  }
  if (count === 0) errors.push(required(at, 'must specify a handler type'));
  return errors;
}
type Action = (handler: Probe & LifecycleHandler, at: string) => FieldError[];
const actionErrors: Readonly<Record<'exec' | 'httpGet' | 'tcpSocket' | 'grpc' | 'sleep', Action>> = {
  exec: ({ exec }, at) => ((exec?.command ?? []).length === 0 ? [required(`${at}.command`)] : []),
  httpGet: ({ httpGet }, at) => [
    ...(httpGet?.path ? [] : [required(`${at}.path`)]),
    ...portErrors(httpGet?.port ?? 0, `${at}.port`),
    ...(httpGet?.httpHeaders ?? []).flatMap(({ name }, index) => headerErrors(name, `${at}.httpHeaders[${index}]`)),
  ],
  tcpSocket: ({ tcpSocket }, at) => portErrors(tcpSocket?.port ?? 0, `${at}.port`),
  grpc: () => [],
  sleep: ({ sleep }, at) => {
    const seconds = sleep?.seconds ?? 0;
    return seconds < 0 ? [invalidValue(at, seconds, 'must be greater than 0 and less than terminationGracePeriodSeconds (30)')] : [];
  },
};
function headerErrors(name: string, at: string): FieldError[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  const rule =
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
  return [invalidValue(at, name, rule)];
}

/** A port by number or by name. */
export function portErrors(port: number | string, at: string): FieldError[] {
  return invalidEach(at, port, typeof port === 'number' ? portNumber(port) : portName(port));
}
