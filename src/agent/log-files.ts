import { access, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Pod } from '../api/kinds.generated.ts';
import { missingIs } from './volumes/missing.ts';

/** `<logs>/<namespace>_<pod>_<uid>`, as a kubelet lays them out, so that log shippers read them as they are. */
export function logFolder(logDirectory: string, pod: Readonly<Pod>): string {
  return join(logDirectory, `${pod.metadata.namespace ?? ''}_${pod.metadata.name}_${pod.metadata.uid ?? ''}`);
}

/** The file of one run: `<folder of the pod>/<container>/<attempt>.log`; the first attempt is 0. */
export function logFileOf(logDirectory: string, pod: Readonly<Pod>, run: { container: string; attempt: number }): string {
  return join(logFolder(logDirectory, pod), run.container, `${run.attempt}.log`);
}

/** Removes the files of runs before the previous one. */
export async function removeOldRuns(logFile: string, attempt: number): Promise<void> {
  const folder = dirname(logFile);
  const names = await readdir(folder).catch(missingIs<string[]>([]));
  const old = names.filter((name) => /^\d+\.log/.test(basename(name)) && Number.parseInt(name, 10) < attempt - 1);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

/** Removes the logs of pods that are not wanted. */
export async function removeStrangeLogs(logDirectory: string, isWanted: (uid: string) => boolean): Promise<void> {
  const names = await readdir(logDirectory).catch(missingIs<string[]>([]));
  const strange = names.filter((name) => {
    const uid = /^[^_]+_[^_]+_([0-9a-f-]{36})$/.exec(name)?.[1];
    return uid !== undefined && !isWanted(uid);
  });
  await Promise.all(strange.map((name) => rm(join(logDirectory, name), { recursive: true, force: true })));
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
