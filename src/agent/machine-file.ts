import { readFile } from 'node:fs/promises';

/** What a file says in which the system tells of itself; '' where this machine has no such file or keeps it from us. */
export function machineFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
