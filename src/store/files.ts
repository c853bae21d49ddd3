import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a file that must not be there, whole or not at all, and durable. @throws EEXIST */
export function writeNewFile(path: string, text: string, mode = 0o644): void {
  const draft = writeDraft(path, text, mode);
  try {
    linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
}

/** Writes or replaces a file, whole or not at all, and durable. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  renameSync(writeDraft(path, text, mode), path);
  syncDirectory(dirname(path));
}

/** Makes names that were added to or taken from a directory durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function writeDraft(path: string, text: string, mode: number): string {
  const draft = `${path}.draft-${process.pid}`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}
