import { folderOf, pathFrom, type Definition, type Tree } from './tree.ts';

/** What the kustomizations on the way do to a definition. */
export interface Way {
  /** Of the outermost that sets one; '' where none does. */
  readonly namespace: string;
  readonly namePrefix: string;
  readonly nameSuffix: string;
}
export interface Reached extends Way {
  readonly file: string;
}
export const straight: Way = { namespace: '', namePrefix: '', nameSuffix: '' };

/**
 * The files that rendering a folder takes up, by reading kustomization files alone. Without one, all files of the folder and of
 * those below count, as Flux does it; `recurse: false` stays in the folder. Remote resources are not followed.
 */
export function reach(tree: Tree, path: string, options: { recurse?: boolean; way?: Way } = {}): readonly Reached[] {
  return walked(tree, path, options).reached;
}
/** Whether the kustomizations on the way do more than a `Way` says: patches, components, charts. */
export function reachesPlainly(tree: Tree, path: string, recurse: boolean): boolean {
  return walked(tree, path, { recurse }).plain;
}
function walked(tree: Tree, path: string, options: { recurse?: boolean; way?: Way }): { reached: readonly Reached[]; plain: boolean } {
  const walk: Walk = { tree, out: new Map(), seen: new Set(), plain: true };
  visit(walk, path, { recurse: options.recurse ?? true, way: options.way ?? straight });
  return { reached: [...walk.out.values()], plain: walk.plain };
}

interface Walk {
  readonly tree: Tree;
  readonly out: Map<string, Reached>;
  readonly seen: Set<string>;
  plain: boolean;
}
interface Step {
  readonly recurse: boolean;
  readonly way: Way;
}

function visit(walk: Walk, path: string, step: Step): void {
  const { tree, seen, out } = walk;
  if (tree.files.has(path)) {
    if (!out.has(path)) out.set(path, { file: path, ...step.way });
    return;
  }
  // Most stand as they are written.
  const id = step.way === straight ? `/${path}` : JSON.stringify([step.way, path]);
  if (seen.has(id)) return;
  seen.add(id);
  if (tree.kustomizations.has(path)) return visitKustomization(walk, path, step);
  for (const { name, folder } of childrenOf(tree, path)) {
    if (!folder) visit(walk, name, step);
    else if (step.recurse) visit(walk, name, step);
  }
}

function visitKustomization(walk: Walk, folder: string, { way }: Step): void {
  const kustomization = walk.tree.kustomizations.get(folder);
  if (kustomization === undefined) return;
  walk.plain &&= kustomization.plain;
  const next: Way = {
    namespace: way.namespace === '' ? kustomization.namespace : way.namespace,
    namePrefix: way.namePrefix + kustomization.namePrefix,
    nameSuffix: kustomization.nameSuffix + way.nameSuffix,
  };
  for (const written of kustomization.resources) {
    const there = pathFrom(folder, written);
    if (there === undefined) continue;
    // A resource is a file, or a folder with a kustomization of its own.
    if (walk.tree.files.has(there) || walk.tree.kustomizations.has(there)) visit(walk, there, { recurse: false, way: next });
  }
}

/** By folder, what stands directly in it; made once per tree. */
const childrenByTree = new WeakMap<Tree, Map<string, { name: string; folder: boolean }[]>>();
function childrenOf(tree: Tree, path: string): readonly { name: string; folder: boolean }[] {
  let all = childrenByTree.get(tree);
  if (all === undefined) {
    all = new Map();
    const add = (name: string, folder: boolean) => {
      const parent = folderOf(name);
      const siblings = all?.get(parent) ?? [];
      siblings.push({ name, folder });
      all?.set(parent, siblings);
    };
    for (const folder of tree.folders) if (folder !== '') add(folder, true);
    for (const file of tree.files.keys()) add(file, false);
    childrenByTree.set(tree, all);
  }
  return all.get(path) ?? [];
}

/** Files that kustomizations name as patches; they look like objects and are none. */
export function patchFiles(tree: Tree): ReadonlySet<string> {
  const out = new Set<string>();
  for (const [folder, { patches }] of tree.kustomizations)
    for (const written of patches) {
      const there = pathFrom(folder, written);
      if (there !== undefined && tree.files.has(there)) out.add(there);
    }
  return out;
}

/** Kustomizations that no other one builds upon; components never stand alone. */
export function topKustomizations(tree: Tree): readonly string[] {
  const used = new Set<string>();
  for (const [folder, { resources }] of tree.kustomizations)
    for (const written of resources) {
      const there = pathFrom(folder, written);
      if (there !== undefined && there !== folder) used.add(there);
    }
  return [...tree.kustomizations].filter(([folder, { component }]) => !component && !used.has(folder)).map(([folder]) => folder);
}

/** The definition as the kustomizations on the way leave it. */
export function underway(definition: Definition, way: Way): Definition {
  const { metadata } = definition.object;
  const name = `${way.namePrefix}${metadata.name}${way.nameSuffix}`;
  if (name === metadata.name && (way.namespace === '' || way.namespace === metadata.namespace)) return definition;
  const namespace = way.namespace === '' ? {} : { namespace: way.namespace };
  return { ...definition, object: { ...definition.object, metadata: { ...metadata, name, ...namespace } } };
}
