import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Artifact, ArtifactFile, SourceLimits } from '../source.ts';
import type { Commit, GitObjects, TreeEntry } from './git-objects.ts';
import { checkFileSize, checkLimits, checkLink, cleanPath, pathNotFound, quoted, refused, tooManyFiles } from './paths.ts';

export interface ArtifactAround {
  readonly clock: Pick<Clock, 'outside'>;
  readonly limits: SourceLimits;
  /** Where folders are made for programs that need one. */
  readonly scratch: string;
}

/** The tree of one commit, read from the object database. */
export function gitArtifact(objects: GitObjects, commit: Commit, name: string, around: ArtifactAround): Artifact {
  const algorithm = commit.id.length === 64 ? 'sha256' : 'sha1';
  const revision = `${name === '' ? '' : `${name}@`}${algorithm}:${commit.id}`;
  const { clock, limits, scratch } = around;
  const lists = new Map<string, Promise<readonly ArtifactFile[]>>();
  const list = (path: string) => {
    const clean = cleanPath(path);
    const known = lists.get(clean);
    if (known !== undefined) return known;
    const made = listTree({ objects, commit, revision, limits }, clean);
    lists.set(clean, made);
    made.catch(() => lists.delete(clean));
    return made;
  };
  const read = async (paths: readonly string[]) => {
    const entries = await Promise.all(paths.map((path) => entryAt({ objects, commit, revision }, cleanPath(path))));
    entries.forEach((entry, at) => {
      if (entry.kind !== 'file')
        throw refused(`${quoted(paths[at] as string)} is a ${entry.kind === 'tree' ? 'folder' : entry.kind}, not a file`);
    });
    const ids = entries.map((entry) => entry.id);
    (await objects.sizes(ids)).forEach((size, at) => checkFileSize(paths[at] as string, size ?? 0, limits));
    return objects.blobs(ids);
  };
  return {
    revision,
    commit: commit.id,
    author: commit.author,
    subject: commit.subject,
    committedAt: commit.committedAt,
    digest: (path) => clock.outside(entryAt({ objects, commit, revision }, cleanPath(path)).then((entry) => entry.id)),
    list: (path) => clock.outside(list(path)),
    read: (paths) => clock.outside(read(paths)),
    materialise: (path, use) => materialise({ path: cleanPath(path), scratch, clock }, { list, read }, use),
  };
}

interface Tree {
  readonly objects: GitObjects;
  readonly commit: Commit;
  readonly revision: string;
}

/** @throws ReconcileError PathNotFound, with what stands where the path ends */
export async function entryAt({ objects, commit, revision }: Tree, path: string): Promise<Omit<TreeEntry, 'name'>> {
  let at: Omit<TreeEntry, 'name'> = { kind: 'tree', id: commit.tree };
  const parts = path === '' ? [] : path.split('/');
  for (const [depth, part] of parts.entries()) {
    if (at.kind === 'link') throw refused(`${quoted(parts.slice(0, depth).join('/'))} is a symbolic link, which is not followed`);
    const entries: readonly TreeEntry[] = at.kind === 'tree' ? ((await objects.trees([at.id]))[0] as readonly TreeEntry[]) : [];
    const next = namedEntry(entries, part);
    if (next === undefined)
      throw pathNotFound(
        path,
        revision,
        entries.filter((entry) => entry.kind === 'tree').map((entry) => [...parts.slice(0, depth), entry.name].join('/')),
      );
    at = next;
  }
  return at;
}

/** By name, of large trees, in which many files are asked for one by one. */
const byName = new WeakMap<readonly TreeEntry[], ReadonlyMap<string, TreeEntry>>();
function namedEntry(entries: readonly TreeEntry[], name: string): TreeEntry | undefined {
  if (entries.length < 50) return entries.find((entry) => entry.name === name);
  let index = byName.get(entries);
  if (index === undefined) byName.set(entries, (index = new Map(entries.map((entry) => [entry.name, entry]))));
  return index.get(name);
}

async function listTree(tree: Tree & { limits: SourceLimits }, path: string): Promise<readonly ArtifactFile[]> {
  const { objects, limits } = tree;
  const root = await entryAt(tree, path);
  if (root.kind === 'link') throw refused(`${quoted(path)} is a symbolic link, which is not followed`);
  const found: { path: string; entry: Omit<TreeEntry, 'name'> }[] = [];
  let level = root.kind === 'tree' ? [{ path, id: root.id }] : [];
  if (root.kind !== 'tree') found.push({ path, entry: root });
  while (level.length > 0) {
    const trees = await objects.trees(level.map(({ id }) => id));
    const next: typeof level = [];
    trees.forEach((entries, at) => {
      const folder = (level[at] as { path: string }).path;
      for (const entry of entries) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.kind === 'tree') next.push({ path: name, id: entry.id });
        else found.push({ path: name, entry });
      }
    });
    if (found.length > limits.files || next.length > limits.files)
      throw refused(tooManyFiles(path === '' ? 'the repository' : quoted(path), limits.files, limits));
    level = next;
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const files = await describeAll(objects, found);
  await checkLinks(objects, files, path);
  checkLimits(files, path, limits);
  return files;
}

async function describeAll(
  objects: GitObjects,
  found: readonly { path: string; entry: Omit<TreeEntry, 'name'> }[],
): Promise<ArtifactFile[]> {
  const sizes = await objects.sizes(found.filter(({ entry }) => entry.kind !== 'submodule').map(({ entry }) => entry.id));
  let at = 0;
  return found.map(({ path, entry }) => {
    const sizeBytes = entry.kind === 'submodule' ? 0 : (sizes[at++] ?? 0);
    const special = entry.kind === 'link' || entry.kind === 'submodule' ? { special: entry.kind } : {};
    return { path, digest: entry.id, sizeBytes, ...special };
  });
}
async function checkLinks(objects: GitObjects, files: readonly ArtifactFile[], root: string): Promise<void> {
  const links = files.filter((file) => file.special === 'link');
  for (const link of links) if (link.sizeBytes > 4096) throw refused(`${quoted(link.path)} is a symbolic link of ${link.sizeBytes} bytes`);
  const targets = await objects.blobs(links.map((link) => link.digest));
  links.forEach((link, at) => checkLink(link.path, (targets[at] as Buffer).toString('utf8'), root));
}

/** Writes the files of a path to a new folder, without links, and removes it after `use`. */
export async function materialise<T>(
  { path, scratch, clock }: { path: string; scratch: string; clock: Pick<Clock, 'outside'> },
  from: { list(path: string): Promise<readonly ArtifactFile[]>; read(paths: readonly string[]): Promise<readonly Uint8Array[]> },
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const write = async () => {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const dir = await mkdtemp(join(scratch, 'tree-'));
    const files = (await from.list(path)).filter((file) => file.special === undefined);
    const contents = await from.read(files.map((file) => file.path));
    for (const [at, file] of files.entries()) {
      const to = join(dir, file.path === path ? (path.split('/').at(-1) as string) : file.path.slice(path === '' ? 0 : path.length + 1));
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, contents[at] as Uint8Array);
    }
    return dir;
  };
  const dir = await clock.outside(write());
  try {
    return await use(dir);
  } finally {
    await clock.outside(rm(dir, { recursive: true, force: true }));
  }
}
