import { apiVersionOf, refOf, refText, type KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Connection } from '../client/connect.ts';
import { discoveredMs } from '../gitops/base-state.ts';
import type { Offline } from './offline.ts';
import { openapiIn, serves, type ClusterProfile } from './profile.ts';

/** Namespaces and kinds first: the others live in them. */
const early = new Set(['Namespace', 'CustomResourceDefinition']);
/** What decides in CEL about all writes. */
const evaluated = new Set(['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy']);
const manager = { fieldManager: 'steer-profile', force: true };

/**
 * Makes a cluster in memory judge as the one of the profile: it has its definitions, policies, quotas and classes, serves no kind that
 * the other does not, and publishes the other's schemas. What the base itself brings (`refText`) is left to it. Answers the cluster with
 * what could not be taken over.
 */
export async function furnished(
  offline: Offline,
  profile: ClusterProfile,
  brought: ReadonlySet<string>,
): Promise<{ offline: Offline; notes: readonly string[] }> {
  const notes: string[] = [...profile.notes];
  const objects = profile.objects.filter((object) => !brought.has(refText(refOf(object))));
  const first = objects.filter(({ kind }) => early.has(kind));
  for (const object of first) await place(offline, object, notes);
  await offline.wait(discoveredMs);
  for (const object of objects) if (!early.has(object.kind)) await place(offline, object, notes);
  for (const { kind, metadata } of objects)
    if (evaluated.has(kind)) notes.push(`${kind} ${metadata.name} is not judged by: policies are evaluated by the cluster alone`);
  return { offline: { ...offline, cluster: disguised(offline.cluster, profile) }, notes };
}

async function place({ cluster }: Offline, object: KubeObject, notes: string[]): Promise<void> {
  const name = `${object.kind} ${object.metadata.name}`;
  const kind = await cluster.kindOf(object);
  if (kind === undefined) {
    notes.push(`${name} of the profile is not judged by: ${object.apiVersion} is not known here`);
    return;
  }
  const { status: _status, metadata, ...rest } = object as KubeObject & { status?: unknown };
  const { managedFields = [], ...own } = metadata;
  try {
    const made = await cluster.apply(kind, { ...rest, metadata: own }, manager);
    // Whose the fields are is what conflicts and adoptions are told by.
    if (managedFields.length > 0) await cluster.update(kind, { ...made, metadata: { ...made.metadata, managedFields } });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    notes.push(`${name} of the profile is not judged by: ${error.message}`);
  }
}

/** Kinds that are built in are there as far as the profile's cluster has them; schemas are those that it published. */
function disguised(cluster: Connection, profile: ClusterProfile): Connection {
  const served = serves(profile);
  const groups = new Set(profile.serves.map(({ group }) => group));
  const own: Pick<Connection, 'kindOf' | 'kinds' | 'openapi'> = {
    kindOf: async (manifest) => {
      const kind = await cluster.kindOf(manifest);
      if (kind === undefined || served(manifest)) return kind;
      return isOwnGroup(kind.group) ? undefined : kind;
    },
    kinds: async () =>
      (await cluster.kinds()).filter((kind) => !isOwnGroup(kind.group) || served({ ...kind, apiVersion: apiVersionOf(kind) })),
    openapi: async (group, version) =>
      (groups.has(group) ? openapiIn(profile, apiVersionOf({ group, version })) : undefined) ?? cluster.openapi(group, version),
  };
  return new Proxy(cluster, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Groups in which a definition of users can bring nothing. */
function isOwnGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}
