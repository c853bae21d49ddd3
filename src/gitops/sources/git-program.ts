import type { SimpleGitOptions } from 'simple-git';
import type { GitPlace } from './cat-file.ts';

/** Git ended with a code that is not 0. */
export class GitFailure extends Error {
  /** What it wrote; may hold names from the repository and, before `redact`, credentials. */
  readonly output: string;
  readonly exitCode: number;

  constructor(output: string, exitCode: number) {
    super(output);
    this.name = 'GitFailure';
    this.output = output;
    this.exitCode = exitCode;
  }
}
export interface GitRun {
  /** Written to its standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** More environment than the place has: credentials, configuration. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends it when it has received more than this from a remote. */
  readonly receiveLimitBytes?: number;
}

/** No answer for this long means a dead remote. */
const silenceMs = 120_000;
const shared = {
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'core.hooksPath': '/dev/null',
  'init.templateDir': '',
  'credential.helper': '',
};

/**
 * Runs git through simple-git with an explicit environment, and answers its standard output.
 * @throws GitFailure for every exit code but 0; the signal's reason on abort
 */
export async function runGit(place: GitPlace, args: readonly string[], run: GitRun = {}): Promise<string> {
  const { signal, input } = run;
  signal?.throwIfAborted();
  // Most plans read a clone of this machine, which takes no more than `git cat-file`.
  const { simpleGit } = await import('simple-git');
  const environment = { ...place.environment, GIT_DIR: place.gitDir, ...withSettings(shared, run.environment ?? {}) };
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  let tooMuch = false;
  let failure: GitFailure | undefined;
  const failed = (found: GitFailure) => (failure = found);
  const git = simpleGit(options(place, environment, { stop, failed, ...(input === undefined ? {} : { input }) }));
  git.env(environment);
  if (run.receiveLimitBytes !== undefined) {
    const limit = run.receiveLimitBytes;
    git.outputHandler((_command, _stdout, stderr) => {
      stderr.on('data', (chunk: Buffer) => {
        if (received(chunk.toString()) <= limit) return;
        tooMuch = true;
        stop.abort();
      });
    });
  }
  try {
    return await git.raw([...args]);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (tooMuch) throw new GitFailure(tooMuchReceived, 1);
    // simple-git keeps only the text of what the errors plugin answers.
    throw failure ?? error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
/** The output of a run that received more than its limit. */
export const tooMuchReceived = 'received more than the limit';

function options(
  place: GitPlace,
  environment: Readonly<Record<string, string>>,
  { stop, failed, input }: { stop: AbortController; failed: (failure: GitFailure) => void; input?: string },
): Partial<SimpleGitOptions> {
  return {
    baseDir: place.gitDir,
    maxConcurrentProcesses: 1,
    abort: stop.signal,
    timeout: { block: silenceMs },
    allowEnvironment: Object.keys(environment),
    // The environment is made here and in credentials.ts alone, never taken from a repository.
    unsafe: {
      allowUnsafeConfigPaths: true,
      allowUnsafeSshCommand: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeHooksPath: true,
      allowUnsafeTemplateDir: true,
    },
    errors: (error, result) => {
      if (result.exitCode === 0) return error;
      const failure = new GitFailure(
        Buffer.concat([...result.stdErr, ...result.stdOut])
          .toString('utf8')
          .slice(0, 8000),
        result.exitCode,
      );
      failed(failure);
      return failure;
    },
    ...(input === undefined ? {} : { input: () => input }),
  };
}
/** Configuration through the environment, where no process list shows it: `GIT_CONFIG_COUNT` and its pairs. */
export function withSettings(
  settings: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const out: Record<string, string> = { ...environment };
  let count = Number(out['GIT_CONFIG_COUNT'] ?? '0');
  for (const [key, value] of Object.entries(settings)) {
    out[`GIT_CONFIG_KEY_${count}`] = key;
    out[`GIT_CONFIG_VALUE_${count}`] = value;
    count++;
  }
  out['GIT_CONFIG_COUNT'] = String(count);
  return out;
}

const units: Readonly<Record<string, number>> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** Bytes that git's progress line says it received; 0 where it says nothing. */
function received(progress: string): number {
  const all = [...progress.matchAll(/Receiving objects:[^\r\n]*?, ([\d.]+) (bytes|KiB|MiB|GiB)/g)];
  const last = all.at(-1);
  return last === undefined ? 0 : Number(last[1]) * (units[last[2] as string] as number);
}

const passed = [
  'PATH',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** The whole environment of git: a few names of the one handed in, and what makes it quiet, local and repeatable. */
export function gitEnvironment(
  given: Readonly<Record<string, string | undefined>>,
  configFile: string,
  home: string,
): Record<string, string> {
  const out: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: configFile,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: 'https:ssh:file',
  };
  for (const name of passed) if (given[name] !== undefined) out[name] = given[name];
  return out;
}
