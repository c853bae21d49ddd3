import type { KubeObject } from '../../api/object.ts';
import { canonicalJson } from '../../base/json.ts';
import { Recent } from '../recent.ts';
import { matcher } from '../glob.ts';
import { RenderError, type DirectorySettings, type Manifest, type Renderer, type RenderResult, type SourceProblem } from '../renderer.ts';
import type { Artifact, ArtifactFile } from '../source.ts';
import { cleanPath, quoted } from '../sources/paths.ts';
import { readManifests, type FileManifests } from './manifest-file.ts';
import { positionsOf } from '../yaml.ts';

/** Text of parsed files kept, in bytes; their values take about three times as much. */
const cacheBytes = 32 * 2 ** 20;

/**
 * Manifests as they stand in files: `.yaml`, `.yml` and `.json`, many documents and lists. Names that begin with a dot are
 * skipped; kustomization files, folders of Helm charts, links and submodules are left out and said so in the notes.
 * A blob is parsed once, whatever commits and applications it appears in.
 */
export function createPlainRenderer(options: { cacheBytes?: number } = {}): Renderer {
  const parsed = new Recent<string, FileManifests>(options.cacheBytes ?? cacheBytes);
  const rendered = new Recent<string, RenderResult>(64);
  const positions = new Recent<string, ReturnType<typeof positionsOf>>(8);
  return {
    name: 'plain',
    detect: async (artifact, path) => (await artifact.list(path)).some((file) => isManifestName(file.path)),
    render: async (artifact, path, signal, settings = {}) => {
      const { directory = {} } = settings;
      const key = `${cleanPath(path)}\0${await artifact.digest(path)}\0${canonicalJson(directory)}`;
      const known = rendered.get(key);
      if (known !== undefined) return known;
      const { files, notes } = choose(within(await artifact.list(path), cleanPath(path), directory), cleanPath(path));
      signal.throwIfAborted();
      const contents = await readAll(artifact, files, parsed);
      signal.throwIfAborted();
      const result = assemble(files, contents, { notes, positions });
      rendered.set(key, result);
      return result;
    },
  };
}

/** The files that the settings take up: all, where they say nothing. */
function within(all: readonly ArtifactFile[], root: string, directory: DirectorySettings): readonly ArtifactFile[] {
  const { recurse = true, include, exclude } = directory;
  const [takes, leaves] = [include, exclude].map((pattern) => (pattern === undefined ? undefined : matcher(pattern, { slashes: true })));
  return all.filter((file) => {
    const name = root === '' || file.path === root ? file.path : file.path.slice(root.length + 1);
    if (!recurse && name.includes('/')) return false;
    return (takes?.(name) ?? true) && !(leaves?.(name) ?? false);
  });
}

interface Chosen {
  readonly files: readonly ArtifactFile[];
  readonly notes: string[];
}

function isManifestName(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path);
}
function choose(all: readonly ArtifactFile[], root: string): Chosen {
  const notes: string[] = [];
  const relative = (file: ArtifactFile) => (root === '' || file.path === root ? file.path : file.path.slice(root.length + 1));
  const charts = all.filter((file) => /(^|\/)Chart\.ya?ml$/.test(file.path)).map((file) => file.path.replace(/\/?[^/]*$/, ''));
  for (const chart of charts)
    notes.push(`${chart === '' ? 'the repository' : quoted(chart)} is a Helm chart and is left out: name it with a path of its own`);
  const files = all.filter((file) => {
    const name = relative(file);
    if (name.split('/').some((part) => part.startsWith('.'))) return false;
    if (charts.some((chart) => chart === '' || file.path.startsWith(`${chart}/`))) return false;
    if (file.special === 'link') notes.push(`${quoted(file.path)} is a symbolic link, which is not followed`);
    if (file.special === 'submodule') notes.push(`${quoted(file.path)} is a submodule, which is not fetched`);
    return file.special === undefined && isManifestName(file.path);
  });
  return { files, notes };
}

async function readAll(
  artifact: Artifact,
  files: readonly ArtifactFile[],
  parsed: Recent<string, FileManifests>,
): Promise<FileManifests[]> {
  const out = files.map((file) => parsed.get(cacheKey(file)));
  const missing = files.filter((_, at) => out[at] === undefined);
  const bytes = missing.length === 0 ? [] : await artifact.read(missing.map((file) => file.path));
  const fresh = new Map<string, FileManifests>();
  missing.forEach((file, at) => {
    const found = readManifests(file.path, bytes[at] as Uint8Array);
    parsed.set(cacheKey(file), found, file.sizeBytes + 256);
    fresh.set(file.path, found);
  });
  return files.map((file, at) => out[at] ?? (fresh.get(file.path) as FileManifests));
}
/** Names decide how a blob is read: as JSON or YAML, and whether it may be a kustomization. */
function cacheKey(file: ArtifactFile): string {
  return `${file.digest}${/\.json$/i.test(file.path) ? 'j' : 'y'}`;
}

interface Around {
  readonly notes: string[];
  readonly positions: Recent<string, ReturnType<typeof positionsOf>>;
}
function assemble(files: readonly ArtifactFile[], contents: readonly FileManifests[], { notes, positions }: Around): RenderResult {
  const problems: SourceProblem[] = [];
  const manifests: Manifest[] = [];
  files.forEach((file, at) => {
    const content = contents[at] as FileManifests;
    problems.push(...content.problems.map((problem) => ({ path: file.path, ...problem })));
    notes.push(...content.notes.map((note) => `${quoted(file.path)} ${note}`));
    const position = (index: number, path: readonly (string | number)[]) => {
      let find = positions.get(cacheKey(file));
      if (find === undefined) positions.set(cacheKey(file), (find = positionsOf(content.text)));
      return find(index, path);
    };
    for (const { object, document, inside, line } of content.objects) {
      const origin = { path: file.path, line };
      manifests.push({
        object: object as unknown as KubeObject,
        origin,
        blob: file.digest,
        position: (path) => position(document, [...inside, ...path]),
      });
    }
  });
  const result = { manifests, read: files.map(({ path, digest }) => ({ path, digest })), notes };
  if (problems.length > 0) throw new RenderError(problems, result);
  return result;
}
