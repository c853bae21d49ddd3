import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** A program of this machine. */
export interface Program {
  readonly path: string;
  /** Changes when the file does: part of what results are kept by. */
  readonly stamp: string;
}
/** How a program ended. */
export interface Ran {
  /** 0 is success; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** What ended it before its time. */
  readonly ended?: 'time' | 'size';
}
export interface RunOptions {
  readonly cwd: string;
  /** All that it sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly signal: AbortSignal;
}

/** The first executable of that name on a PATH; folders that are not absolute are passed over. */
export async function findProgram(name: string, path: string | undefined): Promise<Program | undefined> {
  for (const folder of (path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, name);
    try {
      await access(file, constants.X_OK);
      const real = await realpath(file);
      const { isFile, size, mtimeMs } = await stat(real).then((found) => ({
        isFile: found.isFile(),
        size: found.size,
        mtimeMs: found.mtimeMs,
      }));
      if (isFile) return { path: file, stamp: `${real}:${size}:${mtimeMs}` };
    } catch {
      // Not in this folder, or not for us: the next one may hold it.
    }
  }
  return undefined;
}

/** Runs a program without a shell. Never throws for how it ends. @throws the signal's reason on abort; Error when it cannot be started */
export function runProgram(program: Program, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, environment, input, timeoutMs, outputBytes, signal } = options;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = execFile(
      program.path,
      [...args],
      { cwd, env: environment, encoding: 'buffer', timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: outputBytes, signal },
      (error, stdout, stderr) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const text = stderr.toString('utf8');
        if (error === null) return resolve({ code: 0, stdout, stderr: text });
        if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return resolve({ code: undefined, stdout, stderr: text, ended: 'size' });
        if (typeof error.code === 'string') return reject(new Error(`${program.path} cannot be run: ${error.message}`, { cause: error }));
        const code = typeof error.code === 'number' ? error.code : undefined;
        resolve(error.killed === true ? { code, stdout, stderr: text, ended: 'time' } : { code, stdout, stderr: text });
      },
    );
    // A program that ends before it has read all of its input closes the pipe: how it ended says more.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
