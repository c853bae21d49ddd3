import { constants, homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { realClock, type Clock } from '../base/clock.ts';
import { secureRandom, type Random } from '../base/random.ts';

/** What a command may touch of the outside. Made once, here: nothing below reads the environment, the clock or chance itself. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted at Ctrl-C, SIGTERM and SIGHUP, of which a second one ends the process at once, and when nobody reads what is printed any more. */
  readonly interrupted: AbortSignal;
}

export function processEnvironment(): Environment {
  const interrupted = new AbortController();
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      interrupted.abort(new Error(`ended by ${signal}`));
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      // As a program that SIGPIPE ends (`steer plan | head`), but in good order.
      process.exitCode = 128 + constants.signals.SIGPIPE;
      interrupted.abort(new Error('ended, since nobody reads the output'));
    });
  }
  return {
    variables: process.env,
    directory: process.cwd(),
    home: homedir(),
    clock: realClock(),
    random: secureRandom(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interrupted.signal,
  };
}

/** The folder under which each `steer up` keeps its data directory: `$XDG_STATE_HOME/steer`. */
export function stateHome(environment: Pick<Environment, 'variables' | 'home'>): string {
  const named = environment.variables['XDG_STATE_HOME'];
  return join(named === undefined || named === '' ? join(environment.home, '.local/state') : named, 'steer');
}
/** Where charts are kept: what `STEER_CHART_CACHE` names, then where helm keeps its own (`helm env HELM_REPOSITORY_CACHE`). */
export function chartFolders({ variables, home, directory }: Pick<Environment, 'variables' | 'home' | 'directory'>): string[] {
  const given = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  const named = (given('STEER_CHART_CACHE') ?? '').split(delimiter).filter((folder) => folder !== '');
  const cache = given('XDG_CACHE_HOME') ?? join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache');
  const helm = given('HELM_REPOSITORY_CACHE') ?? join(given('HELM_CACHE_HOME') ?? join(cache, 'helm'), 'repository');
  return [...named, helm].map((folder) => resolve(directory, folder));
}
/** Where mirrors of repositories are kept that no data directory owns: `$XDG_CACHE_HOME/steer`. */
export function cacheHome(environment: Pick<Environment, 'variables' | 'home'>): string {
  const named = environment.variables['XDG_CACHE_HOME'];
  return join(named === undefined || named === '' ? join(environment.home, '.cache') : named, 'steer');
}
