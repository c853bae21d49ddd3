import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mark = (dataDir: string): string => join(dataDir, 'keep-pods');

/** Asks the `steer up` of this data directory to leave its pods running when it ends. */
export function askToKeepPods(dataDir: string): void {
  writeFileSync(mark(dataDir), '', { mode: 0o600 });
}

/** Whether that was asked for. */
export function keepsPods(dataDir: string): boolean {
  return existsSync(mark(dataDir));
}

/** What was asked of an earlier `steer up` is not asked of this one: call at the start and at the end. */
export function forgetToKeepPods(dataDir: string): void {
  rmSync(mark(dataDir), { force: true });
}
