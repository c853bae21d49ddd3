import { gunzipSync, gzipSync } from 'node:zlib';
import { Secret } from '../api/kinds.generated.ts';
import type { ObjectKey, OwnerReference } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { canonicalJson } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { mapConcurrent } from './concurrent.ts';
import type { Desired, ManifestLike } from './desired.ts';
import { historyLabel, shortHash, trackingValue } from './tracking.ts';

/** A manifest as history keeps it. */
export interface StoredManifest extends ManifestLike {
  /** `refText` of the object. */
  readonly name: string;
  readonly digest: string;
}
/** Part of a list of manifests, named by its content. */
export interface Chunk {
  readonly name: string;
  readonly items: readonly StoredManifest[];
}

/** Chunks aim at half of this, and are stored compressed from here on. */
const fullBytes = 256 * 1024;
const chunkType = 'steersman.dev/manifests';

export function storedManifest(desired: Desired): StoredManifest {
  const { object, name, digest, manifest } = desired;
  return { name, digest, object, origin: manifest.origin, blob: manifest.blob };
}

/**
 * Cuts a list into chunks, by the hash of each name: one changed object changes one chunk, whatever comes or goes elsewhere.
 * A chunk's name is made from digests and blob ids, never from a value of a Secret.
 */
export function chunksOf(application: string, manifests: readonly StoredManifest[]): Chunk[] {
  const total = manifests.reduce((sum, item) => sum + sizeOnce(item.object), 0);
  let buckets = 1;
  while (buckets * (fullBytes / 4) < total) buckets *= 2;
  const parts = new Map<number, StoredManifest[]>();
  for (const item of [...manifests].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const bucket = Number.parseInt(shortHash(item.name, 8), 16) % buckets;
    const part = parts.get(bucket);
    if (part === undefined) parts.set(bucket, [item]);
    else part.push(item);
  }
  return [...parts].sort(([a], [b]) => a - b).map(([, items]) => ({ name: chunkName(application, items), items }));
}
const sizes = new WeakMap<object, number>();
function sizeOnce(object: object): number {
  const known = sizes.get(object) ?? JSON.stringify(object).length;
  sizes.set(object, known);
  return known;
}
function chunkName(application: string, items: readonly StoredManifest[]): string {
  const identity = items.map(({ name, digest, origin, blob }) => [name, digest, origin.path, origin.line, blob]);
  return `${application.slice(0, 200)}-${shortHash(canonicalJson(identity), 16)}`;
}

/** Whose chunks they are. */
export interface ChunkOwner extends ObjectKey {
  readonly reference: OwnerReference;
}

/** Stores the chunks that are not there yet; their values are under the store's encryption, as of any Secret. */
export async function writeChunks(cluster: Cluster, owner: ChunkOwner, chunks: readonly Chunk[]): Promise<void> {
  await mapConcurrent(chunks, 8, async (chunk) => writeData(cluster, owner, { name: chunk.name, key: 'manifests', value: chunk.items }));
}

/** Stores one value under a name that says what is in it: when it is there already, it is the same. */
export async function writeData(cluster: Cluster, owner: ChunkOwner, data: { name: string; key: string; value: unknown }): Promise<void> {
  const json = Buffer.from(JSON.stringify(data.value));
  const large = json.length > fullBytes;
  const body = (large ? gzipSync(json) : json).toString('base64');
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: data.name,
      namespace: owner.namespace,
      labels: { [historyLabel]: trackingValue(owner) },
      ownerReferences: [owner.reference],
    },
    type: chunkType,
    immutable: true,
    data: { [large ? `${data.key}.gz` : data.key]: body },
  };
  try {
    await cluster.create(Secret, secret);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Reads stored values; undefined for one that is gone. */
export async function readData(cluster: Cluster, namespace: string, name: string, key: string): Promise<unknown> {
  try {
    const { data = {} } = await cluster.get(Secret, { namespace, name });
    const plain = data[key];
    if (plain !== undefined) return JSON.parse(Buffer.from(plain, 'base64').toString()) as unknown;
    const packed = data[`${key}.gz`];
    return packed === undefined ? undefined : (JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as unknown);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The manifests of the chunks, by name; chunks are content-addressed, so a cache may keep them for ever. @throws Error when one is gone */
export async function readChunks(
  cluster: Cluster,
  namespace: string,
  names: readonly string[],
  cache: Map<string, readonly StoredManifest[]> = new Map(),
): Promise<readonly StoredManifest[]> {
  const parts = await mapConcurrent(names, 8, async (name) => {
    const known = cache.get(name);
    if (known !== undefined) return known;
    const items = (await readData(cluster, namespace, name, 'manifests')) as readonly StoredManifest[] | undefined;
    if (items === undefined) throw new Error(`the stored manifests ${namespace}/${name} are gone`);
    cache.set(name, items);
    return items;
  });
  return parts.flat();
}
