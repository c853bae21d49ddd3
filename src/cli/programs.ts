import { execFile } from 'node:child_process';
import type { Environment } from './environment.ts';

/** A program ended with another code than 0. */
export class ProgramFailed extends Error {
  constructor(command: string, stderr: string, options: { cause?: unknown } = {}) {
    super(`\`${command}\` failed: ${stderr.trim()}`, options);
    this.name = 'ProgramFailed';
  }
}

/** Runs git in a folder without the user's configuration. Answers what it printed. @throws ProgramFailed, Error when git is not installed */
export async function git(environment: Environment, folder: string, args: readonly string[]): Promise<string> {
  const { PATH, TMPDIR } = environment.variables;
  const env = { PATH, ...(TMPDIR === undefined ? {} : { TMPDIR }), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };
  return new Promise((resolve, reject) => {
    execFile('git', ['-C', folder, ...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === 'ENOENT') return reject(new Error('git is not installed or not on the PATH', { cause: error }));
      reject(new ProgramFailed(`git ${args.join(' ')}`, stderr, { cause: error }));
    });
  });
}
