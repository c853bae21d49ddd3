import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { timestamp } from '../../base/clock.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { Recent } from '../recent.ts';
import { defaultSourceLimits, type Artifact, type ArtifactFile, type Source, type SourceLimits, type SourceSpec } from '../source.ts';
import { localPath } from './credentials.ts';
import { materialise } from './git-artifact.ts';
import { blobId } from './memory.ts';
import { checkFileSize, checkLimits, checkLink, cleanPath, isUnder, pathNotFound, quoted, refused, tooManyFiles } from './paths.ts';
import { Listeners, watchFiles, type Watch, type WatchAround } from './watch.ts';

export interface DirectorySourceOptions extends WatchAround {
  readonly directory: string;
  readonly limits?: Partial<SourceLimits>;
}
/** A file that changed more recently may still be written. */
const settleMs = 200;
const patienceMs = 10_000;
const keptBytes = 64 * 2 ** 20;

/**
 * A folder that is no repository, for working on manifests before they are committed. What it answers is a copy: the folder may
 * change meanwhile. Names that begin with a dot, and node_modules, are not looked at.
 */
export class DirectorySource implements Source {
  readonly kind = 'directory';
  readonly #options: DirectorySourceOptions;
  readonly #limits: SourceLimits;
  /** By path, what it was when it was read. */
  readonly #files = new Recent<string, KnownFile>(keptBytes);
  readonly #artifacts = new Recent<string, Artifact>(keptBytes);
  readonly #watches = new Map<string, Listeners>();

  constructor(options: DirectorySourceOptions) {
    this.#options = options;
    this.#limits = { ...defaultSourceLimits, ...options.limits };
  }

