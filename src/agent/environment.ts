import { ConfigMap, Secret, type Container, type EnvFromSource, type EnvVarSource, type Pod } from '../api/kinds.generated.ts';
import type { Kind, KubeObject } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { RuntimeError } from './runtime.ts';

/** What an environment may refer to beside the pod itself. */
export interface EnvironmentFacts {
  readonly cluster: Cluster;
  readonly podAddress: string;
  readonly hostAddress: string;
}

/**
 * The environment of a container: envFrom, then env in order, `$(NAME)` expanded as Kubernetes does.
 * @throws RuntimeError CreateContainerConfigError, naming what is missing
 */
export async function environmentOf(pod: Readonly<Pod>, container: Container, facts: EnvironmentFacts): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  const read = reader(pod.metadata.namespace ?? '', facts.cluster);
  for (const from of container.envFrom ?? []) Object.assign(env, await whole(from, read));
  for (const entry of container.env ?? []) {
    const from = { pod, container, facts, read };
    const value = entry.valueFrom === undefined ? expand(entry.value ?? '', env) : await valueFrom(entry.valueFrom, from);
    if (value !== undefined) env[entry.name] = value;
  }
  return env;
}

/** Every key of a ConfigMap or Secret, with the prefix. */
async function whole(from: EnvFromSource, read: Read): Promise<Record<string, string>> {
  const { configMapRef, secretRef, prefix = '' } = from;
  const map = configMapRef === undefined ? undefined : await read(ConfigMap, configMapRef.name ?? '', configMapRef.optional);
  const secret = secretRef === undefined ? undefined : await read(Secret, secretRef.name ?? '', secretRef.optional);
  return Object.fromEntries([
    ...Object.entries(map?.data ?? {}).map(([key, value]) => [prefix + key, value]),
    ...Object.entries(secret?.data ?? {}).map(([key, value]) => [prefix + key, decode(value)]),
  ]) as Record<string, string>;
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
  if (fieldRef !== undefined) return fieldValue(fieldRef.fieldPath, from);
  if (resourceFieldRef !== undefined) return resourceValue(resourceFieldRef.resource, from.container);
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

function fieldValue(path: string, { pod, facts }: Referring): string {
  const keyedMatch = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyedMatch !== null) return pod.metadata[keyedMatch[1] as 'labels' | 'annotations']?.[keyedMatch[2] as string] ?? '';
  const values: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec?.nodeName,
    'spec.serviceAccountName': pod.spec?.serviceAccountName,
    'status.podIP': facts.podAddress,
    'status.podIPs': facts.podAddress,
    'status.hostIP': facts.hostAddress,
    'status.hostIPs': facts.hostAddress,
  };
  if (!(path in values)) throw new RuntimeError('CreateContainerConfigError', `unsupported fieldPath: ${path}`);
  return values[path] ?? '';
}

function resourceValue(resource: string, container: Container): string {
  const [kind, name] = resource.split('.') as [string, string];
  const amounts = kind === 'limits' ? container.resources?.limits : container.resources?.requests;
  return amounts?.[name] ?? '0';
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** `$(NAME)` becomes its value where it is known, `$$` is a dollar, all else stays (apimachinery's expansion rules). */
export function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\$|\(([^()]*)\))/g, (all, name: string | undefined) => (name === undefined ? '$' : (known[name] ?? all)));
}
