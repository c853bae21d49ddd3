import type { ChartCache } from './chart-cache.ts';
import { folderApplications, imports } from './imports/index.ts';
import { homesOf } from './finding/homes.ts';
import { ownAddresses } from './finding/own-addresses.ts';
import { patchFiles, reach, straight, topKustomizations, underway, type Way } from './imports/reach.ts';
import type { Around, Import, Readable } from './imports/reading.ts';
import { createImportCache, readTree, type Definition, type ImportCache, type Tree } from './imports/tree.ts';
import type { Found, FoundApplication } from './found.ts';
import { foundWords } from './finding/said.ts';
import { changesOnTheWay, renderedDefinitions, type Rendering } from './finding/rendered.ts';
import { distinctNames } from './finding/names.ts';
import { inOrder, type Renderer, type SourceProblem } from './renderer.ts';
import type { Artifact } from './source.ts';
import { cleanPath, isUnder } from './sources/paths.ts';

export { createImportCache, type ImportCache };

export interface FindOptions {
  /** Addresses of this repository, where they are known: a clone's remotes. */
  readonly remotes?: readonly string[];
  /** What was read before; hand in one for both sides of a review. */
  readonly cache?: ImportCache;
  /** Charts of other places that were fetched before. */
  readonly charts?: ChartCache | undefined;
  /** With these, definitions are read as they come out of what brings them; without, as they stand in the files. */
  readonly renderers?: readonly Renderer[] | undefined;
}

/**
 * The applications that a tree holds: what Steersman, Argo CD and Flux definitions say, each found where a kustomization or a
 * parent takes it up; and where nothing is defined at all, the folders that hold manifests. With a path, those that are defined
 * there or that render something there.
 */
export async function findApplications(artifact: Artifact, path: string, signal: AbortSignal, options: FindOptions = {}): Promise<Found> {
  const { cache = createImportCache() } = options;
  const tree = await readTree(artifact, '', { signal, cache });
  const found = await defined(tree, options, signal);
  const within = cleanPath(path);
  const concerned = found.applications.filter((one) => within === '' || concerns(one, within));
  const enough = concerned.length > 0 || (within === '' && found.defined);
  const folders = enough ? [] : folderApplications(within === '' ? tree : await readTree(artifact, within, { signal, cache }));
  const shown = [...concerned, ...folders];
  const { applications, said } = foundWords({ tree, applications: shown, unlisted: found.unlisted, defined: found.defined });
  return {
    applications: distinctNames(applications),
    said,
    problems: inOrder([...tree.problems, ...found.problems].filter((problem) => within === '' || isUnder(problem.path, within))),
  };
}
function concerns({ path, origin, elsewhere }: FoundApplication, within: string): boolean {
  if (origin !== undefined && isUnder(origin.path, within)) return true;
  return elsewhere === undefined && (isUnder(path, within) || isUnder(within, path));
}

interface Defined {
  /** Whether there are definitions at all, understood or not. */
  readonly defined: boolean;
  readonly applications: readonly Readable[];
  readonly problems: readonly SourceProblem[];
  /** In files that lie in a folder which is rendered, and that nothing takes up. */
  readonly unlisted: readonly Definition[];
}
async function defined(tree: Tree, { remotes = [], charts, renderers }: FindOptions, signal: AbortSignal): Promise<Defined> {
  const patches = patchFiles(tree);
  const definitions = [...tree.definitions].filter(([file]) => !patches.has(file)).flatMap(([, all]) => all);
  const own = ownAddresses(tree, definitions, remotes);
  const homeOf = homesOf(definitions);
  const around = (home: string): Around => ({ tree, definitions, own, charts, home });
  const rendering = renderers === undefined ? undefined : { renderers, signal };
  const walk: Walk = { tree, around, rendering, applications: [], problems: [], seen: new Set() };
  const { roots, unlisted } = await rootsOf(walk, definitions);
  for (const { definition, way } of roots) {
    const there = underway(definition, way);
    await follow(walk, (await fromTops(walk, there)) ?? there, homeOf(definition.origin.path));
  }
  return {
    defined: definitions.some((one) => readerOf(one) !== undefined),
    applications: walk.applications,
    problems: walk.problems,
    unlisted,
  };
}

interface Walk {
  readonly tree: Tree;
  readonly around: (home: string) => Around;
  readonly applications: Readable[];
  readonly problems: SourceProblem[];
  readonly rendering: Rendering | undefined;
  readonly seen: Set<string>;
}

/** Reads one definition, and those that its application brings along. */
async function follow(walk: Walk, definition: Definition, home: string): Promise<void> {
  const reader = readerOf(definition);
  const { namespace = '', name } = definition.object.metadata;
  const id = JSON.stringify([home, definition.object.kind, namespace, name, definition.origin]);
  if (reader === undefined || walk.seen.has(id)) return;
  walk.seen.add(id);
  const { applications, problems } = await reader.read(definition, walk.around(home));
  walk.problems.push(...problems.filter((problem) => !walk.problems.some((other) => sameProblem(other, problem))));
  for (const application of applications) {
    walk.applications.push(application);
    if (application.elsewhere !== undefined) continue;
    for (const child of await childrenOf(walk, application, home)) await follow(walk, child, home);
  }
}
function sameProblem(a: SourceProblem, b: SourceProblem): boolean {
  return a.path === b.path && a.line === b.line && a.column === b.column && a.message === b.message;
}