  async resolve(spec: SourceSpec, signal: AbortSignal): Promise<Artifact> {
    const { clock } = this.#options;
    const root = rootOf(spec);
    const path = scopeOf(spec);
    for (const begun = clock.now(); clock.now() - begun < patienceMs;) {
      signal.throwIfAborted();
      const scan = await clock.outside(this.#scan(root, path));
      const age = clock.now() - scan.newestMs;
      // A time that has not come yet (another machine's clock) says nothing of what happens now.
      if (age >= settleMs || age < -1000) {
        const artifact = await clock.outside(this.#artifact({ root, path, scan, stillMs: age < 0 ? settleMs : age }));
        if (artifact !== undefined) return artifact;
      } else await clock.sleep(Math.max(10, settleMs - age), { signal });
    }
    throw new ReconcileError(
      'FetchFailed',
      `${quoted(root)} does not stand still: files in it changed again and again for ${patienceMs / 1000} s`,
    );
  }

  at(spec: SourceSpec, commit: string, signal: AbortSignal): Promise<Artifact> {
    signal.throwIfAborted();
    const known = this.#artifacts.get(`${rootOf(spec)}\0${commit}`);
    if (known !== undefined) return Promise.resolve(known);
    return Promise.reject(
      new ReconcileError('RevisionNotFound', `${quoted(rootOf(spec))} is a folder, which keeps no history: ${commit.slice(0, 12)} is gone`),
    );
  }

  watch(spec: SourceSpec, changed: () => void): Disposable & { readonly how: string } {
    const base = join(rootOf(spec), scopeOf(spec));
    let listeners = this.#watches.get(base);
    if (listeners === undefined) {
      const made: Listeners = new Listeners(() => this.#watchBase(base, made));
      this.#watches.set(base, (listeners = made));
    }
    return listeners.add(changed, spec.intervalMs);
  }

  close(): Promise<void> {
    for (const listeners of this.#watches.values()) listeners.close();
    this.#watches.clear();
    return Promise.resolve();
  }

  /** Tells the listeners when nothing has happened for `settleMs`. */
  #watchBase(base: string, listeners: Listeners): Watch {
    const { clock } = this.#options;
    const stop = new AbortController();
    let events = 0;
    let settling = false;
    const settle = async () => {
      for (let seen = -1; seen !== events;) {
        seen = events;
        await clock.sleep(settleMs, { signal: stop.signal });
      }
      settling = false;
      listeners.tell();
    };
    const tell = () => {
      events++;
      if (settling) return;
      settling = true;
      settle().catch(() => (settling = false)); // Only the end of the watch ends it early.
    };
    const around = {
      tell,
      get intervalMs() {
        return listeners.intervalMs;
      },
    };
    const ignored = (file: string) =>
      file !== base &&
      relative(base, file)
        .split('/')
        .some((part) => part.startsWith('.'));
    const watch = watchFiles({ paths: [base], ignored, what: 'the folder' }, around, this.#options);
    return {
      get how() {
        return watch.how;
      },
      [Symbol.dispose]: () => {
        stop.abort(new Error('nobody watches any more'));
        watch[Symbol.dispose]();
      },
    };
  }

  async #scan(root: string, path: string): Promise<Scan> {
    const base = join(root, path);
    const real = await realpath(root).catch(() => undefined);
    if (real === undefined) throw new ReconcileError('FetchFailed', `there is no folder ${quoted(root)}`);
    const realBase = await realpath(base).catch(() => undefined);
    if (realBase === undefined) throw pathNotFound(path, quoted(root), []);
    if (relative(real, realBase) !== path) throw refused(`${quoted(path)} leads over a symbolic link, which is not followed`);
    const scan: Scan = { found: [], newestMs: 0 };
    await this.#scanInto(scan, { root, path });
    scan.found.sort((a, b) => (a.path < b.path ? -1 : 1));
    return scan;
  }

  async #scanInto(scan: Scan, { root, path }: { root: string; path: string }): Promise<void> {
    const entry = await lstat(join(root, path)).catch(() => undefined);
    // Gone between the listing and here: its folder has changed too, and the scan is made again.
    if (entry === undefined) return void (scan.newestMs = this.#options.clock.now());
    scan.newestMs = Math.max(scan.newestMs, entry.mtimeMs, entry.ctimeMs);
    if (!entry.isDirectory()) {
      if (entry.isSymbolicLink()) checkLink(path, await readlink(join(root, path)), '');
      if (entry.isFile() || entry.isSymbolicLink())
        scan.found.push({
          path,
          stamp: `${entry.ino}:${entry.mtimeMs}:${entry.size}`,
          sizeBytes: entry.size,
          link: entry.isSymbolicLink(),
        });
      if (scan.found.length > this.#limits.files) throw refused(tooManyFiles(quoted(root), scan.found.length, this.#limits));
      return;
    }
    const names = (await readdir(join(root, path))).filter((name) => !name.startsWith('.') && name !== 'node_modules');
    for (const name of names) await this.#scanInto(scan, { root, path: path === '' ? name : `${path}/${name}` });
  }

  /** Undefined when a file changed while it was read. */
  async #artifact(from: { root: string; path: string; scan: Scan; stillMs: number }): Promise<Artifact | undefined> {
    const { root, path, scan, stillMs } = from;
    checkLimits(
      scan.found.map((file) => ({ ...file, digest: '' })),
      path,
      this.#limits,
    );
    const files: ArtifactFile[] = [];
    const contents = new Map<string, Uint8Array>();
    for (const file of scan.found) {
      const known = file.link ? { digest: blobId(Buffer.from(file.stamp)), content: Buffer.alloc(0) } : await this.#read(root, file);
      if (known === undefined) return undefined;
      contents.set(file.path, known.content);
      files.push({ path: file.path, digest: known.digest, sizeBytes: file.sizeBytes, ...(file.link ? { special: 'link' as const } : {}) });
    }
    const artifact = this.#make({ path, files, contents, stillMs, newestMs: scan.newestMs });
    this.#artifacts.set(
      `${root}\0${artifact.commit}`,
      artifact,
      files.reduce((sum, file) => sum + file.sizeBytes, 1000),
    );
    return artifact;
  }

  async #read(root: string, file: FoundFile): Promise<KnownFile | undefined> {
    const full = join(root, file.path);
    const known = this.#files.get(full);
    if (known?.stamp === file.stamp) return known;
    const content = await readFile(full).catch(() => undefined);
    const after = await lstat(full).catch(() => undefined);
    if (content === undefined || after === undefined || `${after.ino}:${after.mtimeMs}:${after.size}` !== file.stamp) return undefined;
    const fresh = { stamp: file.stamp, digest: blobId(content), content };
    this.#files.set(full, fresh, content.length + 200);
    return fresh;
  }

  #make(from: {
    path: string;
    files: readonly ArtifactFile[];
    contents: ReadonlyMap<string, Uint8Array>;
    stillMs: number;
    newestMs: number;
  }): Artifact {
    const { path, files, contents, stillMs, newestMs } = from;
    const digestOf = (some: readonly ArtifactFile[], base: string) =>
      sha256(some.map((file) => `${file.path.slice(base.length)}\0${file.digest}\n`).join(''));
    const commit = digestOf(files, '');
    const revision = `folder@sha256:${commit}`;
    const under = (asked: string) => {
      const clean = cleanPath(asked);
      const some = files.filter((file) => isUnder(file.path, clean));
      if (some.length === 0 && clean !== '' && clean !== path) throw pathNotFound(clean, revision, []);
      return some;
    };
    const list = (asked: string) => Promise.resolve().then(() => under(asked));
    const read = (paths: readonly string[]) =>
      Promise.resolve().then(() =>
        paths.map((asked) => {
          const content = contents.get(cleanPath(asked));
          if (content === undefined) throw pathNotFound(asked, revision, []);
          checkFileSize(asked, content.length, this.#limits);
          return content;
        }),
      );
    return {
      revision,
      commit,
      author: '',
      subject: '',
      committedAt: timestamp({ now: () => newestMs }),
      stillMs,
      digest: (asked) => Promise.resolve().then(() => digestOf(under(asked), cleanPath(asked))),
      list,
      read,
      materialise: (asked, use) =>
        materialise(
          { path: cleanPath(asked), scratch: resolve(this.#options.directory, 'scratch'), clock: this.#options.clock },
          { list, read },
          use,
        ),
    };
  }
}

interface KnownFile {
  readonly stamp: string;
  readonly digest: string;
  readonly content: Uint8Array;
}
interface FoundFile {
  readonly path: string;
  readonly stamp: string;
  readonly sizeBytes: number;
  readonly link: boolean;
}
interface Scan {
  readonly found: FoundFile[];
  newestMs: number;
}

/** What is read and watched: the path, or all of the folder where a kustomization or a chart at the path may name what lies beside it. */
function scopeOf(spec: SourceSpec): string {
  const path = cleanPath(spec.path);
  const naming = ['kustomization.yaml', 'kustomization.yml', 'Kustomization', 'Chart.yaml'];
  return naming.some((name) => existsSync(join(rootOf(spec), path, name))) ? '' : path;
}
function rootOf(spec: SourceSpec): string {
  return resolve(localPath(spec.repo) ?? spec.repo);
}
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
