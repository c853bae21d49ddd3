import { posix } from 'node:path';
import { RuntimeError } from '../runtime.ts';

/** What stands at a path of the machine as pods see it. Links are not followed. */
export type EntryKind = 'folder' | 'file' | 'link';
export interface MachineView {
  kind(path: string): EntryKind | undefined;
  list(folder: string): readonly { readonly name: string; readonly kind: EntryKind }[];
  readLink(path: string): string;
}
export interface WantedMount {
  readonly from: string;
  readonly to: string;
  readonly kind: 'folder' | 'file';
  readonly readOnly: boolean;
}
/** One mount; `to` is inside the new root. `from` is a path of the machine's view, of the skeleton, or outside of both. */
export interface PlannedMount {
  readonly source: 'machine' | 'skeleton' | 'outside' | 'memory';
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
}
export interface RootPlan {
  /** In the order in which they are mounted; the first is the root itself. */
  readonly mounts: readonly PlannedMount[];
  /** Folders, empty files and links that must stand ready as mount points, parents first. */
  readonly skeleton: readonly { readonly path: string; readonly kind: EntryKind; readonly target?: string }[];
}

/** Folders in which a container may write although the machine's files are read-only. */
const writableFolders = ['/run', '/tmp', '/var/tmp'];

/**
 * How a container's root file system is put together from the machine's (read-only) and its own mounts. Where a mount point does not
 * exist, the folder that would hold it is replaced by an empty one into which each of its entries is mounted singly, beside the new
 * mount point. A mount point inside another mount is not planned: it must be made in that mount's source.
 */
export function planRoot(view: MachineView, wanted: readonly WantedMount[], writableRoot: boolean): RootPlan {
  const mounts = wanted.map((one) => ({ ...one, to: resolveLinks(view, one.to) })).sort((a, b) => depth(a.to) - depth(b.to));
  const areas = writableRoot ? writableFolders.filter((path) => view.kind(path) === 'folder' && !mounts.some(({ to }) => to === path)) : [];
  const skeleton = new Skeleton(view);
  const memory: string[] = [];
  for (const mount of mounts) {
    if (mounts.some(({ to }) => isBelow(mount.to, to))) continue;
    const area = areas.find((path) => isBelow(mount.to, path));
    if (area === undefined) skeleton.makeRoom(mount);
    else skeleton.fresh(area, mount);
  }
  for (const path of areas) if (!skeleton.has(path)) memory.push(path);
  return {
    mounts: [
      ...(skeleton.has('/') ? [] : [{ source: 'machine' as const, from: '/', to: '/', readOnly: true }]),
      ...skeleton.mounts(areas),
      ...memory.map((to) => ({ source: 'memory' as const, from: 'tmpfs', to, readOnly: false })),
      ...mounts.map(({ from, to, readOnly }) => ({ source: 'outside' as const, from, to, readOnly })),
    ],
    skeleton: skeleton.entries,
  };
}

/** Folders that replace those of the machine, and what stands in them. */
class Skeleton {
  readonly #view: MachineView;
  readonly #entries = new Map<string, { path: string; kind: EntryKind; target?: string }>();
  /** By replaced folder: the entries that are mounted into it again. */
  readonly #replaced = new Map<string, readonly string[]>();

  constructor(view: MachineView) {
    this.#view = view;
  }

  get entries(): RootPlan['skeleton'] {
    return [...this.#entries.values()].sort((a, b) => depth(a.path) - depth(b.path));
  }
  has(folder: string): boolean {
    return this.#replaced.has(folder);
  }

  /** Replaces the deepest folder that exists above a mount point that does not. @throws RuntimeError CreateContainerError */
  makeRoom(mount: WantedMount): void {
    const there = this.#view.kind(mount.to);
    if (there === mount.kind) return;
    if (there !== undefined) throw impossible(mount, `the machine has a ${there} there`);
    let above = posix.dirname(mount.to);
    while (this.#view.kind(above) === undefined) above = posix.dirname(above);
    if (this.#view.kind(above) !== 'folder') throw impossible(mount, `${above} is no folder`);
    if (!this.has(above)) {
      const entries = this.#view.list(above);
      for (const { name, kind } of entries) this.#take(posix.join(above, name), kind);
      const mounted = entries.filter(({ kind }) => kind !== 'link').map(({ name }) => posix.join(above, name));
      this.#replaced.set(above, mounted);
      this.#add({ path: above, kind: 'folder' });
    }
    this.#path(above, mount);
  }

  /** A folder of the container's own instead of one of the machine. */
  fresh(folder: string, mount: WantedMount): void {
    this.#replaced.set(folder, []);
    this.#add({ path: folder, kind: 'folder' });
    this.#path(folder, mount);
  }

  mounts(areas: readonly string[]): PlannedMount[] {
    const out: PlannedMount[] = [];
    for (const [folder, entries] of [...this.#replaced].sort(([a], [b]) => depth(a) - depth(b))) {
      out.push({ source: 'skeleton', from: folder, to: folder, readOnly: !areas.includes(folder) });
      for (const path of entries) out.push({ source: 'machine', from: path, to: path, readOnly: true });
    }
    return out;
  }

  #take(path: string, kind: EntryKind): void {
    if (kind === 'link') this.#add({ path, kind, target: this.#view.readLink(path) });
    else this.#add({ path, kind });
  }
  /** Every folder from `above` down to the mount point, and the mount point. */
  #path(above: string, mount: WantedMount): void {
    const parts = mount.to.slice(above === '/' ? 1 : above.length + 1).split('/');
    parts.forEach((_, at) => {
      const path = posix.join(above, ...parts.slice(0, at + 1));
      this.#add({ path, kind: at === parts.length - 1 ? mount.kind : 'folder' });
    });
  }
  #add(entry: { path: string; kind: EntryKind; target?: string }): void {
    if (!this.#entries.has(entry.path)) this.#entries.set(entry.path, entry);
  }
}

function impossible(mount: WantedMount, why: string): RuntimeError {
  return new RuntimeError('CreateContainerError', `a ${mount.kind} cannot be mounted at ${mount.to}: ${why}`);
}

/** The path with every link in it followed inside the view, also where its end does not exist. @throws RuntimeError for a loop */
export function resolveLinks(view: MachineView, path: string): string {
  let rest = posix.normalize(posix.join('/', path)).split('/').filter(Boolean);
  let done = '/';
  for (let links = 0; rest.length > 0;) {
    const [first, ...others] = rest as [string, ...string[]];
    const next = posix.join(done, first);
    rest = others;
    if (view.kind(next) !== 'link') {
      done = next;
      continue;
    }
    if (++links > 40) throw new RuntimeError('CreateContainerError', `too many links in the mount path ${path}`);
    const target = posix.join('/', posix.isAbsolute(view.readLink(next)) ? '' : done, view.readLink(next));
    rest = [...target.split('/').filter(Boolean), ...rest];
    done = '/';
  }
  return done;
}

export function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}
