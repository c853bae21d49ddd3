import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ContainerRecord, PodListing, PodRecord } from './protocol.ts';

/**
 * What a shim's folder holds:
 * `shim.json` its settings, `shim.log` its complaints, `cgroups.json` where its control groups are, `mnt` an empty mount point,
 * `pods/<uid>/pod.json` a PodRecord,
 * `pods/<uid>/<container>.<attempt>.json` a ContainerRecord, `pods/<uid>/work` where a plain pod works.
 */
export function podFolder(folder: string, uid: string): string {
  return join(folder, 'pods', uid);
}
export function workFolder(folder: string, uid: string): string {
  return join(podFolder(folder, uid), 'work');
}

/** Writes a whole JSON file or leaves the old one. */
export function writeRecord(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
/** The JSON of a file that this module wrote; undefined where there is none. */
export function readRecord(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

export function writePod(folder: string, pod: PodRecord): void {
  writeRecord(join(podFolder(folder, pod.uid), 'pod.json'), pod);
}
export function writeContainer(folder: string, container: ContainerRecord): void {
  writeRecord(containerFile(folder, container), container);
}
function containerFile(folder: string, container: ContainerRecord): string {
  return join(podFolder(folder, container.podUid), `${container.container}.${container.attempt}.json`);
}

/** Every pod on disk with its containers, oldest attempt first. A folder whose pod was never written whole is removed. */
export function readPods(folder: string): PodListing[] {
  const parent = join(folder, 'pods');
  if (!existsSync(parent)) return [];
  const out: PodListing[] = [];
  for (const uid of readdirSync(parent).sort()) {
    const pod = readRecord(join(parent, uid, 'pod.json')) as PodRecord | undefined;
    if (pod === undefined) rmSync(join(parent, uid), { recursive: true, force: true });
    else out.push({ pod, notGiven: [], open: false, containers: readContainers(join(parent, uid)) });
  }
  return out;
}
function readContainers(path: string): ContainerRecord[] {
  return readdirSync(path)
    .filter((name) => name.endsWith('.json') && name !== 'pod.json')
    .map((name) => readRecord(join(path, name)) as ContainerRecord)
    .sort((a, b) => (a.container < b.container ? -1 : a.container > b.container ? 1 : a.attempt - b.attempt));
}

/** Forgets a run of a container and its output. */
export function removeContainer(folder: string, container: ContainerRecord): void {
  rmSync(containerFile(folder, container), { force: true });
  removeLogs(container.logFile);
}
/** The logs stay: they are read as long as the pod's object is there, and the agent removes them with it. */
export function removePodFolder(folder: string, listing: PodListing): void {
  rmSync(podFolder(folder, listing.pod.uid), { recursive: true, force: true });
}

/** The log with its rotated parts, then the folders that this leaves empty, two levels up: container and pod. */
function removeLogs(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    if (name === basename(path) || name.startsWith(`${basename(path)}.`)) rmSync(join(parent, name), { force: true });
  }
  for (const empty of [parent, dirname(parent)]) {
    if (!existsSync(empty) || readdirSync(empty).length > 0) return;
    rmdirSync(empty);
  }
}
