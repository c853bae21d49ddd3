import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReconcileError } from '../../reconcile/controller.ts';
import type { SourceLimits } from '../source.ts';
import type { GitPlace } from './cat-file.ts';
import type { Remote } from './credentials.ts';
import { entryAt } from './git-artifact.ts';
import { fetchError, type About } from './git-errors.ts';
import { GitObjects, type Commit } from './git-objects.ts';
import { GitFailure, runGit, withSettings } from './git-program.ts';
import { absent } from './local-repository.ts';
import { quoted } from './paths.ts';
import type { Repository } from './repository.ts';
import { Listeners, pollEvery, type WatchAround } from './watch.ts';

export interface MirrorOptions {
  /** Where the bare repository stands; made at the first fetch. */
  readonly gitDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly around: WatchAround;
  readonly limits: SourceLimits;
  /** A refresh asked for within this time after one began is served by that one; default 500. */
  readonly freshMs?: number;
}

/** With more packs than this every look-up is slow; history is kept when they are joined. */
const packLimit = 60;
const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
/** Blobs are fetched when a path is prepared. Given by environment only, so that nothing but our fetches ever asks the remote. */
const partial = { 'remote.origin.promisor': 'true', 'remote.origin.partialclonefilter': 'blob:none', 'fetch.writeCommitGraph': 'false' };

