import { spawn, type ChildProcess } from 'node:child_process';
import { RuntimeError } from '../runtime.ts';
import { allProcesses, sendSignal } from './processes.ts';
import { helperEnvironment } from './script.ts';

/** A PID namespace that the containers of a pod share; its first process takes up the exit codes of orphans. */
export interface SharedProcesses {
  /** Path by which the namespace is entered. */
  readonly path: string;
  end(): Promise<void>;
}

const first = 'sleep infinity & echo up; while :; do wait; sleep 1; done';

/** @throws RuntimeError CreatePodSandboxError */
export async function shareProcesses(): Promise<SharedProcesses> {
  const words = ['--pid', '--fork', '--kill-child', '/bin/sh', '-c', first];
  const child = spawn('unshare', words, { env: helperEnvironment, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/', detached: true });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await begun(child);
  const inside = allProcesses().find(({ parent }) => parent === child.pid);
  if (inside === undefined) throw new RuntimeError('CreatePodSandboxError', 'the first process of a pod has ended at once');
  return {
    path: `/proc/${inside.pid}/ns/pid`,
    end: async () => {
      sendSignal(inside.pid, 'SIGKILL');
      await ended;
    },
  };
}

function begun(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new RuntimeError('CreatePodSandboxError', `processes cannot be shared: ${why}`));
    child.stdout?.once('data', () => resolve());
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => fail(`the first one ended with ${code}`));
  });
}
