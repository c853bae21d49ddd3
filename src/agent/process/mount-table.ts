import { readFileSync } from 'node:fs';

export interface MountedAt {
  readonly path: string;
  /** Flags that a remount must repeat, since an ordinary user may not take them away. */
  readonly flags: readonly string[];
  readonly type: string;
}

/** Every mount of this process's namespace, in the order in which they were made. */
export function mountTable(): MountedAt[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ');
      const flags = (fields[5] ?? '').split(',').filter((flag) => ['nosuid', 'nodev', 'noexec', 'ro'].includes(flag));
      return { path: unescapePath(fields[4] ?? ''), flags, type: fields[fields.indexOf('-') + 1] ?? '' };
    });
}

/** The flags of the mount that a path lies on. */
export function flagsAt(table: readonly MountedAt[], path: string): readonly string[] {
  let best: MountedAt | undefined;
  for (const one of table) {
    const holds = one.path === '/' || path === one.path || path.startsWith(`${one.path}/`);
    if (holds && one.path.length >= (best?.path.length ?? 0)) best = one;
  }
  return best?.flags ?? [];
}

/** Blanks and backslashes as fstab and mountinfo write them. */
export function escapePath(path: string): string {
  return path.replace(/[\\ \t\n#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
