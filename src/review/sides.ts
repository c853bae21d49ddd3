import { refOf, refText } from '../api/object.ts';
import type { ApplicationReview } from '../api/review.ts';
import { errorText } from '../base/log.ts';
import type { ManifestLike } from '../gitops/desired.ts';
import type { FoundApplication } from '../gitops/found.ts';
import { RenderError, type Manifest, type Renderer } from '../gitops/renderer.ts';
import { renderPath } from '../gitops/renderers/index.ts';
import type { Artifact } from '../gitops/source.ts';
import { ReconcileError } from '../reconcile/controller.ts';

export type Failure = NonNullable<ApplicationReview['failure']>;

/** What one revision makes of an application. */
export interface Side {
  readonly found: FoundApplication;
  readonly manifests: readonly Manifest[];
  readonly notes: readonly string[];
  /** There is something wrong, and `manifests` holds only what could be read. */
  readonly failure?: Failure;
}

/** Renders without checking anything. What fails is answered. @throws what is no fault of the repository */
export async function sideOf(
  renderers: readonly Renderer[],
  artifact: Artifact,
  { found, signal }: { found: FoundApplication; signal: AbortSignal },
): Promise<Side> {
  if (found.elsewhere !== undefined) return { found, manifests: [], notes: [], failure: failed('render', found.elsewhere) };
  try {
    const { path, namespace, application, render } = found;
    const wish = { path, namespace, name: application.name, settings: render, sealed: 'keep' as const };
    const { manifests, notes } = await renderPath(renderers, artifact, wish, signal);
    return { found, manifests, notes };
  } catch (error) {
    if (error instanceof RenderError) {
      const { manifests = [], notes = [] } = error.rest ?? {};
      return { found, manifests, notes, failure: failureOf('render', error) };
    }
    if (error instanceof ReconcileError) return { found, manifests: [], notes: [], failure: failureOf('render', error) };
    throw error;
  }
}

/** An error of rendering, validation or planning as a report tells it. */
export function failureOf(stage: Failure['stage'], error: unknown): Failure {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof RenderError) {
      const { problems } = at;
      const [first] = problems;
      const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
      return { stage, message: `${first?.message ?? errorText(at)}${more}`, problems };
    }
  }
  return failed(stage, errorText(error));
}
function failed(stage: Failure['stage'], message: string): Failure {
  return { stage, message, problems: [] };
}

/** The last of those that are one object, as a server that takes them one after the other has it. */
export function distinct(manifests: readonly ManifestLike[]): ManifestLike[] {
  return [...new Map(manifests.map((manifest) => [refText(refOf(manifest.object)), manifest])).values()];
}
