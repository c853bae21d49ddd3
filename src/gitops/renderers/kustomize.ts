import { canonicalJson } from '../../base/json.ts';
import { closureOf, keepKustomizations, kustomizationOf } from '../rendering/closure.ts';
import { once, type Kept } from '../rendering/kept.ts';
import { KustomizeBuilds } from '../rendering/kustomize-build.ts';
import { digestOf, resultOf } from '../rendering/made.ts';
import { overlayOf } from '../rendering/overlay.ts';
import { Texts } from '../rendering/texts.ts';
import type { Tools } from '../rendering/tools.ts';
import type { Workplace } from '../rendering/workplace.ts';
import { Recent } from '../recent.ts';
import type { Renderer, RenderResult, RenderSettings } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { cleanPath } from '../sources/paths.ts';

/**
 * Folders with a kustomization, built by `kustomize build` (or `kubectl kustomize`). What a build can read is found beforehand and laid
 * into a folder of its own, so nothing else is read, nothing is fetched, and the result can be kept by the content of what was read.
 */
export function createKustomizeRenderer(workplace: Workplace, tools: Tools, kept: Kept): Renderer {
  const known = keepKustomizations();
  const texts = new Texts();
  const builds = new KustomizeBuilds(workplace, tools);
  const results = new Recent<string, Promise<RenderResult>>(4000);
  const closure = (artifact: Artifact, path: string, settings: RenderSettings) =>
    closureOf(artifact, path, known, overlayOf(artifact, path, settings));
  const render = async (artifact: Artifact, path: string, signal: AbortSignal, settings: RenderSettings): Promise<RenderResult> => {
    const found = await closure(artifact, path, settings);
    signal.throwIfAborted();
    const by = found.rootFile;
    const tool = await workplace.outside(tools.kustomize({ by }));
    const key = canonicalJson(['kustomize', path, settings, tool.program.stamp, digestOf(found.files)]);
    return once(results, key, async () => {
      const make = async () => {
        await tools.check(tool, { by, signal });
        return builds.make({ tool, closure: found, artifact, signal });
      };
      const made = await workplace.outside(kept.get(key, make));
      return resultOf(made, { artifact, read: found.files, texts });
    });
  };
  return {
    name: 'kustomize',
    detect: async (artifact, path) => (await kustomizationOf(artifact, cleanPath(path))) !== undefined,
    render: (artifact, path, signal, settings = {}) => render(artifact, cleanPath(path), signal, settings),
    fingerprint: async (artifact, path, settings = {}) => digestOf((await closure(artifact, cleanPath(path), settings)).files),
  };
}
