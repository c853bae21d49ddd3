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
  /** The private key itself; stands for a file while the source is open. */
  readonly sshKey?: string;
  /** The lines themselves. */
  readonly knownHosts?: string;
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
/** One step of a branch. */
export interface SourceCommit {
  readonly commit: string;
  /** The first of them is the branch itself; what else there is was merged. */
  readonly parents: readonly string[];
  readonly author: string;
  readonly subject: string;
  readonly committedAt: string;
}
/** Tells how a branch came to be. */
export interface SourceHistory {
  /**
   * The commits of a revision and of its first parents, newest first, at most `limit`. A clone that was cut off ends where it was cut:
   * its last commit names a parent that is not there. @throws ReconcileError as `resolve`
   */
  history(spec: SourceSpec, limit: number, signal: AbortSignal): Promise<readonly SourceCommit[]>;
}
/** All kinds of sources behind one face: the spec decides which one answers. */
export interface Sources extends Omit<Source, 'kind'> {
  /** Ends every process and watch. */
  close(): Promise<void>;
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
  /** Of a folder only: for how long nothing in it had changed when it was read. Nothing is pruned until that is 2 s. */
  readonly stillMs?: number;
  /** Digest of everything under the path: equal digests hold equal files. @throws ReconcileError PathNotFound */
  digest(path: string): Promise<string>;
  /** By path, in code point order. @throws ReconcileError PathNotFound, SourceRefused (links that leave the path, limits) */
  list(path: string): Promise<readonly ArtifactFile[]>;
  /** Many files in one go, in the order asked. @throws ReconcileError PathNotFound, SourceRefused (a file over the limit) */
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
  /** What is no ordinary file: links are never followed and submodules never fetched, so neither can be read. */
  readonly special?: 'link' | 'submodule';
}
/** What a source refuses to carry. */
export interface SourceLimits {
  /** Of one file that is read; default 5 MiB. */
  readonly fileBytes: number;
  /** Of all files under the path; default 100 MiB. */
  readonly totalBytes: number;
  /** Under the path; default 20,000. */
  readonly files: number;
}
export const defaultSourceLimits: SourceLimits = { fileBytes: 5 * 2 ** 20, totalBytes: 100 * 2 ** 20, files: 20_000 };
