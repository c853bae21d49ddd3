import { Tools } from '../rendering/tools.ts';
import { Workplace, type WorkplaceOptions } from '../rendering/workplace.ts';
import { RenderError, type Renderer, type RenderSettings } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { createHelmRenderer } from './helm.ts';
import { createKustomizeRenderer } from './kustomize.ts';
import { createPlainRenderer } from './plain.ts';

/**
 * All renderers; the first that knows a path takes it. Made once per process: they keep what they parsed.
 * Those that need programs are there only with a place where programs may run.
 */
export function createRenderers(options?: WorkplaceOptions): readonly Renderer[] {
  if (options === undefined) return [createPlainRenderer()];
  const workplace = new Workplace(options);
  const tools = new Tools(workplace);
  return [createKustomizeRenderer(workplace, tools), createHelmRenderer(workplace, tools), createPlainRenderer()];
}

/** The renderer that settings ask for, else the first that knows the path; the last one, which takes plain manifests, where none does. */
export async function rendererFor(
  renderers: readonly Renderer[],
  artifact: Artifact,
  path: string,
  settings: RenderSettings = {},
): Promise<Renderer> {
  const asked =
    settings.helm !== undefined
      ? 'helm'
      : settings.kustomize !== undefined || settings.targetNamespace !== undefined
        ? 'kustomize'
        : undefined;
  const named = renderers.find((renderer) => renderer.name === asked);
  if (named !== undefined) return named;
  for (const renderer of renderers) if (await renderer.detect(artifact, path)) return renderer;
  return renderers.at(-1) as Renderer;
}

/** Equal fingerprints render to the same. What is wrong with the tree is left for the render to say. */
export async function fingerprintOf(
  renderers: readonly Renderer[],
  artifact: Artifact,
  path: string,
  settings: RenderSettings = {},
): Promise<string> {
  const renderer = await rendererFor(renderers, artifact, path, settings);
  try {
    if (renderer.fingerprint !== undefined) return `${renderer.name} ${await renderer.fingerprint(artifact, path, settings)}`;
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
  }
  return `${renderer.name} ${await artifact.digest(path)}`;
}
