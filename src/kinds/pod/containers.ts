import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import { dnsLabel, portName, portNumber } from '../names.ts';
import { environmentErrors } from './environment.ts';
import { deviceErrors, mountErrors } from './mounts.ts';
import { probeErrors } from './probes.ts';
import { resourceErrors } from './resources.ts';
import { containerSecurityErrors } from './security.ts';
import type { Volumes } from './volumes.ts';

/** What containers share with their pod. */
export interface PodParts {
  readonly spec: PodSpec;
  readonly volumes: Volumes;
  /** Names of the pod's resource claims. */
  readonly claims: ReadonlySet<string>;
  readonly hostUsers: boolean;
}

/** What is wrong with the containers of a pod (kubernetes v1.35, validateContainers). */
export function containersErrors(pod: PodParts, path: string): FieldError[] {
  const { containers = [] } = pod.spec as Partial<PodSpec>;
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const own = commonErrors(container, pod, at);
    if (names.has(container.name)) own.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    return [...own, ...probeErrors(container, at, pod.spec.terminationGracePeriodSeconds), ...restartErrors(container, at)];
  });
  return [...errors, ...hostPortErrors(containers, path)];
}

/** What is wrong with those that run before the others, or beside them from before (validateInitContainers). */
export function initContainersErrors(pod: PodParts, path: string): FieldError[] {
  const names = new Set((pod.spec.containers ?? []).map(({ name }) => name));
  return (pod.spec.initContainers ?? []).flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const errors = [...commonErrors(container, pod, at), ...restartErrors(container, at)];
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    errors.push(...hostPortErrors([container], path));
    if (container.restartPolicy === 'Always') return [...errors, ...probeErrors(container, at, pod.spec.terminationGracePeriodSeconds)];
    const forbidden = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter(
      (field) => container[field] !== undefined,
    );
    const detail = 'may not be set for init containers without restartPolicy=Always';
    return [...errors, ...forbidden.map((field) => fieldForbidden(`${at}.${field}`, detail))];
  });
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const messagePolicies = ['File', 'FallbackToLogsOnError'];

/** What is wrong with a container wherever it stands (validateContainerCommon). */
export function commonErrors(container: Container, pod: PodParts, at: string): FieldError[] {
  const errors = container.name ? invalidEach(`${at}.name`, container.name, dnsLabel(container.name)) : [required(`${at}.name`)];
  if (!container.image) errors.push(required(`${at}.image`));
  errors.push(...choiceErrors(container.terminationMessagePolicy, `${at}.terminationMessagePolicy`, messagePolicies));
  errors.push(...portListErrors(container.ports ?? [], `${at}.ports`), ...environmentErrors(container, at));
  errors.push(...mountErrors(container, pod.volumes, `${at}.volumeMounts`), ...deviceErrors(container, pod.volumes, `${at}.volumeDevices`));
  errors.push(...choiceErrors(container.imagePullPolicy, `${at}.imagePullPolicy`, pullPolicies));
  errors.push(...resourceErrors(container.resources, pod.claims, `${at}.resources`));
  errors.push(...resizeErrors(container.resizePolicy ?? [], `${at}.resizePolicy`, pod.spec.restartPolicy));
  return [...errors, ...containerSecurityErrors(container.securityContext, `${at}.securityContext`, pod.hostUsers)];
}
function choiceErrors(value: string | undefined, at: string, choices: readonly string[]): FieldError[] {
  if (!value) return [required(at)];
  return choices.includes(value) ? [] : [notSupported(at, value, choices)];
}

const protocols = ['SCTP', 'TCP', 'UDP'];
function portListErrors(ports: readonly ContainerPort[], path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    const errors = port.name ? invalidEach(`${at}.name`, port.name, portName(port.name)) : [];
    if (port.name && errors.length === 0) {
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort) errors.push(...invalidEach(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    else errors.push(required(`${at}.containerPort`));
    if (port.hostPort) errors.push(...invalidEach(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
    return [...errors, ...choiceErrors(port.protocol, `${at}.protocol`, protocols)];
  });
}
/** A port of the node is taken once. */
function hostPortErrors(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = '' }, number) => {
      const port = `${protocol}/${hostIP}/${hostPort}`;
      if (hostPort === 0) return [];
      if (taken.has(port)) return [duplicate(`${path}[${index}].ports[${number}].hostPort`, port)];
      taken.add(port);
      return [];
    }),
  );
}

const mostRules = 20;
const mostExitCodes = 255;
const restartPolicies = ['Always', 'Never', 'OnFailure'];
/** What is wrong with when a container alone runs again (validateContainerRestartPolicy). */
function restartErrors({ restartPolicy, restartPolicyRules: rules = [] }: Container, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length > 0) errors.push(required(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!restartPolicies.includes(restartPolicy)) errors.push(notSupported(`${at}.restartPolicy`, restartPolicy, restartPolicies));
  if (rules.length > mostRules) errors.push(tooMany(`${at}.restartPolicyRules`, rules.length, mostRules));
  for (const [index, { action, exitCodes }] of rules.entries()) {
    const here = `${at}.restartPolicyRules[${index}]`;
    if (action !== 'Restart') errors.push(notSupported(`${here}.action`, action ?? '', ['Restart']));
    if (exitCodes === undefined) {
      errors.push(required(`${here}.exitCodes`, 'must be specified'));
      continue;
    }
    const { operator = '', values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn') errors.push(notSupported(`${here}.exitCodes.operator`, operator, ['In', 'NotIn']));
    if (values.length > mostExitCodes) errors.push(tooMany(`${here}.exitCodes.values`, values.length, mostExitCodes));
  }
  return errors;
}

/** What is wrong with how a container takes new amounts. Upstream tells all of it but repetitions at the list. */
function resizeErrors(policies: readonly ContainerResizePolicy[], at: string, restart: string | undefined): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName, restartPolicy }, index) => {
    const errors = seen.has(resourceName) ? [duplicate(`${at}[${index}]`, resourceName)] : [];
    seen.add(resourceName);
    errors.push(...choiceErrors(resourceName, at, ['cpu', 'memory']));
    errors.push(...choiceErrors(restartPolicy, at, ['NotRequired', 'RestartContainer']));
    if (restart === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalidValue(at, restartPolicy ?? '', "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

/** Templates may leave room around the name of an image, pods may not. */
export function imageErrors(containers: readonly Container[] | undefined, path: string): FieldError[] {
  return (containers ?? []).flatMap(({ image = '' }, index) =>
    image.trim() === image ? [] : [invalidValue(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace')],
  );
}
