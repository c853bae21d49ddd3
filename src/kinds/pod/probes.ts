import type { Container, ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, negative, notSupported, required } from '../field-errors.ts';
import { portName, portNumber } from '../names.ts';

/** How long a pod has to end; undefined when that is not known, and then nothing is measured by it. */
type Grace = number | undefined;

/** What is wrong with a container's hooks and probes (kubernetes v1.35, validateLifecycle, validateProbe). */
export function probeErrors(container: Container, path: string, grace: Grace): FieldError[] {
  const errors = container.lifecycle === undefined ? [] : lifecycleErrors(container.lifecycle, `${path}.lifecycle`, grace);
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (probe === undefined) continue;
    const at = `${path}.${name}`;
    errors.push(...handlerErrors(probe, at, grace), ...timingErrors(probe, at));
    if (name !== 'readinessProbe') {
      if (probe.successThreshold !== 1) errors.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
    } else if (probe.terminationGracePeriodSeconds !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, detail));
    }
  }
  return errors;
}

function timingErrors(probe: Probe, at: string): FieldError[] {
  const fields = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;
  const errors = fields.flatMap((field) => negative(`${at}.${field}`, probe[field]));
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds === undefined || seconds > 0) return errors;
  return [...errors, invalidValue(`${at}.terminationGracePeriodSeconds`, seconds, 'must be greater than 0')];
}

function lifecycleErrors(lifecycle: Lifecycle, path: string, grace: Grace): FieldError[] {
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle[hook];
    return handler === undefined ? [] : handlerErrors(handler, `${path}.${hook}`, grace);
  });
}

type Handler = Pick<Probe, 'grpc'> & LifecycleHandler;
function handlerErrors(handler: Handler, at: string, grace: Grace): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const kind of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (handler[kind] === undefined) continue;
    count += 1;
    if (count > 1) errors.push(fieldForbidden(`${at}.${kind}`, 'may not specify more than 1 handler type'));
    else errors.push(...actionErrors(handler, kind, { at: `${at}.${kind}`, grace }));
  }
  return count === 0 ? [required(at, 'must specify a handler type')] : errors;
}
function actionErrors(handler: Handler, kind: keyof Handler, { at, grace }: { at: string; grace: Grace }): FieldError[] {
  if (kind === 'exec') return execErrors(handler.exec as ExecAction, at);
  if (kind === 'httpGet') return httpErrors(handler.httpGet as HTTPGetAction, at);
  if (kind !== 'sleep') return portErrors(handler[kind]?.port ?? 0, `${at}.port`);
  const seconds = handler.sleep?.seconds ?? 0;
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [invalidValue(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}
function execErrors({ command = [] }: ExecAction, at: string): FieldError[] {
  return command.length === 0 ? [required(`${at}.command`)] : [];
}
const headerRule =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
function httpErrors(action: HTTPGetAction, at: string): FieldError[] {
  const errors = action.path ? [] : [required(`${at}.path`)];
  errors.push(...portErrors(action.port ?? 0, `${at}.port`));
  const { scheme = '' } = action;
  if (scheme !== 'HTTP' && scheme !== 'HTTPS') errors.push(notSupported(`${at}.scheme`, scheme, ['HTTP', 'HTTPS']));
  const wrong = (action.httpHeaders ?? []).filter(({ name }) => !/^[-A-Za-z0-9]+$/.test(name));
  return [...errors, ...wrong.map(({ name }) => invalidValue(`${at}.httpHeaders`, name ?? '', headerRule))];
}

/** A port by number or by name. */
export function portErrors(port: number | string, at: string): FieldError[] {
  return invalidEach(at, port, typeof port === 'number' ? portNumber(port) : portName(port));
}
