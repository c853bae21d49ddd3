import { mkdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { missingIs } from './missing.ts';

/** Why a subPath may not be used; its message is a kubelet's. */
export class SubPathError extends Error {
  /** The path itself is wrong, whatever is in the volume. */
  readonly isRule: boolean;

  constructor(message: string, options: { cause?: unknown; isRule?: true } = {}) {
    super(message, options);
    this.name = 'SubPathError';
    this.isRule = options.isRule === true;
  }
}

/**
 * The real place of `subPath` in a volume; folders that are missing are made. Every part is resolved by itself and must stay below the
 * volume, so that no link that a container left in it leads out (CVE-2017-1002101). @throws SubPathError
 */
export async function resolveSubPath(volume: string, subPath: string): Promise<string> {
  if (subPath.startsWith('/')) throw new SubPathError(`error SubPath \`${subPath}\` must not be an absolute path`, { isRule: true });
  if (subPath.split('/').includes('..'))
    throw new SubPathError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`, { isRule: true });
  const base = await realpath(volume);
  let at = base;
  for (const part of subPath.split('/').filter((one) => one !== '' && one !== '.')) {
    at = (await realpath(join(at, part)).catch(missingIs(undefined))) ?? (await made(join(at, part)));
    if (at !== base && !at.startsWith(base + sep)) {
      throw new SubPathError(`subpath ${JSON.stringify(subPath)} not within volume path ${JSON.stringify(base)}`);
    }
  }
  return at;
}

async function made(path: string): Promise<string> {
  try {
    // The parent is real. A link that leads nowhere is there already and so fails.
    await mkdir(path, { mode: 0o777 });
  } catch (cause) {
    throw new SubPathError(`cannot create directory ${path}`, { cause });
  }
  return path;
}
