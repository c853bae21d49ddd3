import { refOf, refText, type Kind, type KubeObject, type ObjectRef } from '../api/object.ts';
import type { Origin, Phase } from '../api/plan.ts';
import { canonicalJson, isRecord, setOwn } from '../base/json.ts';
import { isSecret, maskManifest } from './mask.ts';
import { orderOf } from './order.ts';
import { shortHash } from './tracking.ts';

/** A manifest as far as a plan needs it; what history keeps of one. */
export interface ManifestLike {
  readonly object: KubeObject;
  readonly origin: Origin;
  /** Git blob id of the file. */
  readonly blob: string;
}
/** One object that should be there. */
export interface Desired {
  readonly manifest: ManifestLike;
  /** Ready to be applied: namespace filled in, nulls dropped, a Secret's stringData folded into data. Frozen. */
  readonly object: KubeObject;
  readonly ref: ObjectRef;
  /** `refText` of the ref. */
  readonly name: string;
  /** Undefined when it comes with a CustomResourceDefinition of the same source. */
  readonly kind: Kind | undefined;
  /** `later`: a CustomResourceDefinition of the same source brings the kind. */
  readonly served: 'yes' | 'later' | 'no';
  readonly phase: Phase;
  readonly wave: number;
  /** Position of its group in the order: things of one group may be done at the same time. */
  readonly group: number;
  /** Hash of the object; for a Secret the blob id stands for its values. */
  readonly digest: string;
}
export interface DesiredSet {
  /** In the order in which they are applied. */
  readonly items: readonly Desired[];
  readonly byName: ReadonlyMap<string, Desired>;
  /** Equal digests ask for the same objects. */
  readonly digest: string;
  readonly cycles: readonly string[];
}

/** What should be there, in order. `kindOf` answers from discovery; the namespace is for objects that name none. */
export async function desiredOf(
  manifests: readonly ManifestLike[],
  options: { namespace: string; kindOf(object: KubeObject): Promise<Kind | undefined> },
): Promise<DesiredSet> {
  const prepared: { object: KubeObject; manifest: ManifestLike; kind: Kind | undefined }[] = [];
  const scopes = customScopes(manifests);
  for (const manifest of manifests) {
    const kind = await options.kindOf(manifest.object);
    const namespaced = kind?.namespaced ?? scopes.get(scopeName(manifest.object)) !== 'Cluster';
    prepared.push({ object: preparedOnce(manifest.object, namespaced ? options.namespace : undefined), manifest, kind });
  }
  const ordered = orderOf(prepared);
  const items = ordered.groups.flatMap((group, index) =>
    group.items.map(({ object, manifest, kind }): Desired => {
      const ref = refOf(object);
      const served = kind !== undefined ? 'yes' : scopes.has(scopeName(object)) ? 'later' : 'no';
      const place = { phase: group.phase, wave: group.wave, group: index };
      return { manifest, object, ref, name: refText(ref), kind, served, ...place, digest: digestOnce(object, manifest.blob) };
    }),
  );
  const parts = items.map((item) => [item.name, item.digest]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return {
    items,
    byName: new Map(items.map((item) => [item.name, item])),
    digest: shortHash(canonicalJson(parts), 32),
    cycles: ordered.cycles,
  };
}

/** By the manifest's object, which the renderer keeps while its file stays the same: a commit that changes one file prepares and hashes one. */
const preparations = new WeakMap<KubeObject, Map<string, KubeObject>>();
function preparedOnce(object: KubeObject, namespace: string | undefined): KubeObject {
  const known = preparations.get(object) ?? new Map<string, KubeObject>();
  preparations.set(object, known);
  const key = namespace ?? '';
  const found = known.get(key) ?? prepare(object, namespace);
  known.set(key, found);
  return found;
}
const digests = new WeakMap<KubeObject, { readonly blob: string; readonly digest: string }>();
function digestOnce(object: KubeObject, blob: string): string {
  const known = digests.get(object);
  if (known?.blob === blob) return known.digest;
  const digest = shortHash(canonicalJson(maskManifest(object, blob)), 32);
  digests.set(object, { blob, digest });
  return digest;
}

/** The object without nulls, in the namespace where it will live, frozen at its top. */
export function prepare(object: KubeObject, namespace: string | undefined): KubeObject {
  const clean = dropNulls(object) as KubeObject;
  const { namespace: named, ...metadata } = clean.metadata;
  const where = namespace === undefined ? undefined : named === undefined || named === '' ? namespace : named;
  const out = { ...clean, metadata: where === undefined ? metadata : { ...metadata, namespace: where } };
  delete (out as { status?: unknown }).status;
  return Object.freeze(isSecret(out) ? foldStringData(out) : out);
}

/** As the server folds it; done here so that ownership is of `data`, which is what is stored. */
function foldStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret as KubeObject & { stringData?: unknown; data?: unknown };
  if (!isRecord(stringData) || (rest.data !== undefined && !isRecord(rest.data))) return secret;
  if (!Object.values(stringData).every((value) => typeof value === 'string')) return secret;
  const data: Record<string, unknown> = { ...rest.data };
  for (const [key, value] of Object.entries(stringData)) setOwn(data, key, Buffer.from(value as string).toString('base64'));
  return { ...rest, data } as KubeObject;
}

/** Members that are null are absent, as Kubernetes reads them; entries of lists stay. */
function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => dropNulls(item));
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null && inner !== undefined) setOwn(out, key, dropNulls(inner));
  return out;
}

function customScopes(manifests: readonly ManifestLike[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const { object } of manifests) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const spec = (object as KubeObject & { spec?: { group?: string; scope?: string; names?: { kind?: string } } }).spec;
    out.set(`${spec?.group}/${spec?.names?.kind}`, spec?.scope ?? '');
  }
  return out;
}
function scopeName(object: KubeObject): string {
  return `${refOf(object).group}/${object.kind}`;
}
