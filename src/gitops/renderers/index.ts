import { join } from 'node:path';
import { canonicalJson } from '../../base/json.ts';
import { ageKeys } from '../rendering/age-keys.ts';
import type { Secrets } from '../rendering/decrypted.ts';
import { finished } from '../rendering/finished.ts';
import { Kept } from '../rendering/kept.ts';
import { Tools } from '../rendering/tools.ts';
import { Workplace, type WorkplaceOptions } from '../rendering/workplace.ts';
import { RenderError, type Renderer, type RenderResult, type RenderSettings } from '../renderer.ts';
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
  const kept = openKept(options);
  let keys: Promise<readonly string[]> | undefined;
  const secrets: Secrets = { keys: () => (keys ??= workplace.outside(ageKeys(options.environment, options.home))) };
  const renderers = [
    createKustomizeRenderer(workplace, tools, kept),
    createHelmRenderer(workplace, tools, kept, secrets),
    createPlainRenderer(),
  ];
  for (const renderer of renderers) secretsOf.set(renderer, secrets);
  return renderers;
}

/** What stays on disk of the renders in a place, and of what else is made from repositories. */
export function openKept({ clock, directory }: Pick<WorkplaceOptions, 'clock' | 'directory'>): Kept {
  return new Kept({ clock, directory: join(directory, 'kept') });
}

/**
 * The renderer that settings ask for, else the first that knows the path; the last one, which takes plain manifests, where none does.
 * @throws RenderError where the one that is asked for is not there
 */
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
        : settings.directory !== undefined
          ? 'plain'
          : undefined;
  const named = renderers.find((renderer) => renderer.name === asked);
  if (named !== undefined) return named;
  if (asked !== undefined)
    throw new RenderError([{ path, line: 1, column: 1, message: `the application asks for ${asked}, and no programs may run here` }]);
  for (const renderer of renderers) if (await renderer.detect(artifact, path)) return renderer;
  return renderers.at(-1) as Renderer;
}

/** What is rendered, for which application. */
export interface RenderWish {
  readonly path: string;
  /** The application's: a release of helm is called so where the settings do not say otherwise. */
  readonly name?: string | undefined;
  readonly namespace: string;
  readonly settings?: RenderSettings | undefined;
  /** What SOPS has encrypted and no key opens: `keep` shows it as it stands in Git, for plans that nobody applies; default `refuse`. */
  readonly sealed?: 'keep' | 'refuse';
}
/** By the renderer that the wish asks for, or the first that knows the path. @throws RenderError */
export async function renderPath(
  renderers: readonly Renderer[],
  artifact: Artifact,
  wish: RenderWish,
  signal: AbortSignal,
): Promise<RenderResult> {
  const renderer = await rendererFor(renderers, artifact, wish.path, wish.settings);
  const rendered = await renderer.render(artifact, wish.path, signal, settingsFor(renderer, wish));
  return finished(rendered, {
    artifact,
    substitute: wish.settings?.substitute,
    sealed: wish.sealed ?? 'refuse',
    secrets: secretsOf.get(renderer),
  });
}
/** Whose keys open what a renderer finds encrypted. */
const secretsOf = new WeakMap<Renderer, Secrets>();

function settingsFor(renderer: Renderer, { name, namespace, settings = {} }: RenderWish): RenderSettings {
  if (renderer.name !== 'helm') return settings;
  return { ...settings, helm: { namespace, ...(name === undefined ? {} : { releaseName: name }), ...settings.helm } };
}

/** Equal fingerprints render to the same. What is wrong with the tree is left for the render to say. */
export async function fingerprintOf(renderers: readonly Renderer[], artifact: Artifact, wish: RenderWish): Promise<string> {
  const { path } = wish;
  const renderer = await rendererFor(renderers, artifact, path, wish.settings);
  const settings = settingsFor(renderer, wish);
  try {
    if (renderer.fingerprint !== undefined)
      return canonicalJson([renderer.name, settings, await renderer.fingerprint(artifact, path, settings)]);
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return canonicalJson([renderer.name, settings, await artifact.digest(path), error.rest?.read ?? []]);
  }
  return canonicalJson([renderer.name, settings, await artifact.digest(path)]);
}
