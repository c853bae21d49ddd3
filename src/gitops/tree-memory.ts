import { isRecord } from '../base/json.ts';
import { outlineWeight, type FileContent, type ImportCache } from './imports/tree.ts';
import type { Kept } from './rendering/kept.ts';
import { createObjectMemory, type ObjectMemory, type TreeEntry } from './sources/git-objects.ts';

/** Of the format: what was written in another one is not found. */
const format = 'trees 2';
/** Files that are remembered of a repository; those unused for longest are forgotten. */
const limit = 100_000;

/**
 * What one process learned of repositories of this machine, for the next one: by the ids of Git, what trees list, how large files are
 * and what a glance at each shows (kind and name of its objects, what a kustomization names). Never a value of an object: files that
 * define applications are read again. So a review reads what is new since the last one, whatever commits it is of.
 */
export class TreeMemory {
  readonly #kept: Kept;
  readonly #contents: ImportCache;
  readonly #known = new Map<string, { readonly memory: ObjectMemory; readonly sets: number }>();

  /** What is remembered of files goes into `contents`, and what is learned is taken from there. */
  constructor(kept: Kept, contents: ImportCache) {
    this.#kept = kept;
    this.#contents = contents;
  }

  async of(commonDir: string): Promise<ObjectMemory> {
    const known = this.#known.get(commonDir);
    if (known !== undefined) return known.memory;
    const memory = createObjectMemory();
    recall(await this.#kept.read(keyOf(commonDir)), memory, this.#contents);
    this.#known.set(commonDir, { memory, sets: this.#sets(memory) });
    return memory;
  }

  /** Writes what is new. */
  async save(): Promise<void> {
    for (const [commonDir, { memory, sets }] of this.#known) {
      if (this.#sets(memory) !== sets) await this.#kept.write(keyOf(commonDir), noted(memory, this.#contents));
    }
  }

  #sets({ trees, sizes }: ObjectMemory): number {
    return trees.sets + sizes.sets + this.#contents.sets;
  }
}

function keyOf(commonDir: string): string {
  return JSON.stringify([format, commonDir]);
}

/** Entries one after the other: name, kind, id. */
type FlatTree = readonly string[];
interface Noted {
  readonly trees: readonly (readonly [id: string, entries: FlatTree])[];
  readonly sizes: readonly (readonly [id: string, bytes: number])[];
  readonly contents: readonly (readonly [key: string, content: Partial<FileContent>])[];
}

function noted({ trees, sizes }: ObjectMemory, contents: ImportCache): Noted {
  const files = [...sizes].slice(-limit);
  const ids = new Set(files.map(([id]) => id));
  const listed = [...trees].slice(-limit);
  const shown = [...contents].filter(([key, content]) => ids.has(key.split(' ', 1)[0] as string) && isOutline(content));
  return {
    trees: listed.map(([id, entries]) => [id, entries.flatMap((entry) => [entry.name, entry.kind, entry.id])] as const),
    sizes: files,
    contents: shown.map(([key, { definitions: _no, lines: _none, problems: _neither, ...content }]) => [key, content] as const),
  };
}
/** Nothing in it is a value of an object, or may be: what is wrong with a file is told in its words. */
function isOutline({ definitions, problems }: FileContent): boolean {
  return definitions.length === 0 && problems.length === 0;
}

function recall(value: unknown, { trees, sizes }: ObjectMemory, contents: ImportCache): void {
  if (!isNoted(value)) return;
  for (const [id, flat] of value.trees) {
    const entries = treeOf(flat);
    trees.set(id, entries, entries.length + 1);
  }
  for (const [id, bytes] of value.sizes) sizes.set(id, bytes);
  const nothing = { manifest: false, definitions: [], lines: [], problems: [] };
  for (const [key, content] of value.contents) contents.set(key, { ...nothing, ...content }, outlineWeight(content));
}
/** It was written by us and is as it was written, or the seal would be broken. */
function isNoted(value: unknown): value is Noted {
  return isRecord(value) && [value['trees'], value['sizes'], value['contents']].every((part) => Array.isArray(part));
}
function treeOf(flat: FlatTree): readonly TreeEntry[] {
  const out: TreeEntry[] = [];
  for (let at = 0; at + 2 < flat.length; at += 3)
    out.push({ name: flat[at] as string, kind: flat[at + 1] as TreeEntry['kind'], id: flat[at + 2] as string });
  return out;
}
