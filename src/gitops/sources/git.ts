import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ReconcileError } from '../../reconcile/controller.ts';
import {
  defaultSourceLimits,
  type Artifact,
  type Source,
  type SourceCommit,
  type SourceHistory,
  type SourceLimits,
  type SourceSpec,
} from '../source.ts';
import { localPath, redact, remoteOf, shownRepo } from './credentials.ts';
import { gitArtifact } from './git-artifact.ts';
import type { ObjectMemory } from './git-objects.ts';
import { gitEnvironment } from './git-program.ts';
import { gitDirectories, openLocalRepository } from './local-repository.ts';
import { Mirror } from './mirror.ts';
import { cleanPath, harmless, quoted } from './paths.ts';
import type { Repository } from './repository.ts';
import { checkRevision, findRevision, revisionNotFound } from './revision.ts';
import type { WatchAround } from './watch.ts';

export interface GitSourceOptions extends WatchAround {
  /** Holds mirrors and git's own configuration; made when needed. */
  readonly directory: string;
  /** What git may see of the user's environment (PATH, proxies, the ssh agent); never more. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<SourceLimits>;
  /** See MirrorOptions. */
  readonly freshMs?: number;
  /** What is known already of the repository of this machine that keeps its objects here. */
  readonly memoryOf?: (commonDir: string) => Promise<ObjectMemory>;
}

/** Repositories whose git processes may run at the same time. */
const mostRunning = 32;

/** Repositories kept by Git: on this machine read in place, elsewhere mirrored; one opening for all applications that name it. */
export class GitSource implements Source, SourceHistory {
  readonly kind = 'git';
  readonly #options: GitSourceOptions;
  readonly #limits: SourceLimits;
  readonly #open = new Map<string, Promise<Repository>>();

  constructor(options: GitSourceOptions) {
    this.#options = options;
    this.#limits = { ...defaultSourceLimits, ...options.limits };
  }

  resolve(spec: SourceSpec, signal: AbortSignal): Promise<Artifact> {
    return this.#options.clock.outside(inOneSentence(this.#resolve(spec, signal), spec, signal));
  }

  at(spec: SourceSpec, commit: string, signal: AbortSignal): Promise<Artifact> {
    return this.#options.clock.outside(inOneSentence(this.#at(spec, commit, signal), spec, signal));
  }

  history(spec: SourceSpec, limit: number, signal: AbortSignal): Promise<readonly SourceCommit[]> {
    return this.#options.clock.outside(inOneSentence(this.#history(spec, limit, signal), spec, signal));
  }

  /** A repository that cannot be opened yet is asked for again at the interval. */
  watch(spec: SourceSpec, changed: () => void): Disposable & { readonly how: string } {
    let watching: (Disposable & { readonly how: string }) | undefined;
    let how = localPath(spec.repo) === undefined ? `polling every ${Math.round(spec.intervalMs / 1000)}s` : 'watching refs';
    const stop = new AbortController();
    const begin = async (): Promise<void> => {
      while (!stop.signal.aborted && watching === undefined) {
        try {
          const repository = await this.#options.clock.outside(this.#repository(spec));
          if (!stop.signal.aborted) watching = repository.watch(changed, spec.intervalMs);
        } catch (error) {
          how = `asking every ${Math.round(spec.intervalMs / 1000)}s (${error instanceof Error ? error.message : String(error)})`;
          await this.#options.clock.sleep(spec.intervalMs, { signal: stop.signal, upkeep: true });
          changed();
        }
      }
    };
    begin().catch((error: unknown) => {
      if (!stop.signal.aborted) this.#options.log.error('a source cannot be watched', { error: String(error) });
    });
    return {
      get how() {
        return watching?.how ?? how;
      },
      [Symbol.dispose]: () => {
        stop.abort(new Error('nobody watches any more'));
        watching?.[Symbol.dispose]();
      },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const opening of all) await opening.then((repository) => repository.close()).catch(() => undefined);
  }

