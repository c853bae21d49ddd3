import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../base/json.ts';
import { replaceFile } from './files.ts';

/** The layout that this version writes, and the first version that reads it. Since 2 records are packed by the dictionary that `meta` holds. */
export const currentFormat = { format: 2, readBy: '0.1.0' } as const;
const readable: readonly unknown[] = [1, 2];

/** Writes the format of a new directory, or checks that of an old one, and answers it. @throws UnknownFormat */
export function checkFormat(directory: string, holdsData: boolean): number {
  const path = join(directory, 'format.json');
  if (!existsSync(path)) {
    if (holdsData) throw new UnknownFormat(`${directory} holds data, but no format.json that says how to read it`);
    replaceFile(path, `${JSON.stringify(currentFormat)}\n`);
    return currentFormat.format;
  }
  const found = readFormat(path);
  if (readable.includes(found.format)) return Number(found.format);
  const reader = found.readBy === undefined ? 'another version' : `Steersman ${found.readBy} or newer`;
  throw new UnknownFormat(`${directory} has format ${found.format}, which ${reader} reads; this version reads ${readable.join(' and ')}`);
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
