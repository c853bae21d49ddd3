import { canonicalJson, isRecord } from '../../base/json.ts';
import { closureOf, keepKustomizations, kustomizationOf, type Closure } from '../rendering/closure.ts';
import { once } from '../rendering/kept.ts';
import { digestOf, resultOf, type Made, type MadeObject } from '../rendering/made.ts';
import { overlayOf } from '../rendering/overlay.ts';
import { Texts } from '../rendering/texts.ts';
import type { Tool, Tools } from '../rendering/tools.ts';
import type { Workplace } from '../rendering/workplace.ts';
import { Recent } from '../recent.ts';
import { RenderError, type Renderer, type RenderResult, type RenderSettings } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { cleanPath } from '../sources/paths.ts';
import { parseYaml, positionsOf } from '../yaml.ts';
import { readManifests } from './manifest-file.ts';

const originKey = 'config.kubernetes.io/origin';

/**
 * Folders with a kustomization, built by `kustomize build` (or `kubectl kustomize`). What a build can read is found beforehand and laid
 * into a folder of its own, so nothing else is read, nothing is fetched, and the result can be kept by the content of what was read.
 */
export function createKustomizeRenderer(workplace: Workplace, tools: Tools): Renderer {
  const known = keepKustomizations();
  const texts = new Texts();
  const results = new Recent<string, Promise<RenderResult>>(4000);
  const render = async (artifact: Artifact, path: string, signal: AbortSignal, settings: RenderSettings): Promise<RenderResult> => {
    const closure = await closureOf(artifact, path, known, overlayOf(artifact, path, settings));
    signal.throwIfAborted();
    const tool = await workplace.outside(tools.kustomize({ by: closure.rootFile }));
    const key = canonicalJson(['kustomize', path, settings, tool.program.stamp, digestOf(closure.files)]);
    return once(results, key, async () => {
      await workplace.outside(tools.check(tool, { by: closure.rootFile, signal }));
      const made = await build({ workplace, tools, tool, closure, artifact, signal });
      return resultOf(made, { artifact, read: closure.files, texts });
    });
  };
  return {
    name: 'kustomize',
    detect: async (artifact, path) => (await kustomizationOf(artifact, cleanPath(path))) !== undefined,
    render: (artifact, path, signal, settings = {}) => render(artifact, cleanPath(path), signal, settings),
    fingerprint: async (artifact, path, settings = {}) =>
      digestOf((await closureOf(artifact, cleanPath(path), known, overlayOf(artifact, cleanPath(path), settings))).files),
  };
}

interface Build {
  readonly workplace: Workplace;
  readonly tools: Tools;
  readonly tool: Tool;
  readonly closure: Closure;
  readonly artifact: Artifact;
  readonly signal: AbortSignal;
}
async function build({ workplace, tools, tool, closure, artifact, signal }: Build): Promise<Made> {
  const { rootFile, files } = closure;
  const contents = files.length === 0 ? [] : await artifact.read(files.map((file) => file.path));
  const placed = files
    .map((file, at) => ({ path: file.path, content: contents[at] as Uint8Array | string }))
    .filter((file) => file.path !== rootFile || closure.rootIsData);
  if (!closure.rootIsData) placed.push({ path: rootFile, content: rootText(closure) });
  const folder = rootFile.slice(0, Math.max(0, rootFile.lastIndexOf('/')));
  const ran = await workplace.outside(
    workplace.withFolder(
      placed.map((file) => ({ ...file, path: `tree/${file.path}` })),
      async (scratch) => {
        const done = await tools.run(tool, [`tree/${folder}`], { folder: scratch, signal });
        return { ...done, stderr: done.stderr.replaceAll(`${scratch}/tree/`, '').replaceAll(scratch, '') };
      },
    ),
  );
  if (ran.code !== 0) throw failure(rootFile, ran);
  return madeFrom(ran.stdout, closure);
}
/** With a note of each object's origin; what the folder's own kustomization says of that goes on. */
function rootText({ root }: Closure): string {
  const own = root.value['buildMetadata'];
  const asked = Array.isArray(own) ? (own as unknown[]) : [];
  return JSON.stringify({ ...root.value, buildMetadata: [...new Set([...asked, 'originAnnotations'])] });
}

function failure(path: string, ran: { readonly stderr: string; readonly ended?: 'time' | 'size' }): RenderError {
  const message =
    ran.ended === 'time'
      ? 'kustomize did not end within 60 s and was stopped'
      : ran.ended === 'size'
        ? 'kustomize printed more than 64 MiB and was stopped'
        : `kustomize: ${
            ran.stderr
              .trim()
              .replace(/^Error: /, '')
              .slice(0, 2000) || 'it failed without a word'
          }`;
  return new RenderError([{ path, line: 1, column: 1, message }]);
}

function madeFrom(stdout: Buffer, closure: Closure): Made {
  const { rootFile } = closure;
  const read = readManifests('kustomize', stdout);
  const [problem] = read.problems;
  if (problem !== undefined)
    throw new RenderError([{ path: rootFile, line: 1, column: 1, message: `kustomize printed what is no manifest: ${problem.message}` }]);
  const own = closure.root.value['buildMetadata'];
  const keep = Array.isArray(own) && own.includes('originAnnotations');
  return { objects: read.objects.map((one) => withOrigin(one.object, { closure, keep })), notes: [] };
}

function withOrigin(object: Readonly<Record<string, unknown>>, { closure, keep }: { closure: Closure; keep: boolean }): MadeObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  const annotations = metadata['annotations'];
  const text = isRecord(annotations) ? annotations[originKey] : undefined;
  if (!isRecord(annotations) || typeof text !== 'string') return { object, path: closure.rootFile, line: 1 };
  const place = placeOf(text, object, closure);
  if (keep) return { object, ...place };
  const { [originKey]: _origin, ...others } = annotations;
  const { annotations: _annotations, ...bare } = metadata;
  return { object: { ...object, metadata: Object.keys(others).length === 0 ? bare : { ...bare, annotations: others } }, ...place };
}

/** What kustomize says of an object's origin, from the repository's root. */
function placeOf(text: string, object: Readonly<Record<string, unknown>>, closure: Closure): { path: string; line?: number } {
  const origin = parseYaml(text).documents[0]?.value;
  const folder = closure.rootFile.split('/').slice(0, -1);
  const path = isRecord(origin) ? (origin['path'] ?? origin['configuredIn']) : undefined;
  if (!isRecord(origin) || typeof path !== 'string') return { path: closure.rootFile, line: 1 };
  const parts = [...folder];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const file = parts.join('/');
  if (origin['path'] !== undefined) return { path: file };
  return { path: file, line: generatorLine(file, object, closure) };
}
/** Of the generator's entry that made it. */
function generatorLine(file: string, object: Readonly<Record<string, unknown>>, closure: Closure): number {
  const read = closure.kustomizations.get(file);
  if (read === undefined) return 1;
  const field = object['kind'] === 'Secret' ? 'secretGenerator' : 'configMapGenerator';
  const entries = read.value[field];
  const name = String((object['metadata'] as { name?: unknown }).name);
  const index = Array.isArray(entries) ? entries.findIndex((entry) => isRecord(entry) && name.includes(String(entry['name']))) : -1;
  return index < 0 ? 1 : positionsOf(read.text)(0, [field, index]).line;
}
