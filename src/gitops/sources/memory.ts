import { createHash } from 'node:crypto';
import { timestamp, type Clock } from '../../base/clock.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import type { Artifact, ArtifactFile, SourceCommit, SourceHistory, SourceSpec, Sources } from '../source.ts';
import { cleanPath, isUnder, pathNotFound, quoted } from './paths.ts';
import { isRange, highestMatch } from './version-range.ts';

export type MemoryOperation = 'resolve' | 'at' | 'list' | 'read';
export interface MemoryCommit {
  readonly id: string;
  readonly parent: string | undefined;
  /** Further parents. */
  readonly merged?: readonly string[];
  readonly files: ReadonlyMap<string, string>;
  readonly author: string;
  readonly subject: string;
  readonly committedAt: string;
}
interface Repository {
  readonly commits: Map<string, MemoryCommit>;
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
}

/**
 * Repositories in memory, for tests and simulations: no I/O at all, so the same calls give the same ids and the same order.
 * `fail` answers the error that the next operation ends with, or undefined.
 */
export class MemorySource implements Sources, SourceHistory {
  readonly kind = 'memory';
  fail: ((operation: MemoryOperation, repo: string) => Error | undefined) | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #repositories = new Map<string, Repository>();
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Adds a commit to a branch and tells the watchers. A file given as null is removed. Answers the commit's id. */
  commit(
    repo: string,
    changes: Readonly<Record<string, string | null>>,
    options: { branch?: string; message?: string; author?: string; from?: string; merged?: readonly string[] } = {},
  ): string {
    const { branch = 'main', message = 'change', author = 'Test <test@example.org>' } = options;
    const repository = this.#repositories.get(repo) ?? { commits: new Map(), branches: new Map(), tags: new Map() };
    this.#repositories.set(repo, repository);
    const parent = options.from ?? repository.branches.get(branch);
    const files = new Map<string, string>(parent === undefined ? [] : repository.commits.get(parent)?.files);
    for (const [path, text] of Object.entries(changes)) {
      if (text === null) files.delete(cleanPath(path));
      else files.set(cleanPath(path), text);
    }
    const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    const id = sha1(JSON.stringify([repo, parent, repository.commits.size, message, [...sorted]]));
    const subject = message.split('\n')[0] ?? '';
    const merged = options.merged === undefined ? {} : { merged: options.merged };
    repository.commits.set(id, { id, parent, ...merged, files: sorted, author, subject, committedAt: timestamp(this.#clock) });
    repository.branches.set(branch, id);
    this.touch(repo);
    return id;
  }

  tag(repo: string, name: string, commit: string): void {
    this.#repositories.get(repo)?.tags.set(name, commit);
    this.touch(repo);
  }

  /** Points a branch at a commit, as a forced push does. */
  move(repo: string, branch: string, commit: string): void {
    this.#repositories.get(repo)?.branches.set(branch, commit);
    this.touch(repo);
  }

  /** The repository vanishes. */
  remove(repo: string): void {
    this.#repositories.delete(repo);
    this.touch(repo);
  }

  /** Tells the watchers that there may be something new. */
  touch(repo: string): void {
    for (const changed of [...(this.#watchers.get(repo) ?? [])]) changed();
  }

  async resolve(spec: SourceSpec, signal: AbortSignal): Promise<Artifact> {
    await this.#step('resolve', spec.repo, signal);
    const repository = this.#repository(spec.repo);
    const id = findRevision(repository, spec.revision === '' ? 'main' : spec.revision);
    if (id === undefined) throw this.#notFound(spec, repository);
    return this.#artifact(spec, repository, id);
  }

  async at(spec: SourceSpec, commit: string, signal: AbortSignal): Promise<Artifact> {
    await this.#step('at', spec.repo, signal);
    const repository = this.#repository(spec.repo);
    if (!repository.commits.has(commit)) throw this.#notFound({ ...spec, revision: commit }, repository);
    return this.#artifact(spec, repository, commit);
  }

  async history(spec: SourceSpec, limit: number, signal: AbortSignal): Promise<readonly SourceCommit[]> {
    const { commit } = await this.resolve(spec, signal);
    const out: SourceCommit[] = [];
    const { commits } = this.#repository(spec.repo);
    for (let next = commits.get(commit); next !== undefined && out.length < limit; next = commits.get(next.parent ?? '')) {
      const { id, parent, merged = [], author, subject, committedAt } = next;
      out.push({ commit: id, parents: parent === undefined ? [] : [parent, ...merged], author, subject, committedAt });
    }
    return out;
  }

  watch(spec: SourceSpec, changed: () => void): Disposable & { readonly how: string } {
    const watchers = this.#watchers.get(spec.repo) ?? new Set();
    this.#watchers.set(spec.repo, watchers);
    const own = () => changed();
    watchers.add(own);
    return { how: 'told by the source', [Symbol.dispose]: () => void watchers.delete(own) };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    return Promise.resolve();
  }

  async #step(operation: MemoryOperation, repo: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const error = this.fail?.(operation, repo);
    if (error !== undefined) throw error;
    await Promise.resolve();
  }

  #repository(repo: string): Repository {
    const found = this.#repositories.get(repo);
    if (found === undefined) throw new ReconcileError('FetchFailed', `there is no repository ${quoted(repo)}`);
    return found;
  }

  #notFound(spec: SourceSpec, repository: Repository): ReconcileError {
    const near = [...repository.branches.keys(), ...repository.tags.keys()].map(quoted).join(', ');
    return new ReconcileError('RevisionNotFound', `${quoted(spec.repo)} has no revision ${quoted(spec.revision)}; it has ${near}`);
  }

  #artifact(spec: SourceSpec, repository: Repository, id: string): Artifact {
    const commit = repository.commits.get(id) as MemoryCommit;
    const name = spec.revision === '' ? 'main' : spec.revision;
    const revision = `${name === id ? '' : `${name}@`}sha1:${id}`;
    const under = (path: string) => {
      const clean = cleanPath(path);
      const files = [...commit.files].filter(([file]) => isUnder(file, clean));
      if (files.length === 0 && clean !== '')
        throw pathNotFound(clean, revision, [...new Set([...commit.files.keys()].map((file) => file.split('/')[0] as string))]);
      return files;
    };
    return {
      revision,
      commit: id,
      author: commit.author,
      subject: commit.subject,
      committedAt: commit.committedAt,
      digest: async (path) => {
        await this.#step('list', spec.repo);
        const clean = cleanPath(path);
        return sha1(JSON.stringify(under(path).map(([file, text]) => [file.slice(clean.length), text])));
      },
      list: async (path) => {
        await this.#step('list', spec.repo);
        return under(path).map(([file, text]): ArtifactFile => ({
          path: file,
          digest: blobId(Buffer.from(text)),
          sizeBytes: Buffer.byteLength(text),
        }));
      },
      read: async (paths) => {
        await this.#step('read', spec.repo);
        return paths.map((path) => {
          const text = commit.files.get(cleanPath(path));
          if (text === undefined) throw pathNotFound(path, revision, []);
          return Buffer.from(text);
        });
      },
      materialise: () =>
        Promise.reject(new ReconcileError('SourceRefused', 'a repository in memory has no folder on disk', { retry: false })),
    };
  }
}

function findRevision(repository: Repository, name: string): string | undefined {
  const named = repository.branches.get(name) ?? repository.tags.get(name);
  if (named !== undefined) return named;
  if (isRange(name)) {
    const tag = highestMatch(name, [...repository.tags.keys()]);
    return tag === undefined ? undefined : repository.tags.get(tag);
  }
  const ids = [...repository.commits.keys()].filter((id) => name.length >= 4 && id.startsWith(name));
  return ids.length === 1 ? ids[0] : undefined;
}

/** The id that Git gives a blob of these bytes. */
export function blobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
