import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { git } from './programs.ts';

/**
 * Makes a Git repository from the sample in `folder`, with a name and an address of its own in its configuration.
 * One that is there already is used as it is. Answers whether it is new. @throws Error when the folder holds something else
 */
export async function ensureDemoRepository(environment: Environment, sample: string, folder: string): Promise<boolean> {
  if (existsSync(join(folder, '.git'))) return false;
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} exists and is no Git repository: move it away, or run \`steer up\` on a repository of yours`);
  }
  mkdirSync(folder, { recursive: true });
  cpSync(sample, folder, { recursive: true });
  const run = (...args: string[]) => git(environment, folder, args);
  await run('init', '--quiet', '--initial-branch=main');
  await run('config', 'user.name', 'Steersman demo');
  await run('config', 'user.email', 'demo@steersman.invalid');
  await run('config', 'commit.gpgsign', 'false');
  await run('add', '--all');
  await run('commit', '--quiet', '--message', 'a small shop');
  return true;
}