/** The definitions that an application brings along, as they are in the cluster. */
async function childrenOf(walk: Walk, application: Readable, home: string): Promise<readonly Definition[]> {
  const { tree, rendering } = walk;
  const written = broughtBy(tree, application).map(({ definition, way }) => underway(definition, way));
  if (rendering === undefined || !changesOnTheWay(tree, application)) return written;
  if (!tree.definingCharts.has(application.path) && (await allElsewhere(walk, written, home))) return written;
  return (await renderedDefinitions(tree, application, rendering)) ?? written;
}
/** Releases of charts that are not here stay so whatever is laid over them: that is most of some repositories. */
async function allElsewhere({ around }: Walk, definitions: readonly Definition[], home: string): Promise<boolean> {
  for (const definition of definitions) {
    const reader = readerOf(definition);
    if (reader === undefined) continue;
    if (reader.form !== 'FluxHelmRelease') return false;
    const { applications } = await reader.read(definition, around(home));
    if (applications.some(({ elsewhere }) => elsewhere === undefined)) return false;
  }
  return true;
}
/** A definition that only a kustomization brings, as it comes out of that. */
async function fromTops({ tree, rendering }: Walk, definition: Definition): Promise<Definition | undefined> {
  if (rendering === undefined) return undefined;
  const { object, origin } = definition;
  for (const path of topKustomizations(tree)) {
    const one = { application: { namespace: 'default', name: 'top' }, path, namespace: 'default', render: {}, recurse: true };
    if (!reach(tree, path).some(({ file }) => file === origin.path) || !changesOnTheWay(tree, one)) continue;
    const all = await renderedDefinitions(tree, one, rendering);
    const found = all?.find(
      (other) =>
        other.origin.path === origin.path && other.object.kind === object.kind && other.object.metadata.name === object.metadata.name,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
function broughtBy(tree: Tree, application: Readable): { definition: Definition; way: Way }[] {
  // Its folder is that of its definition, and brings nothing.
  if (application.render.helm?.chart !== undefined) return [];
  const { targetNamespace = '', kustomize = {} } = application.render;
  const way = {
    namespace: targetNamespace === '' ? (kustomize.namespace ?? '') : targetNamespace,
    namePrefix: kustomize.namePrefix ?? '',
    nameSuffix: kustomize.nameSuffix ?? '',
  };
  const found = reach(tree, application.path, { recurse: application.recurse, way });
  return found.flatMap((reached) => (tree.definitions.get(reached.file) ?? []).map((definition) => ({ definition, way: reached })));
}

/** Definitions that no other one brings along: where to begin. */
async function rootsOf(
  walk: Walk,
  definitions: readonly Definition[],
): Promise<{ roots: readonly { definition: Definition; way: Way }[]; unlisted: readonly Definition[] }> {
  const { tree } = walk;
  const brought = new Set<string>();
  const rendered: string[] = [];
  const cyclic: Definition[] = [];
  for (const definition of definitions) {
    const understood = await readerOf(definition)?.read(definition, walk.around(''));
    for (const application of understood?.applications ?? []) {
      if (application.elsewhere !== undefined || application.render.helm?.chart !== undefined) continue;
      rendered.push(application.path);
      const files = new Set(broughtBy(tree, application).map((one) => one.definition.origin.path));
      // What brings itself along (flux-system) is where it all begins.
      if (files.has(definition.origin.path)) cyclic.push(definition);
      for (const file of files) if (file !== definition.origin.path) brought.add(file);
    }
  }
  const free = definitions.filter((definition) => readerOf(definition) !== undefined && !brought.has(definition.origin.path));
  const starts = [...new Set([...cyclic, ...free])];
  const ways = waysFromTops(tree);
  const listed = starts.filter((definition) => cyclic.includes(definition) || isListed(definition, { rendered, ways }));
  return {
    roots: listed.flatMap((definition) => (ways.get(definition.origin.path) ?? [straight]).map((way) => ({ definition, way }))),
    unlisted: starts.filter((definition) => !listed.includes(definition)),
  };
}
/** A file in a folder that is rendered, and that the rendering passes over, defines nothing. */
function isListed(definition: Definition, known: { rendered: readonly string[]; ways: ReadonlyMap<string, readonly Way[]> }): boolean {
  const { path } = definition.origin;
  return known.ways.has(path) || !known.rendered.some((folder) => isUnder(path, folder));
}
/** By file, what the kustomizations do to it that nothing else builds upon. */
function waysFromTops(tree: Tree): ReadonlyMap<string, readonly Way[]> {
  const out = new Map<string, Way[]>();
  for (const top of topKustomizations(tree))
    for (const { file, namespace, namePrefix, nameSuffix } of reach(tree, top)) {
      if (!tree.definitions.has(file)) continue;
      const ways = out.get(file) ?? [];
      out.set(file, ways);
      const way = { namespace, namePrefix, nameSuffix };
      if (!ways.some((other) => JSON.stringify(other) === JSON.stringify(way))) ways.push(way);
    }
  return out;
}

function readerOf({ object }: Definition): Import | undefined {
  const kind = `${object.apiVersion.split('/')[0] ?? ''}/${object.kind}`;
  return imports.find((one) => one.kind === kind);
}
