import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../runtime.ts';
import { connectShim, type ShimClient } from './client.ts';
import { placeOf } from './isolated.ts';
import type { ExitNews, ShimSettings } from './protocol.ts';
import { sendSignal } from './processes.ts';
import { writeRecord } from './records.ts';

/** The kernel's limit for the path of a unix socket, with its closing zero, on the narrowest system. */
const longestSocketPath = 103;
const startMs = 10_000;
const pollMs = 5;

/** Where the shim of a folder listens: in the folder, or where its path is too long, in a private folder of a short name. */
export function socketPath(folder: string): string {
  const inside = join(folder, 'shim.sock');
  return Buffer.byteLength(inside) <= longestSocketPath ? inside : join(shortFolder(folder), 'shim.sock');
}
export function shortFolder(folder: string): string {
  return join(tmpdir(), `steer-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

export interface LaunchOptions {
  readonly folder: string;
  readonly settings: ShimSettings;
  /** The program and its arguments, without the folder. */
  readonly shim: readonly string[];
  /** What the shim is run by: namespaces are made before it. */
  readonly wrap: readonly string[];
  readonly clock: Clock;
  exited(news: ExitNews): void;
}

/**
 * Starts a shim in a session of its own and connects to it; it goes on when this process ends. `pid` is what was started, namespaces first.
 * @throws RuntimeError ShimFailed with the last of its complaints when it does not answer within 10 s
 */
export async function launchShim(options: LaunchOptions): Promise<{ client: ShimClient; pid: number }> {
  const { folder, settings, clock } = options;
  mkdirSync(placeOf(folder), { recursive: true, mode: 0o700 });
  if (!settings.socket.startsWith(folder)) mkdirSync(shortFolder(folder), { recursive: true, mode: 0o700 });
  writeRecord(join(folder, 'shim.json'), settings);
  const logPath = join(folder, 'shim.log');
  const complaints = openSync(logPath, 'w', 0o600);
  const [file = process.execPath, ...args] = [...options.wrap, ...options.shim, folder];
  const child = spawn(file, args, { detached: true, stdio: ['ignore', complaints, complaints], env: { PATH: settings.path }, cwd: '/' });
  closeSync(complaints);
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`));
  child.unref();
  const until = clock.now() + startMs;
  while (ended === undefined && clock.now() < until) {
    const client = await connectShim(settings.socket, (news) => options.exited(news));
    if (client !== undefined) return { client, pid: child.pid as number };
    await clock.sleep(pollMs);
  }
  // One that comes too late would hold nothing and be asked by nobody.
  if (ended === undefined && child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL');
  const why = ended ?? `it does not answer after ${startMs / 1000} s`;
  throw new RuntimeError(
    'ShimFailed',
    `cannot start the process that holds containers: ${why}: ${readFileSync(logPath, 'utf8').trim().slice(-500)}`,
  );
}

/** Removes what a shim that has ended may leave. */
export function removeSocket(folder: string): void {
  rmSync(socketPath(folder), { force: true });
  rmSync(shortFolder(folder), { recursive: true, force: true });
}
