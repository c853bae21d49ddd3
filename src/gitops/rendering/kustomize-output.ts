import { isRecord } from '../../base/json.ts';
import { RenderError } from '../renderer.ts';
import { readManifests } from '../renderers/manifest-file.ts';
import { parseYaml } from '../yaml.ts';
import type { Closure } from './closure.ts';
import type { Made, MadeObject } from './made.ts';

const originKey = 'config.kubernetes.io/origin';

/** Objects as kustomize printed them, with the annotation that tells where each comes from. @throws RenderError */
export function printedObjects(stdout: Buffer, rootFile: string): readonly Readonly<Record<string, unknown>>[] {
  const { problems, objects } = readManifests('kustomize', stdout);
  const [problem] = problems;
  if (problem === undefined) return objects.map((one) => one.object);
  throw new RenderError([{ path: rootFile, line: 1, column: 1, message: `kustomize printed what is no manifest: ${problem.message}` }]);
}

/** The same without that annotation, which becomes the origin. `from`: the folder that was built, beside or in the folder `tree`. */
export function madeByKustomize(objects: readonly Readonly<Record<string, unknown>>[], closure: Closure, from: string): Made {
  const own = closure.root.value['buildMetadata'];
  const keep = Array.isArray(own) && own.includes('originAnnotations');
  return { objects: objects.map((object) => withOrigin(object, { closure, keep, from })), notes: [] };
}

interface Around {
  readonly closure: Closure;
  /** The folder asks for the annotation itself. */
  readonly keep: boolean;
  readonly from: string;
}
function withOrigin(object: Readonly<Record<string, unknown>>, around: Around): MadeObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  const annotations = metadata['annotations'];
  const text = isRecord(annotations) ? annotations[originKey] : undefined;
  if (!isRecord(annotations) || typeof text !== 'string') return { object, path: around.closure.rootFile, line: 1 };
  const place = placeOf(text, object, around);
  if (around.keep) return { object, ...place };
  const { [originKey]: _origin, ...others } = annotations;
  const { annotations: _annotations, ...bare } = metadata;
  return { object: { ...object, metadata: Object.keys(others).length === 0 ? bare : { ...bare, annotations: others } }, ...place };
}

/** What kustomize says of an object's origin, from the repository's root. */
function placeOf(text: string, object: Readonly<Record<string, unknown>>, { closure, from }: Around): { path: string; line?: number } {
  const origin = parseYaml(text).documents[0]?.value;
  const path = isRecord(origin) ? (origin['path'] ?? origin['configuredIn']) : undefined;
  if (!isRecord(origin) || typeof path !== 'string') return { path: closure.rootFile, line: 1 };
  const parts = from.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const file = parts.slice(1).join('/');
  return origin['path'] === undefined ? { path: file, line: generatorLine(file, object, closure) } : { path: file };
}
/** Of the generator's entry that made it. */
function generatorLine(file: string, object: Readonly<Record<string, unknown>>, closure: Closure): number {
  const read = closure.kustomizations.get(file);
  if (read === undefined) return 1;
  const field = object['kind'] === 'Secret' ? 'secretGenerator' : 'configMapGenerator';
  const entries = read.value[field];
  const name = String((object['metadata'] as { name?: unknown }).name);
  const index = Array.isArray(entries) ? entries.findIndex((entry) => isRecord(entry) && name.includes(String(entry['name']))) : -1;
  return index < 0 ? 1 : read.position([field, index]).line;
}
