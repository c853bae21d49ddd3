import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

export interface Child {
  /** Settles when the store is open; rejects when the child ends before. */
  readonly opened: Promise<void>;
  /** All that it acknowledged, what it complained of, and how it ended. */
  readonly ended: Promise<{ out: string; complaints: string; code: number | null; signal: string | null }>;
  kill(): void;
}

/** Starts child.ts, which acknowledges into the file `acks`; `before` is a program and its arguments to run it under. */
export function startChild(acks: string, args: readonly string[], before: readonly string[] = []): Child {
  const [command = '', ...rest] = [...before, process.execPath, '--import', tsx, program, ...args];
  const file = openSync(acks, 'w');
  const child = spawn(command, rest, { stdio: ['ignore', file, 'pipe', 'pipe'] });
  closeSync(file);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ out: readFileSync(acks, 'utf8'), complaints, code, signal }));
  });
  const opened = new Promise<void>((resolve, reject) => {
    child.stdio[3]?.once('data', () => resolve());
    void ended.then(() => reject(new Error(`the child ended before its store was open: ${complaints}`)));
  });
  opened.catch(() => undefined); // who waits for it is told
  return { opened, ended, kill: () => void child.kill('SIGKILL') };
}
