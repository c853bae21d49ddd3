import { keyText, type ObjectKey } from '../api/object.ts';
import { jsonEqual } from '../base/json.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import type { Found, FoundApplication } from '../gitops/found.ts';
import type { Renderer } from '../gitops/renderer.ts';
import { fingerprintOf } from '../gitops/renderers/index.ts';
import type { Artifact } from '../gitops/source.ts';
import { changedFiles, type ChangedFiles } from './changed-files.ts';
import { ReconcileError } from '../reconcile/controller.ts';

/** One application at both revisions; absent where that one has none of the name. */
export interface Pair {
  readonly application: ObjectKey;
  readonly base?: FoundApplication;
  readonly head?: FoundApplication;
  /** There is nothing to plan: written down alike, and all that rendering it may read is the same; or it comes from elsewhere. */
  readonly same: boolean;
}
/** A tree and what it holds. */
export interface Tree {
  readonly artifact: Artifact;
  readonly found: Found;
}

/** Applications by name, each with what the two trees say of it. */
export async function pairsOf(base: Tree, head: Tree, renderers: readonly Renderer[]): Promise<Pair[]> {
  const both = [base, head].map(({ found }) => new Map(found.applications.map((one) => [keyText(one.application), one])));
  const [before, after] = both as [Map<string, FoundApplication>, Map<string, FoundApplication>];
  const files = await changedFiles(base.artifact, head.artifact);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return mapConcurrent(names, 16, async (name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const { application } = (now ?? old) as FoundApplication;
    const same =
      nothingHere(old, now) ||
      (old !== undefined && now !== undefined && (await sameInputs([base, old], [head, now], { renderers, files })));
    return { application, ...(old === undefined ? {} : { base: old }), ...(now === undefined ? {} : { head: now }), same };
  });
}

/** From these trees nothing can be said of it. */
function nothingHere(...sides: readonly (FoundApplication | undefined)[]): boolean {
  return sides.every((side) => side === undefined || side.elsewhere !== undefined);
}

async function sameInputs(
  [base, old]: [Tree, FoundApplication],
  [head, now]: [Tree, FoundApplication],
  { renderers, files }: { renderers: readonly Renderer[]; files: ChangedFiles | undefined },
): Promise<boolean> {
  if (!sameDefinition(old, now)) return false;
  if (base.artifact.commit === head.artifact.commit) return true;
  if (files !== undefined && readsItsFolder(now) && files.plain(now.path)) return !files.under(now.path);
  const before = await printOf(renderers, base.artifact, old);
  return before === (await printOf(renderers, head.artifact, now));
}

/** Nothing is asked of a renderer that could lead it out of the folder. */
function readsItsFolder({ render }: FoundApplication): boolean {
  return render.kustomize === undefined && render.helm === undefined && render.targetNamespace === undefined;
}

/** Undefined where there is nothing to be rendered. */
async function printOf(renderers: readonly Renderer[], artifact: Artifact, found: FoundApplication): Promise<string | undefined> {
  const { application, path, namespace, render: settings } = found;
  try {
    return await fingerprintOf(renderers, artifact, { path, name: application.name, namespace, settings });
  } catch (error) {
    // The path is not there, or may not be read: rendering it will say so.
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}

/** Where it is written down does not count. */
function sameDefinition(a: FoundApplication, b: FoundApplication): boolean {
  const { origin: _old, ...old } = a;
  const { origin: _now, ...now } = b;
  return jsonEqual(old, now);
}