  async #resolve(spec: SourceSpec, signal: AbortSignal): Promise<Artifact> {
    signal.throwIfAborted();
    const path = cleanPath(spec.path);
    checkRevision(spec.revision);
    const repository = await this.#repository(spec);
    await repository.refresh(signal, { defaultBranch: spec.revision === '' });
    let found = await findRevision(repository.objects, spec.revision);
    if (found === undefined && isFullId(spec.revision)) {
      await repository.bring(spec.revision, signal);
      found = await findRevision(repository.objects, spec.revision);
    }
    if (found === undefined) throw await revisionNotFound(repository.objects, repository.shown, spec.revision);
    return this.#artifact(repository, { ...found, path }, signal);
  }

  async #history(spec: SourceSpec, limit: number, signal: AbortSignal): Promise<readonly SourceCommit[]> {
    const { commit } = await this.#resolve({ ...spec, path: '' }, signal);
    const { objects } = await this.#repository(spec);
    const out: SourceCommit[] = [];
    for (let next: string | undefined = commit; next !== undefined && out.length < limit;) {
      signal.throwIfAborted();
      const found = await objects.commit(next);
      if (found === undefined) break;
      const { id, parents, author, subject, committedAt } = found;
      out.push({ commit: id, parents, author, subject, committedAt });
      next = parents[0];
    }
    return out;
  }

  async #at(spec: SourceSpec, commit: string, signal: AbortSignal): Promise<Artifact> {
    signal.throwIfAborted();
    if (!isFullId(commit)) throw new ReconcileError('RevisionNotFound', `${quoted(commit)} is no full commit id`, { retry: false });
    const repository = await this.#repository(spec);
    await repository.open();
    if ((await repository.objects.commit(commit)) === undefined) {
      await repository.refresh(signal, { defaultBranch: false });
      if ((await repository.objects.commit(commit)) === undefined) await repository.bring(commit, signal);
    }
    return this.#artifact(repository, { commit, name: '', path: cleanPath(spec.path) }, signal);
  }

  async #artifact(repository: Repository, found: { commit: string; name: string; path: string }, signal: AbortSignal): Promise<Artifact> {
    const { objects } = repository;
    const commit = await objects.commit(found.commit);
    if (commit === undefined) throw await revisionNotFound(objects, repository.shown, found.commit);
    await repository.prepare(commit, found.path, signal);
    return gitArtifact(objects, commit, found.name, {
      clock: this.#options.clock,
      limits: this.#limits,
      scratch: join(this.#options.directory, 'scratch'),
    });
  }

  #repository(spec: SourceSpec): Promise<Repository> {
    const key = JSON.stringify([spec.repo, spec.credentials ?? {}]);
    const known = this.#open.get(key);
    if (known !== undefined) {
      this.#open.delete(key);
      this.#open.set(key, known);
      return known;
    }
    const opening = this.#openRepository(spec);
    this.#open.set(key, opening);
    this.#rest();
    opening.catch(() => this.#open.delete(key));
    return opening;
  }

  /** Ends the processes of what was unused for longest; they start again when they are asked. */
  #rest(): void {
    const idle = [...this.#open.values()].at(-1 - mostRunning);
    idle?.then((repository) => repository.objects[Symbol.dispose]()).catch(() => undefined); // Who opened it heard of its failure.
  }

  async #openRepository(spec: SourceSpec): Promise<Repository> {
    const { directory, clock, random, log } = this.#options;
    const around = { clock, random, log };
    const local = localPath(spec.repo);
    if (local !== undefined) {
      const path = resolve(local);
      const directories = await gitDirectories(path);
      if (directories === undefined) throw new ReconcileError('FetchFailed', `there is no repository at ${quoted(path)}`);
      const memory = await this.#options.memoryOf?.(directories.commonDir);
      return openLocalRepository(path, directories, { environment: await this.#environment(path), around, memory });
    }
    const remote = remoteOf(spec);
    // Who may not fetch a repository must not read it from the mirror of somebody who may.
    const id = createHash('sha256')
      .update(JSON.stringify([remote.url, spec.credentials ?? {}, remote.secrets]))
      .digest('hex')
      .slice(0, 32);
    const gitDir = resolve(directory, 'mirrors', `${id}.git`);
    const { freshMs } = this.#options;
    return new Mirror(remote, {
      gitDir,
      environment: await this.#environment(gitDir),
      around,
      limits: this.#limits,
      ...(freshMs === undefined ? {} : { freshMs }),
    });
  }

  /** Git's whole environment, with a configuration file of ours that trusts exactly the named repository. */
  async #environment(path: string): Promise<Record<string, string>> {
    const home = resolve(this.#options.directory, 'git-home');
    await mkdir(home, { recursive: true, mode: 0o700 });
    const file = join(home, `${createHash('sha256').update(path).digest('hex').slice(0, 16)}.gitconfig`);
    const value = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    await writeFile(file, `[safe]\n\tdirectory = ${value(path)}\n\tdirectory = ${value(join(path, '.git'))}\n`, { mode: 0o600 });
    return gitEnvironment(this.#options.environment, file, home);
  }
}

/** @throws ReconcileError also for what git's own absence or death looks like */
async function inOneSentence<T>(work: Promise<T>, spec: SourceSpec, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ReconcileError || signal.aborted) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const why = /spawn git ENOENT/.test(text)
      ? 'git is not installed, or not on the PATH'
      : harmless(redact(text, [spec.credentials?.token ?? ''])).slice(0, 300);
    throw new ReconcileError('FetchFailed', `${quoted(shownRepo(spec.repo))} cannot be read: ${why}`, { cause: error });
  }
}

function isFullId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
