import type { Kind, KubeObject, ObjectKey, WatchEvent } from '../api/object.ts';
import type { Operation } from 'fast-json-patch';

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  /** Further query parameters, of servers that know more. */
  parameters?: Readonly<Record<string, string>>;
}
export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  subresource?: 'status' | 'scale' | 'binding' | 'eviction' | 'finalize' | 'token';
  signal?: AbortSignal;
}
export interface DeleteOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  uid?: string;
  resourceVersion?: string;
  graceSeconds?: number;
  dryRun?: boolean;
}
export interface ObjectList<T> {
  items: readonly T[];
  resourceVersion: string;
  continue?: string;
}
export interface LogOptions {
  container?: string;
  follow?: boolean;
  previous?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  timestamps?: boolean;
  signal: AbortSignal;
}

export interface Reader {
  /** Frozen. A `scale` is asked for by the kind that has it, and is of the kind Scale. @throws StatusError NotFound */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: { subresource?: 'status' | 'scale' }): Promise<Readonly<T>>;
  /** Frozen items. @throws StatusError Expired for a continue token that is too old */
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<ObjectList<Readonly<T>>>;
  /** Changes after `resourceVersion`, until `signal`. @throws StatusError Expired when that is gone */
  watch<T extends KubeObject>(
    kind: Kind<T>,
    resourceVersion: string,
    options: ListOptions & { signal: AbortSignal },
  ): AsyncIterable<WatchEvent<Readonly<T>>>;
}
export interface Writer {
  /** @throws StatusError AlreadyExists, Invalid */
  create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<Readonly<T>>;
  /** @throws StatusError Conflict when the object's resourceVersion is stale */
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<Readonly<T>>;
  /** RFC 7386 (an object) or RFC 6902 (a list of operations). */
  patch<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: MergePatch | readonly Operation[],
    options?: WriteOptions,
  ): Promise<Readonly<T>>;
  /** Server-side apply. @throws StatusError Conflict, one cause per field another manager owns */
  apply<T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options: WriteOptions & { fieldManager: string; force?: boolean },
  ): Promise<Readonly<T>>;
  /** Resolves when the deletion is accepted; the object may stay until its finalizers are gone. @throws StatusError NotFound, Conflict */
  delete(kind: Kind, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}
export type MergePatch = { readonly [key: string]: unknown };

export interface Cluster extends Reader, Writer {
  /** The kind of a manifest, from discovery; undefined when this server does not serve it. */
  kindOf(manifest: { apiVersion: string; kind: string }): Promise<Kind | undefined>;
  kinds(): Promise<readonly Kind[]>;
  /** The OpenAPI v3 document of a group version, as served. */
  openapi(group: string, version: string): Promise<unknown>;
  /** Major, minor and gitVersion, as `/version` says. */
  version(): Promise<{ readonly major: string; readonly minor: string; readonly gitVersion: string }>;
  logs(pod: ObjectKey, options: LogOptions): AsyncIterable<Uint8Array>;
}
