import { isRecord } from '../../base/json.ts';
import type { KustomizeSettings, RenderSettings } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { readManifests } from '../renderers/manifest-file.ts';
import { listed, type Overlay } from './closure.ts';
import { kustomizationNames } from './kustomization.ts';

/**
 * What the settings of an application lay over the kustomization of its folder, as Argo CD and Flux do it: inside that file, not in
 * one above it, so patches see names before their prefix. Undefined where nothing is laid over.
 */
export function overlayOf(artifact: Artifact, folder: string, settings: RenderSettings): Overlay | undefined {
  const { kustomize, targetNamespace } = settings;
  if (kustomize === undefined && targetNamespace === undefined) return undefined;
  return async (value) => {
    const own = value ?? { resources: await resourcesOf(artifact, folder) };
    const laid = { ...own, ...(kustomize === undefined ? {} : laidOver(own, kustomize)) };
    return targetNamespace === undefined ? laid : { ...laid, namespace: targetNamespace };
  };
}

/** As `kustomize edit` would write them: names are replaced, lists grow, entries of the same name are replaced. */
function laidOver(own: Readonly<Record<string, unknown>>, settings: KustomizeSettings): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of ['namePrefix', 'nameSuffix'] as const) if (settings[field] !== undefined) out[field] = settings[field];
  for (const field of ['images', 'replicas'] as const) {
    const wanted = settings[field] ?? [];
    if (wanted.length === 0) continue;
    const names = new Set(wanted.map((one) => one.name));
    const kept = itemsOf(own[field]).filter((item) => !isRecord(item) || !names.has(String(item['name'])));
    out[field] = [...kept, ...wanted];
  }
  for (const field of ['commonLabels', 'commonAnnotations'] as const) {
    if (settings[field] !== undefined) out[field] = { ...(isRecord(own[field]) ? own[field] : {}), ...settings[field] };
  }
  for (const field of ['components', 'patches'] as const) {
    const wanted = settings[field] ?? [];
    if (wanted.length > 0) out[field] = [...itemsOf(own[field]), ...wanted];
  }
  return out;
}

/** All manifests below a folder that has no kustomization; a folder below it that has one counts as one. */
async function resourcesOf(artifact: Artifact, folder: string): Promise<string[]> {
  const files = (await listed(artifact, folder)).filter((file) => file.special === undefined);
  const below = (path: string) => (folder === '' ? path : path.slice(folder.length + 1));
  const folders = files
    .filter((file) => kustomizationNames.includes(nameOf(file.path)))
    .map((file) => below(file.path).replace(/\/?[^/]*$/, ''));
  const outermost = folders.filter((one) => one !== '' && !folders.some((other) => other !== one && one.startsWith(`${other}/`)));
  const hidden = (path: string) => path.split('/').some((part) => part.startsWith('.'));
  const candidates = files.filter(
    ({ path }) => /\.ya?ml$/i.test(path) && !hidden(below(path)) && !outermost.some((one) => below(path).startsWith(`${one}/`)),
  );
  const contents = candidates.length === 0 ? [] : await artifact.read(candidates.map((file) => file.path));
  const manifests = candidates.filter((file, at) => {
    const read = readManifests(file.path, contents[at] as Uint8Array);
    return read.problems.length > 0 || read.objects.length > 0;
  });
  return [...manifests.map((file) => below(file.path)), ...outermost].sort();
}
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
