import { Recent } from '../recent.ts';
import type { Artifact } from '../source.ts';
import { readManifests, type FileManifest, type FileManifests } from '../renderers/manifest-file.ts';
import { positionsOf } from '../yaml.ts';

/** A file of the source, by name and blob id. */
export interface SourceFile {
  readonly path: string;
  readonly digest: string;
}
const keptBytes = 16 * 2 ** 20;
/** Of a file that is still being read. */
const typicalBytes = 4096;

/** The files that rendered objects come from, as they stand in the source: where their lines are looked up. */
export class Texts {
  readonly #files = new Recent<string, Promise<FileManifests>>(keptBytes);
  readonly #positions = new Recent<string, ReturnType<typeof positionsOf>>(8);

  /** By path. */
  async load(artifact: Artifact, files: readonly SourceFile[]): Promise<ReadonlyMap<string, FileManifests>> {
    const missing = files.filter((file) => !this.#files.has(file.digest));
    if (missing.length > 0) {
      const contents = artifact.read(missing.map((file) => file.path));
      missing.forEach(({ path, digest }, at) => {
        const read = contents.then((all) => readManifests(path, all[at] as Uint8Array));
        this.#files.set(digest, read, typicalBytes);
        read.then(
          ({ text }) => this.#files.set(digest, read, text.length + 256),
          () => this.#files.delete(digest),
        );
      });
    }
    const loaded = files.map(async (file) => [file.path, await (this.#files.get(file.digest) as Promise<FileManifests>)] as const);
    return new Map(await Promise.all(loaded));
  }

  position(text: string, digest: string, at: { document: number; path: readonly (string | number)[] }): { line: number; column: number } {
    let find = this.#positions.get(digest);
    if (find === undefined) this.#positions.set(digest, (find = positionsOf(text)));
    return find(at.document, at.path);
  }
}

/** Which manifest of a file an object was made from: of its kind, and of the name that is most of the object's. */
export function sourceOf(file: FileManifests, object: { readonly kind: string; readonly name: string }): FileManifest | undefined {
  const candidates = file.objects.filter((one) => one.object['kind'] === object.kind);
  const named = candidates.map((one) => ({ one, name: String((one.object['metadata'] as { name?: unknown }).name ?? '') }));
  const inside = named.filter(({ name }) => name !== '' && object.name.includes(name)).sort((a, b) => b.name.length - a.name.length);
  return inside[0]?.one ?? candidates[0];
}
