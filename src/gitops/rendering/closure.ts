import { isRecord } from '../../base/json.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { Recent } from '../recent.ts';
import { RenderError, type SourceProblem } from '../renderer.ts';
import type { Artifact, ArtifactFile } from '../source.ts';
import { cleanPath, quoted } from '../sources/paths.ts';
import { parseYaml, positionsOf } from '../yaml.ts';
import { chartProblems } from './inflated.ts';
import { once } from './kept.ts';
import { isRemote, kustomizationNames, referencesOf, usesCharts, type Reference } from './kustomization.ts';

/** All that a build of a kustomization can read. */
export interface Closure {
  /** The kustomization that is built; not among the files where the folder has none and one is made for it. */
  readonly rootFile: string;
  /** As it is built: with what was laid over it. */
  readonly root: ReadKustomization;
  /** By path. */
  readonly files: readonly ArtifactFile[];
  /** Of all kustomizations in it, by path. */
  readonly kustomizations: ReadonlyMap<string, ReadKustomization>;
  /** Whether a kustomization in it inflates charts. */
  readonly charts: boolean;
  /** Whether the root's own text is wanted as data (of a generator), so that it must stay as it is. */
  readonly rootIsData: boolean;
}
/** A kustomization file as it was read. */
export interface ReadKustomization {
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
  /** Where a path in it stands. */
  position(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
  readonly problem?: { readonly line: number; readonly column: number; readonly message: string };
}
/** Kustomizations by blob id: the same few are in most builds. */
export type Kustomizations = Recent<string, Promise<ReadKustomization>>;
export function keepKustomizations(): Kustomizations {
  return new Recent(2000);
}

/** The kustomization file of a folder, if it has one. @throws ReconcileError SourceRefused */
export async function kustomizationOf(artifact: Artifact, folder: string): Promise<ArtifactFile | undefined> {
  const files = await listed(artifact, folder);
  for (const name of kustomizationNames) {
    const found = files.find((file) => file.path === joined(folder, name) && file.special === undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is laid over the kustomization that is built: from its value (undefined: the folder has none) to the one that is built instead. */
export type Overlay = (value: Readonly<Record<string, unknown>> | undefined) => Promise<Readonly<Record<string, unknown>>>;

/** Follows what kustomizations name, from one folder on. @throws RenderError with all that is missing or remote */
export async function closureOf(artifact: Artifact, folder: string, known: Kustomizations, overlay?: Overlay): Promise<Closure> {
  const walk = new Walk(artifact, known);
  const file = await kustomizationOf(artifact, folder);
  const own = file === undefined ? undefined : await walk.read(file);
  const rootFile = file?.path ?? joined(folder, 'kustomization.yaml');
  if (own?.problem !== undefined) throw new RenderError([{ path: rootFile, ...own.problem }]);
  if (file === undefined && overlay === undefined)
    throw new RenderError([{ path: rootFile, line: 1, column: 1, message: 'there is no kustomization here' }]);
  const root = overlay === undefined ? (own as ReadKustomization) : laidOver(own?.text ?? '', await overlay(own?.value));
  if (file !== undefined) walk.files.set(rootFile, file);
  await walk.visit(folder, rootFile, root);
  const files = [...walk.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  // What was reached all the same: when it changes, the application has changed, though nobody can say how.
  const read = files.map(({ path, digest }) => ({ path, digest }));
  if (walk.problems.length > 0) throw new RenderError(walk.problems, { manifests: [], read, notes: [] });
  const charts = [...walk.kustomizations.values()].some((one) => usesCharts(one.value));
  return { rootFile, root, files, kustomizations: walk.kustomizations, charts, rootIsData: walk.data.has(rootFile) };
}
function laidOver(text: string, value: Readonly<Record<string, unknown>>): ReadKustomization {
  return { text, value, references: referencesOf(value), position: positionIn(text) };
}

class Walk {
  readonly files = new Map<string, ArtifactFile>();
  readonly kustomizations = new Map<string, ReadKustomization>();
  readonly problems: SourceProblem[] = [];
  /** What is read as it is, not built. */
  readonly data = new Set<string>();
  readonly #artifact: Artifact;
  readonly #known: Kustomizations;
  readonly #visited = new Set<string>();

  constructor(artifact: Artifact, known: Kustomizations) {
    this.#artifact = artifact;
    this.#known = known;
  }

  /** False when the folder has no kustomization. */
  async visitFolder(folder: string): Promise<boolean> {
    if (this.#visited.has(folder)) return true;
    const file = await kustomizationOf(this.#artifact, folder);
    if (file === undefined) return false;
    this.files.set(file.path, file);
    const read = await this.read(file);
    if (read.problem !== undefined) this.problems.push({ path: file.path, ...read.problem });
    await this.visit(folder, file.path, read);
    return true;
  }

  async visit(folder: string, path: string, read: ReadKustomization): Promise<void> {
    this.#visited.add(folder);
    this.kustomizations.set(path, read);
    const inFolder = new Map((await listed(this.#artifact, folder)).map((one) => [one.path, one]));
    for (const reference of read.references) {
      const message = await this.#follow(folder, reference, inFolder);
      if (message === undefined) continue;
      const where = read.position(reference.at);
      this.problems.push({ path, ...where, message });
    }
    const all = [...this.files.keys()];
    const has = (inside: string) => all.some((file) => file.startsWith(`${resolved(folder, inside) ?? '\0'}/`));
    for (const { at, message } of chartProblems(read.value, has)) this.problems.push({ path, ...read.position(at), message });
  }

  /** Answers what is wrong with it. */
  async #follow(folder: string, reference: Reference, inFolder: ReadonlyMap<string, ArtifactFile>): Promise<string | undefined> {
    const { entry, as } = reference;
    const path = resolved(folder, entry);
    if (as === 'tree') {
      for (const file of path === undefined ? [] : await listed(this.#artifact, path))
        if (file.special === undefined) this.files.set(file.path, file);
      return undefined;
    }
    const named = quoted(entry);
    const file = path === undefined ? undefined : inFolder.get(path);
    if (file !== undefined && as !== 'folder') {
      if (file.special !== undefined)
        return `${named} is a ${file.special === 'link' ? 'symbolic link, which is not followed' : 'submodule, which is not fetched'}`;
      this.files.set(file.path, file);
      this.data.add(file.path);
      return undefined;
    }
    if (as !== 'file' && path !== undefined && (await this.visitFolder(path))) return undefined;
    if (as === 'inline' && /[\n:{]/.test(entry)) return undefined;
    return this.#missing(reference, path, named);
  }

  async #missing({ entry, as }: Reference, path: string | undefined, named: string): Promise<string> {
    const there = path === undefined ? [] : await listed(this.#artifact, path);
    if (there.some((file) => file.path === path))
      return `${named} lies outside of the kustomization's folder, where kustomize reads no files: ${as === 'file' ? 'move it there' : 'name a folder with a kustomization'}`;
    if (there.length > 0) return `the folder ${named} has no kustomization.yaml`;
    if (isRemote(entry)) return `${named} is remote, and nothing is fetched while rendering: copy it into the repository and name the copy`;
    return path === undefined ? `${named} leaves the repository` : `${named} is not in the repository`;
  }

  read(file: ArtifactFile): Promise<ReadKustomization> {
    return once(this.#known, file.digest, async () => {
      const [bytes] = await this.#artifact.read([file.path]);
      return readKustomization(Buffer.from(bytes as Uint8Array).toString('utf8'));
    });
  }
}

/** Never throws: what is wrong is in `problem`. */
export function readKustomization(text: string): ReadKustomization {
  const { documents, problems } = parseYaml(text);
  const position = positionIn(text);
  const problem = problems[0];
  const value = documents.find((document) => document.value !== null)?.value ?? {};
  if (problem !== undefined) return { text, value: {}, references: [], position, problem };
  if (!isRecord(value))
    return {
      text,
      value: {},
      references: [],
      position,
      problem: { line: 1, column: 1, message: 'this is no kustomization: it is not a map' },
    };
  return { text, value, references: referencesOf(value), position };
}

/** Looked up when the first is asked for. */
function positionIn(text: string): ReadKustomization['position'] {
  let find: ReturnType<typeof positionsOf> | undefined;
  return (path) => (find ??= positionsOf(text))(0, path);
}

/** From the repository's root; undefined when it leaves it or is no path at all. */
function resolved(folder: string, entry: string): string | undefined {
  if (entry.startsWith('/') || /[\0\n]/.test(entry)) return undefined;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of entry.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}
function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
/** Nothing where there is nothing. @throws ReconcileError SourceRefused */
export async function listed(artifact: Artifact, path: string): Promise<readonly ArtifactFile[]> {
  try {
    return await artifact.list(cleanPath(path));
  } catch (error) {
    if (error instanceof ReconcileError && error.reason === 'PathNotFound') return [];
    throw error;
  }
}
