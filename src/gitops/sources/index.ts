import type { Source, SourceHistory, SourceLimits, Sources, SourceSpec } from '../source.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { quoted } from './paths.ts';
import { localPath } from './credentials.ts';
import { KeyFiles } from './key-files.ts';
import { DirectorySource } from './directory.ts';
import { GitSource } from './git.ts';
import type { ObjectMemory } from './git-objects.ts';
import { gitDirectories } from './local-repository.ts';
import type { WatchAround } from './watch.ts';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

export interface SourcesOptions extends WatchAround {
  /** Where mirrors and scratch files stand; made when needed. Two processes may share it. */
  readonly directory: string;
  /** The environment of the user; only PATH, proxies, certificates and the ssh agent are taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<SourceLimits>;
  /** See MirrorOptions. */
  readonly freshMs?: number;
  /** See GitSourceOptions. */
  readonly memoryOf?: (commonDir: string) => Promise<ObjectMemory>;
}

/** All kinds of sources. A folder on this machine that is no repository is a directory; all else is kept by Git. */
export function openSources(options: SourcesOptions): Sources & SourceHistory {
  const git = new GitSource(options);
  const directory = new DirectorySource(options);
  const keys = new KeyFiles(options.directory, options.clock);
  const choose = async (spec: SourceSpec): Promise<Source> => ((await isPlainFolder(spec)) ? directory : git);
  return {
    resolve: async (spec, signal) => (await options.clock.outside(choose(spec))).resolve(await keys.withFiles(spec), signal),
    at: async (spec, commit, signal) => (await options.clock.outside(choose(spec))).at(await keys.withFiles(spec), commit, signal),
    history: async (spec, limit, signal) => {
      if (await options.clock.outside(isPlainFolder(spec)))
        throw new ReconcileError('RevisionNotFound', `${quoted(spec.repo)} is a folder and no Git repository, so it has no history`, {
          retry: false,
        });
      return git.history(await keys.withFiles(spec), limit, signal);
    },
    watch: (spec, changed) => watchChosen(choose(spec), { spec: keys.withFiles(spec), changed }),
    close: async () => {
      await git.close();
      await directory.close();
      await keys.close();
    },
  };
}

async function isPlainFolder(spec: SourceSpec): Promise<boolean> {
  const local = localPath(spec.repo);
  if (local === undefined) return false;
  const path = resolve(local);
  const folder = await stat(path).catch(() => undefined);
  return folder?.isDirectory() === true && (await gitDirectories(path)) === undefined;
}

/** The choice needs the disk, and a watch is handed out at once. */
function watchChosen(
  choice: Promise<Source>,
  wanted: { spec: Promise<SourceSpec>; changed: () => void },
): Disposable & { readonly how: string } {
  let watching: (Disposable & { readonly how: string }) | undefined;
  let ended = false;
  Promise.all([choice, wanted.spec])
    .then(([source, spec]) => {
      if (!ended) watching = source.watch(spec, wanted.changed);
    })
    .catch(() => wanted.changed()); // An address that is refused: whoever resolves it now hears why.
  return {
    get how() {
      return watching?.how ?? 'about to be watched';
    },
    [Symbol.dispose]: () => {
      ended = true;
      watching?.[Symbol.dispose]();
    },
  };
}
