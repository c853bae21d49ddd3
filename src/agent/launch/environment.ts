import { ConfigMap, Secret, type Container, type EnvFromSource, type EnvVarSource, type Pod } from '../../api/kinds.generated.ts';
import type { Kind, KubeObject } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import type { LoopbackPorts } from '../../api/loopback-ports.ts';
import type { Cluster } from '../../client/cluster.ts';
import { portMeant, portVariables } from './port-variables.ts';
import { fieldValue, resourceValue, type PodFacts } from './downward.ts';
import { RuntimeError } from '../runtime.ts';

/** What an environment may refer to beside the pod itself. */
export interface EnvironmentFacts extends PodFacts {
  readonly cluster: Cluster;
  /** Of the Services that were there at the start; entries of the pod come before them. */
  readonly services: Readonly<Record<string, string>>;
  /** Where pods share an address: what stands for the ports that they name. */
  readonly ports?: LoopbackPorts | undefined;
  /** Keys of a ConfigMap or Secret that name no variable: told as one sentence for each. */
  skipped(sentence: string): void;
}

/**
 * The environment of a container: envFrom, then env in order, `$(NAME)` expanded as Kubernetes does, then what Services give.
 * @throws RuntimeError CreateContainerConfigError, naming what is missing and never a value
 */
export async function environmentOf(pod: Readonly<Pod>, container: Container, facts: EnvironmentFacts): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  const read = reader(pod.metadata.namespace ?? '', facts.cluster);
  const { services, ports } = facts;
  const given = { ...services, ...portVariables(pod, container, ports) };
  for (const from of container.envFrom ?? []) Object.assign(env, await whole(from, { pod, container, facts, read }));
  for (const entry of container.env ?? []) {
    const from = { pod, container, facts, read };
    const value = entry.valueFrom === undefined ? expand(entry.value ?? '', { ...given, ...env }) : await valueFrom(entry.valueFrom, from);
    if (value !== undefined) env[entry.name] = portMeant(entry.name, value, { container, ports });
  }
  return { HOSTNAME: hostnameOf(pod), ...given, ...env };
}

/** What a pod calls itself: as its network does. */
export function hostnameOf(pod: Readonly<Pod>): string {
  const { hostname, hostNetwork, nodeName } = pod.spec ?? {};
  return (hostNetwork === true ? nodeName : hostname) ?? pod.metadata.name;
}

/** Every key of a ConfigMap or Secret, with the prefix; what is no name of a variable is left out and told. */
async function whole(from: EnvFromSource, about: Referring): Promise<Record<string, string>> {
  const { what, name, values } = await valuesOf(from, about);
  const entries = [...values].map(([key, value]) => [`${from.prefix ?? ''}${key}`, value] as const);
  const invalid = entries.map(([variable]) => variable).filter((variable) => !isVariable(variable));
  if (invalid.length > 0) {
    const place = `${about.pod.metadata.namespace ?? ''}/${name}`;
    about.facts.skipped(
      `Keys [${invalid.sort().join(', ')}] from the EnvFrom ${what} ${place} were skipped since they are considered invalid environment variable names.`,
    );
  }
  return Object.fromEntries(entries.filter(([variable]) => isVariable(variable)));
}
interface Values {
  readonly what: string;
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}
async function valuesOf({ configMapRef, secretRef }: EnvFromSource, { read }: Referring): Promise<Values> {
  if (secretRef !== undefined) {
    const { name = '' } = secretRef;
    const data = Object.entries((await read(Secret, name, secretRef.optional))?.data ?? {});
    return { what: 'secret', name, values: new Map(data.map(([key, value]) => [key, decode(value)])) };
  }
  const name = configMapRef?.name ?? '';
  const map = configMapRef === undefined ? undefined : await read(ConfigMap, name, configMapRef.optional);
  return { what: 'configMap', name, values: new Map(Object.entries(map?.data ?? {})) };
}
/** As apimachinery's IsEnvVarName. */
function isVariable(name: string): boolean {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name) && name !== '.' && !name.startsWith('..');
}

type Read = <T extends KubeObject>(kind: Kind<T>, name: string, optional: boolean | undefined) => Promise<Readonly<T> | undefined>;
function reader(namespace: string, cluster: Cluster): Read {
  return async (kind, name, optional) => {
    try {
      return await cluster.get(kind, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (optional === true) return undefined;
      throw new RuntimeError('CreateContainerConfigError', `${kind.plural === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`, {
        cause: error,
      });
    }
  };
}

interface Referring {
  readonly pod: Readonly<Pod>;
  readonly container: Container;
  readonly facts: EnvironmentFacts;
  readonly read: Read;
}

async function valueFrom(source: EnvVarSource, from: Referring): Promise<string | undefined> {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = source;
  if (configMapKeyRef !== undefined) {
    const map = await from.read(ConfigMap, configMapKeyRef.name ?? '', configMapKeyRef.optional);
    return keyed(map?.data?.[configMapKeyRef.key], { ...configMapKeyRef, what: 'ConfigMap' }, from.pod);
  }
  if (secretKeyRef !== undefined) {
    const secret = await from.read(Secret, secretKeyRef.name ?? '', secretKeyRef.optional);
    const value = secret?.data?.[secretKeyRef.key];
    return keyed(value === undefined ? undefined : decode(value), { ...secretKeyRef, what: 'Secret' }, from.pod);
  }
  if (fieldRef !== undefined) {
    const value = fieldValue(from.pod, fieldRef.fieldPath, from.facts);
    if (value === undefined) throw new RuntimeError('CreateContainerConfigError', `unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const value = resourceValue(from.container, resourceFieldRef, from.facts.allocatable);
    if (value === undefined) {
      throw new RuntimeError('CreateContainerConfigError', `unsupported container resource : ${resourceFieldRef.resource}`);
    }
    return value;
  }
  return '';
}

function keyed(
  value: string | undefined,
  reference: { name?: string; key: string; optional?: boolean; what: string },
  pod: Readonly<Pod>,
): string | undefined {
  if (value !== undefined || reference.optional === true) return value;
  const place = `${pod.metadata.namespace ?? ''}/${reference.name ?? ''}`;
  throw new RuntimeError('CreateContainerConfigError', `couldn't find key ${reference.key} in ${reference.what} ${place}`);
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** `$(NAME)` becomes its value where it is known, `$$` is a dollar, all else stays (apimachinery's expansion rules). */
export function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\$|\(([^()]*)\))/g, (all, name: string | undefined) => (name === undefined ? '$' : (known[name] ?? all)));
}
