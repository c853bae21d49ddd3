/** What to fetch: the `source` of an Application, with credentials resolved. */
export interface SourceSpec {
  /** A URL (https, ssh, file), a path of a repository, or a folder. */
  readonly repo: string;
  /** From the root; '' or '.' is the root itself. */
  readonly path: string;
  /** Branch, tag, semver range or commit; '' is the default branch. */
  readonly revision: string;
  /** How often a remote is asked. */
  readonly intervalMs: number;
  readonly credentials?: SourceCredentials;
}
export interface SourceCredentials {
  readonly sshKeyFile?: string;
  readonly knownHostsFile?: string;
  readonly token?: string;
  readonly username?: string;
  readonly clientCertificateFile?: string;
  readonly clientKeyFile?: string;
  readonly caFile?: string;
}

/** Finds the tree of one revision. One file per way of keeping files. */
export interface Source {
  readonly kind: string;
  /** @throws ReconcileError AuthenticationFailed, FetchFailed, RevisionNotFound, SourceRefused */
  resolve(spec: SourceSpec, signal: AbortSignal): Promise<Artifact>;
  /** A tree that was resolved before, by commit, without asking the remote. @throws ReconcileError RevisionNotFound */
  at(spec: SourceSpec, commit: string, signal: AbortSignal): Promise<Artifact>;
  /**
   * Calls back when there may be something new: a moved ref, a saved file, the poll interval.
   * `how` says in words how it is watched (`watching refs`, `polling every 30s`).
   */
  watch(spec: SourceSpec, changed: () => void): Disposable & { readonly how: string };
}
/** An immutable tree. The digest of a path is over content alone, so an unrelated commit keeps it. */
export interface Artifact {
  /** Reads like `main@sha1:2f7c...`; of a folder `folder@sha256:...`. */
  readonly revision: string;
  /** The full commit id, or the folder's digest. */
  readonly commit: string;
  readonly author: string;
  /** First line of the commit message. */
  readonly subject: string;
  readonly committedAt: string;
  /** Digest of everything under the path: equal digests hold equal files. */
  digest(path: string): Promise<string>;
  list(path: string): Promise<readonly ArtifactFile[]>;
  /** Many files in one go, in the order asked. */
  read(paths: readonly string[]): Promise<readonly Uint8Array[]>;
  /** A folder on disk for a program that needs one; gone after `use`. */
  materialise<T>(path: string, use: (dir: string) => Promise<T>): Promise<T>;
}
export interface ArtifactFile {
  /** From the repository's root. */
  readonly path: string;
  /** The Git blob id. */
  readonly digest: string;
  readonly sizeBytes: number;
}