/** A bare copy of a remote: all commits and trees, and the blobs of the paths that were prepared. */
export class Mirror implements Repository {
  readonly shown: string;
  readonly objects: GitObjects;
  readonly #remote: Remote;
  readonly #options: MirrorOptions;
  readonly #place: GitPlace;
  readonly #listeners: Listeners;
  readonly #whole = new Set<string>();
  #refs = '';
  #failing = false;
  #last: { readonly begunMs: number; readonly defaultBranch: boolean } | undefined;
  #next: { readonly work: Promise<void>; defaultBranch: boolean } | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(remote: Remote, options: MirrorOptions) {
    this.#remote = remote;
    this.#options = options;
    this.shown = quoted(remote.url);
    this.#place = { gitDir: options.gitDir, environment: { ...options.environment, ...remote.environment } };
    this.objects = new GitObjects({ gitDir: options.gitDir, environment: options.environment });
    this.#listeners = new Listeners(() => pollEvery(this.#listeners, (signal) => this.#poll(signal), options.around));
  }

  /** Everybody who asks while a fetch waits to begin shares it; one that runs already may have missed the newest push. */
  async refresh(signal: AbortSignal, wants: { defaultBranch: boolean }): Promise<void> {
    const { freshMs = 500, around } = this.#options;
    const last = this.#last;
    const enough = last !== undefined && (last.defaultBranch || !wants.defaultBranch);
    if (enough && around.clock.now() - last.begunMs < freshMs) return;
    if (this.#next === undefined) {
      const next = { defaultBranch: wants.defaultBranch, work: Promise.resolve() };
      next.work = this.#inTurn(() => {
        this.#next = undefined;
        return this.#fetch(next.defaultBranch);
      });
      this.#next = next;
    } else if (wants.defaultBranch) this.#next.defaultBranch = true;
    await this.#next.work;
    signal.throwIfAborted();
  }

  open(): Promise<void> {
    return this.#inTurn(() => this.#exists());
  }

  async prepare(commit: Commit, path: string, signal: AbortSignal): Promise<void> {
    const root = await entryAt({ objects: this.objects, commit, revision: commit.id }, path).catch(unlessPathNotFound);
    if (root === undefined || root.kind === 'submodule' || this.#whole.has(root.id)) return;
    await this.#inTurn(async () => {
      const missing = await this.#missingUnder(root.id);
      if (missing.length === 0) return;
      const { limits } = this.#options;
      await this.#git(['fetch', '--progress', '--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin', 'origin'], {
        input: `${missing.join('\n')}\n`,
        signal,
        receiveLimitBytes: limits.totalBytes,
      });
    });
    this.#whole.add(root.id);
    if (this.#whole.size > 10_000) this.#whole.clear();
  }

  async bring(commit: string, signal: AbortSignal): Promise<void> {
    if (!/^[0-9a-f]{40,64}$/.test(commit)) return;
    const fetched = this.#inTurn(async () => {
      await this.#exists();
      await this.#git(['fetch', '--no-tags', '--no-write-fetch-head', '--end-of-options', 'origin', commit], { signal });
    });
    await fetched.catch((error: unknown) => {
      // A remote that has no such commit, or gives none by id: the caller says that it was not found.
      if (!(error instanceof ReconcileError) || error.reason !== 'FetchFailed') throw error;
    });
  }

  watch(changed: () => void, intervalMs: number): Disposable & { readonly how: string } {
    return this.#listeners.add(changed, intervalMs);
  }

  close(): void {
    this.#listeners.close();
    this.objects[Symbol.dispose]();
  }

  /** Listeners also hear once when fetching begins to fail, and when it works again. */
  async #poll(signal: AbortSignal): Promise<void> {
    const failed = this.#failing;
    try {
      await this.refresh(signal, { defaultBranch: true });
    } catch (error) {
      if (signal.aborted) return;
      this.#options.around.log.debug('a poll failed', {
        repo: this.shown,
        reason: error instanceof ReconcileError ? error.reason : 'Unknown',
      });
    }
    if (this.#failing !== failed) this.#listeners.tell();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #fetch(defaultBranch: boolean): Promise<void> {
    const begunMs = this.#options.around.clock.now();
    try {
      await this.#exists();
      const head = defaultBranch ? this.#defaultBranch() : Promise.resolve();
      const fetch = this.#git(['fetch', '--prune', '--prune-tags', '--force', '--no-write-fetch-head', 'origin', ...refspecs]);
      await Promise.all([fetch, head]);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      throw error;
    }
    this.#last = { begunMs, defaultBranch };
    const refs = await runGit(this.#place, ['for-each-ref', '--format=%(objectname) %(refname)']);
    const moved = this.#refs !== '' && this.#refs !== refs;
    this.#refs = refs;
    // Whoever fetched: the others who watch hear of it too.
    if (moved) this.#listeners.tell();
    await this.#joinPacks();
  }

  async #defaultBranch(): Promise<void> {
    const said = await this.#git(['ls-remote', '--symref', 'origin', 'HEAD']);
    const branch = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(said)?.[1];
    if (branch !== undefined) await runGit(this.#place, ['symbolic-ref', 'HEAD', branch]);
  }

  async #missingUnder(id: string): Promise<string[]> {
    const said = await runGit(this.#place, ['rev-list', '--objects', '--no-object-names', '--missing=print', id]);
    return said
      .split('\n')
      .filter((line) => line.startsWith('?'))
      .map((line) => line.slice(1));
  }

  async #git(args: readonly string[], run: { input?: string; signal?: AbortSignal; receiveLimitBytes?: number } = {}): Promise<string> {
    const environment = withSettings(partial, this.#remote.environment);
    try {
      return await runGit(this.#place, args, { ...run, environment });
    } catch (error) {
      if (error instanceof GitFailure && (await this.#unlock(error))) return runGit(this.#place, args, { ...run, environment });
      throw fetchError(error, this.#about());
    }
  }
  #about(): About {
    return { shown: this.shown, secrets: this.#remote.secrets, usesSsh: 'GIT_SSH_COMMAND' in this.#remote.environment };
  }

  /** A lock that a killed process left behind would stop every fetch for ever. One that is younger may be somebody's. */
  async #unlock(failure: GitFailure): Promise<boolean> {
    const lock = /Unable to create '([^']+\.lock)': File exists/.exec(failure.output)?.[1];
    if (lock === undefined || !lock.startsWith(`${this.#options.gitDir}/`)) return false;
    const found = await stat(lock).catch(absent);
    if (found !== undefined && this.#options.around.clock.now() - found.mtimeMs < 60_000) return false;
    await rm(lock, { force: true });
    return true;
  }

  /** The mirror's folder, made beside and moved into place, so that it is never half there. */
  async #exists(): Promise<void> {
    const { gitDir, environment } = this.#options;
    if ((await stat(join(gitDir, 'HEAD')).catch(absent)) !== undefined) return;
    const fresh = `${gitDir}.new`;
    await rm(fresh, { recursive: true, force: true });
    await rm(gitDir, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await runGit({ gitDir: fresh, environment }, ['init', '--quiet', '--bare']);
    await runGit({ gitDir: fresh, environment }, ['config', 'remote.origin.url', this.#remote.url]);
    await writeFile(join(fresh, 'description'), `mirror of ${this.#remote.url}\n`);
    await mkdir(dirname(gitDir), { recursive: true });
    await rename(fresh, gitDir);
  }

  async #joinPacks(): Promise<void> {
    const packs = (await readdir(join(this.#options.gitDir, 'objects/pack')).catch(absent)) ?? [];
    if (packs.filter((name) => name.endsWith('.pack')).length <= packLimit) return;
    await this.#git(['repack', '-a', '-d', '-k', '-q']);
  }
}

/** Whoever reads the path hears that it is not there. */
function unlessPathNotFound(error: unknown): undefined {
  if (!(error instanceof ReconcileError) || error.reason !== 'PathNotFound') throw error;
}
