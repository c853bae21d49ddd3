import { gunzipSync, gzipSync } from 'node:zlib';
import { splitApiVersion, type Kind, type KubeObject } from '../api/object.ts';
import { isRecord } from '../base/json.ts';

/** What a plan must know of a cluster to judge as it would, without reaching it. Holds no Secret. */
export interface ClusterProfile {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'ClusterProfile';
  /** As `/version` says: `v1.33.4`. */
  readonly version: string;
  /** RFC 3339. */
  readonly capturedAt: string;
  /** Where it was read, for people. */
  readonly target: string;
  /** Kinds that can be listed. */
  readonly serves: readonly Kind[];
  /** OpenAPI v3 documents by group version (`apps/v1`, `v1`), each as JSON, gzip and base64. */
  readonly openapi: Readonly<Record<string, string>>;
  /** Definitions of custom kinds, namespaces, quotas, limits, policies and what they read, classes. */
  readonly objects: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  /** Only where they were asked for. */
  readonly workloads: readonly KubeObject[];
  /** What could not be read, and what no plan judges by. */
  readonly notes: readonly string[];
}

/** A profile from the text of its file. @throws Error that says what is wrong with it */
export function readProfile(json: string): ClusterProfile {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    throw new Error(`is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isRecord(content) || content['kind'] !== 'ClusterProfile' || content['apiVersion'] !== 'steersman.dev/v1')
    throw new Error('is no profile of a cluster: make one with `steer capture`');
  const lists = ['serves', 'objects', 'nodes', 'workloads', 'notes'].every((name) => Array.isArray(content[name]));
  if (!lists || !isRecord(content['openapi']) || typeof content['version'] !== 'string')
    throw new Error('the profile is incomplete: make it again with `steer capture`');
  return content as unknown as ClusterProfile;
}

export function packDocument(document: unknown): string {
  return gzipSync(JSON.stringify(document)).toString('base64');
}
/** Undefined where the profile has none. A document larger than 64 MiB is refused. */
export function openapiIn({ openapi }: ClusterProfile, groupVersion: string): unknown {
  const packed = Object.hasOwn(openapi, groupVersion) ? openapi[groupVersion] : undefined;
  if (packed === undefined) return undefined;
  const text = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: 64 * 2 ** 20 }).toString('utf8');
  return JSON.parse(text) as unknown;
}

/** Whether the cluster of the profile serves the kind of a manifest. Groups that it never had are for definitions to bring. */
export function serves(profile: ClusterProfile): (manifest: { apiVersion: string; kind: string }) => boolean {
  const known = new Set(profile.serves.map(({ group, version, kind }) => `${group}/${version}/${kind}`));
  return ({ apiVersion, kind }) => {
    const { group, version } = splitApiVersion(apiVersion);
    return known.has(`${group}/${version}/${kind}`);
  };
}
