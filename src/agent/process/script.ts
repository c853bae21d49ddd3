import { spawn } from 'node:child_process';
import { RuntimeError } from '../runtime.ts';

/** What helpers of ours run with: nothing of anybody's environment. */
export const helperEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Runs lines of shell that end at the first failure, with `words` as $1, $2 and so on. Resolves to what they print.
 * @throws RuntimeError CreatePodSandboxError with `what` and the complaint
 */
export function runScript(what: string, script: string, words: readonly string[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-e', '-c', script, 'sh', ...words], {
      env: helperEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
    });
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.once('error', (error) => reject(new RuntimeError('CreatePodSandboxError', `${what}: ${error.message}`, { cause: error })));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString('utf8'));
      const text = Buffer.concat(complaints).toString('utf8').trim().replaceAll('\n', '; ');
      reject(new RuntimeError('CreatePodSandboxError', `${what}: ${text === '' ? `it ended with ${signal ?? code}` : text}`));
    });
  });
}
