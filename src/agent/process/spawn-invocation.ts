import { spawn, type ChildProcess } from 'node:child_process';
import type { Invocation } from './confinement.ts';

/** Starts it in a session of its own. The fourth stream is where it announces itself, if it does. */
export function spawnInvocation({ argv, env, workingDir, announces }: Invocation, stdin: boolean): ChildProcess {
  const [file, ...args] = argv as [string, ...string[]];
  return spawn(file, args, {
    env,
    cwd: workingDir,
    detached: true,
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(announces ? (['pipe'] as const) : [])],
  });
}
