import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { ReconcileError } from '../../reconcile/controller.ts';
import { GitObjects, type ObjectMemory } from './git-objects.ts';
import { quoted } from './paths.ts';
import type { Repository } from './repository.ts';
import { Listeners, pollEvery, watchFiles, type Watch, type WatchAround } from './watch.ts';

/** Where a repository on this machine keeps its things; of a worktree the two differ. */
export interface GitDirectories {
  /** Holds HEAD. */
  readonly gitDir: string;
  /** Holds objects, refs and packed-refs. */
  readonly commonDir: string;
}

/** The repository at a path (bare, ordinary, a worktree, a submodule's checkout); undefined where the path is none. */
export async function gitDirectories(path: string): Promise<GitDirectories | undefined> {
  const inside = join(path, '.git');
  const kind = await kindOf(inside);
  const gitDir = kind === 'folder' ? inside : kind === 'file' ? await pointedAt(inside, path) : path;
  if ((await kindOf(join(gitDir, 'HEAD'))) !== 'file') return undefined;
  const common = (await readFile(join(gitDir, 'commondir'), 'utf8').catch(absent))?.trim();
  const commonDir = common === undefined ? gitDir : resolve(gitDir, common);
  return (await kindOf(join(commonDir, 'objects'))) === 'folder' ? { gitDir, commonDir } : undefined;
}
/** A `.git` file says `gitdir: PATH`. */
async function pointedAt(file: string, folder: string): Promise<string> {
  const text = (await readFile(file, 'utf8')).trim();
  const to = text.replace(/^gitdir:\s*/, '');
  return isAbsolute(to) ? to : resolve(folder, to);
}
async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(absent);
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'file';
}
/** @throws what is not the expected absence */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** A repository on this machine, read in place: nothing is copied, and a commit is there as soon as git has made it. */
export function openLocalRepository(
  path: string,
  { gitDir, commonDir }: GitDirectories,
  options: { environment: Readonly<Record<string, string>>; around: WatchAround; memory?: ObjectMemory | undefined },
): Repository {
  const shown = quoted(path);
  const { around, environment } = options;
  let identity: string | undefined;
  let objects = new GitObjects({ gitDir, environment }, options.memory);
  const watched = ['HEAD', 'packed-refs', 'refs', 'reftable'];
  const ignored = (file: string) => {
    if (file === gitDir || file === commonDir) return false;
    if (file.endsWith('.lock')) return true;
    const folder = file.startsWith(`${gitDir}/`) && (gitDir === commonDir || !file.startsWith(`${commonDir}/refs`)) ? gitDir : commonDir;
    return !watched.includes(file.slice(folder.length + 1).split('/')[0] as string);
  };
  const place = async (): Promise<string | undefined> => {
    const found = await stat(join(commonDir, 'objects')).catch(absent);
    return found === undefined ? undefined : `${found.dev}:${found.ino}`;
  };
  const listeners: Listeners = new Listeners(() => {
    const refs = watchFiles({ paths: [...new Set([gitDir, commonDir])], ignored, what: 'refs' }, listeners, around);
    return withPlace(refs, { place, listeners, around });
  });
  return {
    shown,
    get objects() {
      return objects;
    },
    refresh: async (signal) => {
      signal.throwIfAborted();
      const now = await place();
      if (now === undefined) throw new ReconcileError('FetchFailed', `there is no repository at ${shown} any more`);
      // Another repository at the same path: what the running processes know is of the old one.
      if (identity !== undefined && identity !== now) {
        objects[Symbol.dispose]();
        objects = new GitObjects({ gitDir, environment });
        listeners.restart();
      }
      identity = now;
    },
    open: () => Promise.resolve(),
    prepare: () => Promise.resolve(),
    bring: () => Promise.resolve(),
    watch: (changed, intervalMs) => listeners.add(changed, intervalMs),
    close: () => {
      listeners.close();
      objects[Symbol.dispose]();
    },
  };
}

interface PlaceWatched {
  /** What is there now; undefined when nothing is. */
  place(): Promise<string | undefined>;
  readonly listeners: Listeners;
  readonly around: WatchAround;
}
/** A repository that is moved away, with the folder it lies in, tells no watch: its place is looked at once per interval. */
function withPlace(refs: Watch, { place, listeners, around }: PlaceWatched): Watch {
  let last = around.clock.outside(place());
  const look = async () => {
    const [before, now] = [await last, await around.clock.outside(place())];
    last = Promise.resolve(now);
    if (now !== before) listeners.tell();
  };
  const polling = pollEvery(listeners, look, around);
  return {
    get how() {
      return refs.how;
    },
    [Symbol.dispose]: () => {
      polling[Symbol.dispose]();
      refs[Symbol.dispose]();
    },
  };
}
