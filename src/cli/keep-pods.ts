import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mark = (dataDir: string): string => join(dataDir, 'keep-pods');

/** Asks the `steer up` of this data directory to leave its pods running when it ends. */
export function askToKeepPods(dataDir: string): void {
  writeFileSync(mark(dataDir), '', { mode: 0o600 });
}

/** Whether that was asked for; the question is answered once. */
export function keepsPods(dataDir: string): boolean {
  const asked = existsSync(mark(dataDir));
  if (asked) rmSync(mark(dataDir), { force: true });
  return asked;
}
