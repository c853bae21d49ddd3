import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../base/json.ts';
import { replaceFile } from './files.ts';

/** The layout that this version writes, and the first version that reads it. */
export const currentFormat = { format: 1, readBy: '0.1.0' } as const;

/** Writes the format of a new directory, or checks that of an old one. @throws UnknownFormat */
export function checkFormat(directory: string, holdsData: boolean): void {
  const path = join(directory, 'format.json');
  if (!existsSync(path)) {
    if (holdsData) throw new UnknownFormat(`${directory} holds data, but no format.json that says how to read it`);
    replaceFile(path, `${JSON.stringify(currentFormat)}\n`);
    return;
  }
  const found = readFormat(path);
  if (found.format === currentFormat.format) return;
  const reader = found.readBy === undefined ? 'another version' : `Steersman ${found.readBy} or newer`;
  throw new UnknownFormat(`${directory} has format ${found.format}, which ${reader} reads; this version reads ${currentFormat.format}`);
}

function readFormat(path: string): { format: unknown; readBy: string | undefined } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UnknownFormat(`${path} is no JSON`, cause);
  }
  if (!isRecord(parsed)) throw new UnknownFormat(`${path} names no format`);
  return { format: parsed['format'], readBy: typeof parsed['readBy'] === 'string' ? parsed['readBy'] : undefined };
}

/** The data directory was written by a version whose layout we do not know. */
export class UnknownFormat extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UnknownFormat';
  }
}
