import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root } from './sources.ts';

/** The program as it is shipped, built from the present sources by the test set-up. */
export const steerProgram = join(root, 'dist/main.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Running {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams in order. */
  output(): string;
  /** Resolves with the output once it matches. Rejects with the output when the process ends first, or nothing matches in 110 s. */
  printed(pattern: RegExp): Promise<string>;
  /** Asks it to end, as Ctrl-C does, and waits. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
  readonly finished: Promise<Finished>;
}
export interface SteerOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Starts `steer` with a home and a state folder inside `cwd`, so that no test sees another's. */
export function startSteer(args: readonly string[], options: SteerOptions): Running {
  const PATH = process.env['PATH'] ?? '';
  const env = {
    PATH,
    HOME: options.cwd,
    XDG_STATE_HOME: join(options.cwd, 'state'),
    XDG_CACHE_HOME: join(options.cwd, 'cache'),
    NO_COLOR: '1',
    ...options.env,
  };
  return startProgram([process.execPath, steerProgram, ...args], { ...options, env });
}

/** Starts a program (the words of its command line) with nothing in its environment but `env`. */
export function startProgram(words: readonly string[], options: SteerOptions): Running {
  const [command = '', ...args] = words;
  const child = spawn(command, args, { cwd: options.cwd, env: { ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // It may end before it has read all.
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  let all = '';
  const listeners = new Set<() => void>();
  const take = (text: string) => {
    all += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (take(text), (stdout += text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (take(text), (stderr += text)));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    output: () => all,
    finished,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(all)) return;
          listeners.delete(check);
          clearTimeout(tooLong);
          resolve(all);
        };
        const missing = (why: string) => new Error(`${words.join(' ')} ${why} ${String(pattern)}:\n${all}`);
        const tooLong = setTimeout(() => reject(missing('has not printed in 110 s')), 110_000);
        listeners.add(check);
        check();
        void finished.then(() => {
          check();
          clearTimeout(tooLong);
          reject(missing('ended before it printed'));
        }, reject);
      }),
    stop: (signal = 'SIGINT') => {
      child.kill(signal);
      return finished;
    },
  };
}

/** Runs `steer` to its end. */
export function steer(args: readonly string[], options: SteerOptions): Promise<Finished> {
  return startSteer(args, options).finished;
}
