import type { Renderer } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { createPlainRenderer } from './plain.ts';

/** All renderers; the first that knows a path takes it. Made once per process: they keep what they parsed. */
export function createRenderers(): readonly Renderer[] {
  return [createPlainRenderer()];
}

/** The renderer for a path; the last one, which takes plain manifests, where none knows it. */
export async function rendererFor(renderers: readonly Renderer[], artifact: Artifact, path: string): Promise<Renderer> {
  for (const renderer of renderers) if (await renderer.detect(artifact, path)) return renderer;
  return renderers.at(-1) as Renderer;
}
