import { timestamp } from '../../base/clock.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { Recent } from '../recent.ts';
import { CatFile, type GitObject, type GitPlace } from './cat-file.ts';
import { checkName, harmless } from './paths.ts';

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'tree' | 'file' | 'link' | 'submodule';
  readonly id: string;
}
export interface Commit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly subject: string;
  readonly committedAt: string;
}

/** What is known of objects by their ids, under which it never changes. */
export interface ObjectMemory {
  readonly trees: Recent<string, readonly TreeEntry[]>;
  readonly sizes: Recent<string, number>;
}
export function createObjectMemory(): ObjectMemory {
  return { trees: new Recent(200_000), sizes: new Recent(200_000) };
}

/** Reads one repository's object database. */
export class GitObjects implements Disposable {
  readonly place: GitPlace;
  readonly #headers: CatFile;
  readonly #contents: CatFile;
  readonly #trees: ObjectMemory['trees'];
  readonly #asked = new Map<string, Promise<readonly TreeEntry[]>>();
  readonly #sizes: ObjectMemory['sizes'];
  readonly #commits = new Recent<string, Commit>(1000);

  constructor(place: GitPlace, memory = createObjectMemory()) {
    this.place = place;
    this.#trees = memory.trees;
    this.#sizes = memory.sizes;
    this.#headers = new CatFile(place, '--batch-check');
    this.#contents = new CatFile(place, '--batch');
  }

  /** The id that a revision expression stands for (`refs/heads/main^{commit}`); undefined where there is none. */
  async find(names: readonly string[]): Promise<(string | undefined)[]> {
    return (await this.#headers.ask(names)).map((object) => object?.id);
  }

  async commit(id: string): Promise<Commit | undefined> {
    const known = this.#commits.get(id);
    if (known !== undefined) return known;
    const [object] = await this.#contents.ask([id]);
    if (object?.type !== 'commit') return undefined;
    const commit = parseCommit(object);
    this.#commits.set(id, commit);
    return commit;
  }

  /** Each is asked for once, however many want it at a time. @throws ReconcileError FetchFailed when a tree is not in the database */
  async trees(ids: readonly string[]): Promise<(readonly TreeEntry[])[]> {
    const known = ids.map((id) => this.#trees.get(id));
    const missing = [...new Set(ids.filter((id, at) => known[at] === undefined && !this.#asked.has(id)))];
    if (missing.length > 0) {
      const asked = this.#contents.ask(missing);
      missing.forEach((id, at) => {
        const entries = asked.then((objects) => this.#keepTree(id, objects[at]));
        this.#asked.set(id, entries);
        const settled = () => this.#asked.delete(id);
        entries.then(settled, settled);
      });
    }
    if (known.every((entries) => entries !== undefined)) return known;
    return Promise.all(ids.map((id, at) => known[at] ?? (this.#asked.get(id) as Promise<readonly TreeEntry[]>)));
  }
  #keepTree(id: string, object: GitObject | undefined): readonly TreeEntry[] {
    if (object?.type !== 'tree') throw lacks('tree', id);
    const entries = parseTree(object);
    this.#trees.set(id, entries, entries.length + 1);
    return entries;
  }

  /** Undefined for what is not in the database. */
  async sizes(ids: readonly string[]): Promise<(number | undefined)[]> {
    const known = ids.map((id) => this.#sizes.get(id));
    const missing = [...new Set(ids.filter((_, at) => known[at] === undefined))];
    if (missing.length === 0) return known;
    const objects = await this.#headers.ask(missing);
    const fresh = new Map<string, number>();
    missing.forEach((id, at) => {
      const object = objects[at];
      if (object === undefined) return;
      fresh.set(id, object.sizeBytes);
      this.#sizes.set(id, object.sizeBytes);
    });
    return ids.map((id, at) => known[at] ?? fresh.get(id));
  }

  /** @throws ReconcileError FetchFailed when one is not in the database */
  async blobs(ids: readonly string[]): Promise<Buffer[]> {
    return (await this.#contents.ask(ids)).map((object, at) => {
      if (object === undefined) throw lacks('blob', ids[at] as string);
      return object.content;
    });
  }

  [Symbol.dispose](): void {
    this.#headers[Symbol.dispose]();
    this.#contents[Symbol.dispose]();
  }
}

function lacks(type: string, id: string): ReconcileError {
  return new ReconcileError('FetchFailed', `the repository lacks the ${type} ${id}: it is a partial clone, or broken (git fsck tells)`);
}

/** `tree`, `parent`, `author`, `committer` lines, an empty line, the message. */
function parseCommit(object: GitObject): Commit {
  const text = object.content.toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end < 0 ? undefined : end).split('\n');
  const all = (name: string) => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const person = /^(.*?) ?(-?\d+) [+-]\d+$/;
  const seconds = Number(person.exec(all('committer')[0] ?? '')?.[2] ?? '0');
  const message = end < 0 ? '' : text.slice(end + 2).trimStart();
  return {
    id: object.id,
    tree: all('tree')[0] ?? '',
    parents: all('parent'),
    author: harmless(person.exec(all('author')[0] ?? '')?.[1] ?? ''),
    subject: harmless(message.split('\n')[0] ?? ''),
    committedAt: isoSeconds(seconds),
  };
}
function isoSeconds(seconds: number): string {
  return timestamp({ now: () => Math.min(Math.max(seconds, 0), 253_402_300_799) * 1000 });
}

/** Entries as `mode name\0` and the id's bytes. @throws ReconcileError SourceRefused for a name that no honest tree holds */
function parseTree(object: GitObject): readonly TreeEntry[] {
  const { content, id } = object;
  const idBytes = id.length / 2;
  const out: TreeEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const zero = content.indexOf(0, space);
    const mode = content.toString('latin1', at, space);
    const name = content.toString('utf8', space + 1, zero);
    checkName(name, `tree ${id.slice(0, 12)}`);
    out.push({ name, kind: kindOf(mode), id: content.toString('hex', zero + 1, zero + 1 + idBytes) });
    at = zero + 1 + idBytes;
  }
  return out;
}
function kindOf(mode: string): TreeEntry['kind'] {
  if (mode.endsWith('40000')) return 'tree';
  return mode === '120000' ? 'link' : mode === '160000' ? 'submodule' : 'file';
}
