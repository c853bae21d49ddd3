import { ReconcileError } from '../../reconcile/controller.ts';
import { defaultSourceLimits, type ArtifactFile, type SourceLimits } from '../source.ts';

/** A path from the root without `./`, doubled or outer slashes; '' is the root. @throws ReconcileError SourceRefused for `..` */
export function cleanPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0'))
    throw refused(`the path ${quoted(path)} leaves the repository: write it from the root, without ".."`);
  return parts.join('/');
}
/** Whether `file` is `path` or below it; both clean. */
export function isUnder(file: string, path: string): boolean {
  return path === '' || file === path || file.startsWith(`${path}/`);
}
/** Names from a repository, harmless on a terminal: quoted, with control characters and direction marks written out. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escaped);
}
/** The same for one line of text that stands without quotes (an author, a subject). */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escaped);
}
function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Nothing that trying again could help. */
export function refused(message: string): ReconcileError {
  return new ReconcileError('SourceRefused', message, { retry: false });
}
export function pathNotFound(path: string, revision: string, near: readonly string[]): ReconcileError {
  const hint =
    near.length === 0
      ? ''
      : `; there ${near.length === 1 ? 'is' : 'are'} ${near.slice(0, 8).map(quoted).join(', ')}${near.length > 8 ? ' and more' : ''}`;
  return new ReconcileError('PathNotFound', `there is nothing at ${quoted(path)} in ${revision}${hint}`);
}

/** The tree of a path as a source would hand it out. @throws ReconcileError SourceRefused when it is over a limit */
export function checkLimits(files: readonly ArtifactFile[], path: string, limits: SourceLimits = defaultSourceLimits): void {
  const where = path === '' ? 'the source' : quoted(path);
  if (files.length > limits.files) throw refused(tooManyFiles(where, files.length, limits));
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (total <= limits.totalBytes) return;
  const largest = files.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
  throw refused(
    `${where} holds ${megabytes(total)} of files and the limit is ${megabytes(limits.totalBytes)}; the largest is ${quoted(largest.path)} with ${megabytes(largest.sizeBytes)}. Name the folder of the manifests with the path`,
  );
}
export function tooManyFiles(where: string, count: number, limits: SourceLimits): string {
  return `${where} holds ${count >= limits.files ? 'more than' : ''} ${limits.files.toLocaleString('en')} files, which is the limit. Name the folder of the manifests with the path`;
}
/** @throws ReconcileError SourceRefused when one file is too large to be read */
export function checkFileSize(path: string, sizeBytes: number, limits: SourceLimits = defaultSourceLimits): void {
  if (sizeBytes > limits.fileBytes)
    throw refused(`${quoted(path)} is ${megabytes(sizeBytes)} and the limit for a file is ${megabytes(limits.fileBytes)}`);
}
/** @throws ReconcileError SourceRefused when the link at `path` points out of `root` */
export function checkLink(path: string, target: string, root: string): void {
  const parts = path.split('/').slice(0, -1);
  let leaves = target.startsWith('/');
  for (const part of target.split('/')) {
    if (part === '..') leaves ||= parts.pop() === undefined;
    else if (part !== '' && part !== '.') parts.push(part);
  }
  if (leaves || !isUnder(parts.join('/'), root)) {
    throw refused(
      `${quoted(path)} is a symbolic link to ${quoted(target)}, outside of ${root === '' ? 'the repository' : quoted(root)}: links that leave the path are refused`,
    );
  }
}
/** @throws ReconcileError SourceRefused for a name that no honest tree holds */
export function checkName(name: string, folder: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.toLowerCase() === '.git') {
    throw refused(`the folder ${quoted(folder)} holds an entry called ${quoted(name)}, which is no file name`);
  }
}

function megabytes(bytes: number): string {
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 1024).toFixed(1)} KiB`;
}
