import { ReconcileError } from '../../reconcile/controller.ts';
import { reachesPlainly } from '../imports/reach.ts';
import type { Readable } from '../imports/reading.ts';
import { isDefinition, type Definition, type Tree } from '../imports/tree.ts';
import { RenderError, type Manifest, type Renderer } from '../renderer.ts';
import { renderPath } from '../renderers/index.ts';

/** What rendering needs. */
export interface Rendering {
  readonly renderers: readonly Renderer[];
  readonly signal: AbortSignal;
}
export type Rendered = Pick<Readable, 'application' | 'path' | 'namespace' | 'render' | 'recurse'>;

/** Whether definitions that an application brings may differ from what stands in the files. */
export function changesOnTheWay(tree: Tree, { path, render, recurse }: Rendered): boolean {
  const { kustomize = {}, substitute = {} } = render;
  if (tree.definingCharts.has(path)) return true;
  if ((kustomize.patches ?? []).length > 0 || (kustomize.components ?? []).length > 0 || Object.keys(substitute).length > 0) return true;
  return !reachesPlainly(tree, path, recurse);
}

/**
 * The definitions that an application brings, as they come out of its renderer: with patches and components of every kustomization on the
 * way, those that a parent lays over them, variables, and those that a chart makes. Undefined where it cannot be rendered, which its own
 * plan says.
 */
export async function renderedDefinitions(tree: Tree, one: Rendered, { renderers, signal }: Rendering): Promise<Definition[] | undefined> {
  const { application, path, namespace, render: settings } = one;
  try {
    const wish = { path, name: application.name, namespace, settings, sealed: 'keep' as const };
    const { manifests } = await renderPath(renderers, tree.artifact, wish, signal);
    return manifests.filter(({ object }) => isDefinition(object)).map((manifest) => definitionOf(manifest));
  } catch (error) {
    if (error instanceof RenderError || error instanceof ReconcileError) return undefined;
    throw error;
  }
}
function definitionOf({ object, origin, position }: Manifest): Definition {
  return { object, origin, place: (path) => position(path) };
}
