import type { KubeObject } from '../../api/object.ts';
import type { Origin } from '../../api/plan.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { Recent } from '../recent.ts';
import { readManifests } from '../renderers/manifest-file.ts';
import type { SourceProblem } from '../renderer.ts';
import type { Artifact, ArtifactFile } from '../source.ts';
import { parseYaml, positionsOf } from '../yaml.ts';

/** One object that defines an application, or a source that such an object names. */
export interface Definition {
  readonly object: KubeObject;
  readonly origin: Origin;
  /** Of a path inside the object. */
  place(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}
/** What a kustomization file says that decides which definitions it reaches, and under which names. */
export interface KustomizationFile {
  readonly path: string;
  readonly component: boolean;
  /** Files and folders, as written. */
  readonly resources: readonly string[];
  /** Files that are patches, as written. */
  readonly patches: readonly string[];
  readonly namespace: string;
  readonly namePrefix: string;
  readonly nameSuffix: string;
  /** It does no more to definitions than the fields above say. */
  readonly plain: boolean;
}
/** A tree, as far as it matters for finding applications. */
export interface Tree {
  readonly artifact: Artifact;
  /** Ordinary files by path, in code point order. */
  readonly files: ReadonlyMap<string, ArtifactFile>;
  /** Every folder that holds a file at any depth; '' is the root. */
  readonly folders: ReadonlySet<string>;
  /** By file. */
  readonly definitions: ReadonlyMap<string, readonly Definition[]>;
  /** By folder. */
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  /** Files that hold manifests of any kind, with what each calls its objects. */
  readonly manifests: ReadonlyMap<string, readonly NamedObject[]>;
  /** ConfigMaps that definitions take values from, by name. */
  readonly configMaps: ReadonlyMap<string, readonly ConfigMapFound[]>;
  /** Folders of Helm charts, with the type that Chart.yaml says. */
  readonly charts: ReadonlyMap<string, { readonly library: boolean }>;
  /** Folders of charts whose templates make definitions. */
  readonly definingCharts: ReadonlySet<string>;
  readonly problems: readonly SourceProblem[];
}
export interface ConfigMapFound {
  readonly path: string;
  readonly namespace: string | undefined;
  readonly data: Readonly<Record<string, string>>;
}
/** An object as a glance at its text shows it. */
export interface NamedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
/** What was read of files, by what they hold: a commit that touches two files reads two files. */
export type ImportCache = Recent<string, FileContent>;
export function createImportCache(bytes = 64 * 2 ** 20): ImportCache {
  return new Recent<string, FileContent>(bytes);
}
/** What one file is. */
export interface FileContent {
  readonly kustomization?: Omit<KustomizationFile, 'path'>;
  readonly chart?: { readonly library: boolean };
  readonly manifest: boolean;
  /** It speaks of applications, be it in a template. */
  readonly defining?: true;
  readonly objects?: readonly NamedObject[];
  readonly configMap?: true;
  readonly definitions: readonly Omit<Definition, 'origin'>[];
  readonly lines: readonly number[];
  readonly problems: readonly Omit<SourceProblem, 'path'>[];
}

/** Bytes in memory, about, without definitions. */
export function outlineWeight({ objects = [] }: Pick<FileContent, 'objects'>): number {
  return 300 + 100 * objects.length;
}

const kustomizationName = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;
const chartName = /(^|\/)Chart\.ya?ml$/;
const defining =
  /apiVersion["']?\s*:\s*["']?(steersman\.dev|argoproj\.io|(kustomize|helm|source)\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io)\//;

/** Whether an object is one of those that `imports` read, or a source that these name. */
export function isDefinition(object: { readonly apiVersion?: unknown }): boolean {
  return defining.test(`apiVersion: ${String(object.apiVersion)}`);
}

/** Reads what a tree holds. Folders and files whose name begins with a dot are not looked at. */
export async function readTree(artifact: Artifact, path: string, options: { signal: AbortSignal; cache: ImportCache }): Promise<Tree> {
  const files = (await artifact.list(path)).filter((file) => file.special === undefined && !hidden(file.path));
  options.signal.throwIfAborted();
  const wanted = files.filter((file) => /\.(ya?ml|json)$/i.test(file.path) || kustomizationName.test(file.path));
  const contents = await readAll(artifact, wanted, options.cache);
  options.signal.throwIfAborted();
  const folders = new Set<string>(['']);
  for (const file of files) for (let at = folderOf(file.path); !folders.has(at); at = folderOf(at)) folders.add(at);
  const sorted = sortOut(wanted, contents);
  const candidates = wanted.filter((_, at) => contents[at]?.configMap === true).map((file) => file.path);
  const configMaps = await readConfigMaps(artifact, candidates, namesTakenFrom(sorted.definitions));
  return { artifact, files: new Map(files.map((file) => [file.path, file])), folders, ...sorted, configMaps };
}

/** The ConfigMaps that Flux Kustomizations take values from. */
function namesTakenFrom(definitions: Tree['definitions']): ReadonlySet<string> {
  const out = new Set<string>();
  for (const { object } of [...definitions.values()].flat()) {
    const from = valueAt(object, ['spec', 'postBuild', 'substituteFrom']);
    if (!Array.isArray(from)) continue;
    for (const one of from as unknown[])
      if (isRecord(one) && one['kind'] === 'ConfigMap' && typeof one['name'] === 'string') out.add(one['name']);
  }
  return out;
}
async function readConfigMaps(
  artifact: Artifact,
  paths: readonly string[],
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly ConfigMapFound[]>> {
  const out = new Map<string, ConfigMapFound[]>();
  if (names.size === 0) return out;
  const bytes = await artifact.read(paths);
  paths.forEach((path, at) => {
    for (const { object } of readManifests(path, bytes[at] as Uint8Array).objects) {
      const { metadata, data } = object as unknown as { metadata: { name?: string; namespace?: string }; data?: unknown };
      if (object['kind'] !== 'ConfigMap' || !names.has(metadata.name ?? '')) continue;
      const values = isRecord(data) ? Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string') : [];
      const found = { path, namespace: metadata.namespace, data: Object.fromEntries(values) };
      out.set(metadata.name ?? '', [...(out.get(metadata.name ?? '') ?? []), found]);
    }
  });
  return out;
}

type SortedOut = Pick<Tree, 'definitions' | 'kustomizations' | 'manifests' | 'charts' | 'definingCharts' | 'problems'>;
function sortOut(files: readonly ArtifactFile[], contents: readonly FileContent[]): SortedOut {
  const definitions = new Map<string, readonly Definition[]>();
  const kustomizations = new Map<string, KustomizationFile>();
  const manifests = new Map<string, readonly NamedObject[]>();
  const charts = new Map<string, { library: boolean }>();
  const definingCharts = new Set<string>();
  const problems: SourceProblem[] = [];
  const inCharts = new Set(files.filter((_, at) => contents[at]?.chart !== undefined).map((file) => folderOf(file.path)));
  files.forEach(({ path }, at) => {
    const content = contents[at] as FileContent;
    if (content.chart !== undefined) charts.set(folderOf(path), content.chart);
    const chart = inCharts.size === 0 ? undefined : inside(folderOf(path), inCharts);
    if (chart !== undefined && content.defining === true) definingCharts.add(chart);
    if (chart !== undefined) return;
    for (const problem of content.problems) problems.push({ path, ...problem });
    if (content.kustomization !== undefined) kustomizations.set(folderOf(path), { path, ...content.kustomization });
    if (content.manifest) manifests.set(path, content.objects ?? []);
    if (content.definitions.length > 0)
      definitions.set(
        path,
        content.definitions.map((definition, index) => ({ ...definition, origin: { path, line: content.lines[index] as number } })),
      );
  });
  return { definitions, kustomizations, manifests, charts, definingCharts, problems };
}
/** The chart that a folder is in: templates of a chart are text, not manifests. */
function inside(folder: string, charts: ReadonlySet<string>): string | undefined {
  for (let at = folder; ; at = folderOf(at)) {
    if (charts.has(at)) return at;
    if (at === '') return undefined;
  }
}

async function readAll(artifact: Artifact, files: readonly ArtifactFile[], cache: ImportCache): Promise<FileContent[]> {
  const key = (file: ArtifactFile) => `${file.digest} ${kindOfName(file.path)}`;
  const known = files.map((file) => cache.get(key(file)));
  const missing = files.filter((_, at) => known[at] === undefined);
  const bytes = missing.length === 0 ? [] : await artifact.read(missing.map((file) => file.path));
  const fresh = new Map<string, FileContent>();
  missing.forEach((file, at) => {
    const content = contentOf(file.path, bytes[at] as Uint8Array);
    cache.set(key(file), content, outlineWeight(content) + (content.definitions.length > 0 ? file.sizeBytes * 4 : 0));
    fresh.set(file.path, content);
  });
  return files.map((file, at) => known[at] ?? (fresh.get(file.path) as FileContent));
}
function kindOfName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (kustomizationName.test(name)) return 'kustomization';
  if (chartName.test(name)) return 'chart';
  return /\.json$/i.test(name) ? 'json' : 'yaml';
}

const nothing: FileContent = { manifest: false, definitions: [], lines: [], problems: [] };
/** What one file is, by its name and its content. */
export function contentOf(path: string, bytes: Uint8Array): FileContent {
  const text = Buffer.from(bytes).toString('utf8');
  if (kustomizationName.test(path)) {
    const kustomization = kustomizationOf(text);
    return kustomization === undefined ? nothing : { ...nothing, kustomization };
  }
  if (chartName.test(path)) return { ...nothing, chart: { library: /^type:\s*["']?library/m.test(text) } };
  const configMap = /kind["']?\s*:\s*["']?ConfigMap\b/.test(text) ? { configMap: true as const } : {};
  if (!defining.test(text)) return isManifest(text) ? { ...nothing, ...configMap, manifest: true, objects: namedIn(text) } : nothing;
  const { objects, problems } = readManifests(path, bytes);
  const place = placesOf(text);
  const found = objects.filter(({ object }) => isDefinition(object));
  const definitions = found.map(({ object, document, inside: within }) => ({
    object: object as unknown as KubeObject,
    place: (at: readonly (string | number)[]) => place()(document, [...within, ...at]),
  }));
  return { ...configMap, manifest: true, defining: true, definitions, lines: found.map(({ line }) => line), problems };
}
function placesOf(text: string): () => ReturnType<typeof positionsOf> {
  let made: ReturnType<typeof positionsOf> | undefined;
  return () => (made ??= positionsOf(text));
}
function isManifest(text: string): boolean {
  // On one line, as programs write JSON.
  if (/^\s*\{/.test(text))
    return /[{,]\s*["']?kind["']?\s*:\s*["']?[A-Z]/.test(text) && /[{,]\s*["']?apiVersion["']?\s*:\s*["']?[a-z]/.test(text);
  const kind = /^\s*["']?kind["']?\s*:\s*["']?[A-Z]/m.test(text);
  return kind && /^\s*["']?apiVersion["']?\s*:\s*["']?[a-z]/m.test(text) && !/^apiVersion:\s*kustomize\.config\.k8s\.io\//m.test(text);
}

/** Kind, name and namespace of each document, by their lines; what is written in another way (JSON, a list) is not seen. */
function namedIn(text: string): NamedObject[] {
  const out: NamedObject[] = [];
  let [kind, name, namespace, indent, inside] = ['', '', '', '', false];
  const end = () => {
    if (kind !== '' && name !== '') out.push({ kind, namespace, name });
    [kind, name, namespace, indent, inside] = ['', '', '', '', false];
  };
  for (const line of text.split('\n')) {
    const [, space = '', key, value = ''] = /^([ ]*)([A-Za-z]+):[ ]*["']?([\w.-]*)/.exec(line) ?? [];
    if (line.startsWith('---')) end();
    else if (key === undefined) continue;
    else if (space === '') {
      inside = key === 'metadata';
      if (key === 'kind') kind = value;
    } else if (inside) {
      if (indent === '') indent = space;
      if (space === indent && key === 'name') name = value;
      if (space === indent && key === 'namespace') namespace = value;
    }
  }
  end();
  return out;
}

/** Of a kustomization: those that are read here, and those that change nothing that defines an application. */
const plainFields: ReadonlySet<string> = new Set([
  ...['apiVersion', 'kind', 'metadata', 'resources', 'bases', 'crds', 'namespace', 'namePrefix', 'nameSuffix'],
  ...['commonLabels', 'commonAnnotations', 'labels', 'images', 'replicas', 'sortOptions', 'buildMetadata'],
  ...['configMapGenerator', 'secretGenerator', 'generatorOptions'],
]);
function kustomizationOf(text: string): Omit<KustomizationFile, 'path'> | undefined {
  const [document] = parseYaml(text).documents;
  const value = document?.value;
  if (!isRecord(value)) return undefined;
  const list = (name: string) => (Array.isArray(value[name]) ? (value[name] as unknown[]) : []);
  const texts = (name: string) => list(name).filter((one): one is string => typeof one === 'string');
  const field = (name: string) => (typeof value[name] === 'string' ? value[name] : '');
  const files = [...list('patches'), ...list('patchesJson6902')].map((one) => (isRecord(one) ? one['path'] : undefined));
  return {
    component: value['kind'] === 'Component',
    resources: [...texts('resources'), ...texts('bases'), ...texts('components'), ...texts('crds')],
    patches: [...files.filter((one): one is string => typeof one === 'string'), ...texts('patchesStrategicMerge')],
    namespace: field('namespace'),
    namePrefix: field('namePrefix'),
    nameSuffix: field('nameSuffix'),
    plain: Object.keys(value).every((name) => plainFields.has(name)),
  };
}

function hidden(path: string): boolean {
  return /(?:^|\/)(?:\.|node_modules(?:\/|$))/.test(path);
}
/** The folder that holds a path; '' is the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
/** A path written relative to a folder, from the root; undefined where it leaves the tree or is no path at all. */
export function pathFrom(folder: string, written: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written) || /^[^/]+@[^/]+:/.test(written) || written.includes('\0')) return undefined;
  const parts = written.startsWith('/') || folder === '' ? [] : folder.split('/');
  for (const part of written.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
