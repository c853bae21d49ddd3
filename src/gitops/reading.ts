import type { Kind, KubeObject } from '../api/object.ts';
import { errorText } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { ReconcileError } from '../reconcile/controller.ts';
import type { ManifestLike } from './desired.ts';
import { inOrder, RenderError, type Manifest, type Renderer, type SourceProblem } from './renderer.ts';
import { renderPath, type RenderWish } from './renderers/index.ts';
import type { Artifact, Sources, SourceSpec } from './source.ts';

/** Checks manifests against what the target publishes. Answers those to apply and what was left out. @throws RenderError */
export type Validate = (
  manifests: readonly Manifest[],
  options: { cluster: Cluster; namespace: string; unserved: 'error' | 'skip'; judge?: Judge },
) => Promise<{ manifests: readonly ManifestLike[]; notes: readonly string[] }>;

/** What the target itself finds wrong with manifests in which their schemas find nothing. */
export type Judge = (manifests: readonly Manifest[]) => Promise<readonly SourceProblem[]>;

/** What reading a source needs. */
export interface Reading {
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  /** The target: what it serves decides what is valid. */
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

export interface RenderOptions extends RenderWish {
  readonly unserved: 'error' | 'skip';
}
/** @throws ReconcileError BuildFailed with all problems, each with file and line */
export async function renderArtifact(
  reading: Reading,
  artifact: Artifact,
  { unserved, ...wish }: RenderOptions,
): Promise<{ manifests: readonly ManifestLike[]; notes: readonly string[] }> {
  try {
    const options = { cluster: reading.cluster, namespace: wish.namespace, unserved };
    const rendered = renderPath(reading.renderers, artifact, wish, reading.signal);
    const result = await rendered.catch((error: unknown) => moreProblems(reading, error, options));
    const valid = await reading.validate(result.manifests, options);
    return { manifests: valid.manifests, notes: [...result.notes, ...valid.notes] };
  } catch (error) {
    if (error instanceof RenderError) throw new ReconcileError('BuildFailed', errorText(error), { cause: error });
    throw error;
  }
}

/** Some files cannot be read: what is wrong in the others is said in the same breath. Kinds may be defined in what is missing. */
async function moreProblems(reading: Reading, error: unknown, options: Parameters<Validate>[1]): Promise<never> {
  if (!(error instanceof RenderError) || error.rest === undefined) throw error;
  const { rest, problems } = error;
  try {
    await reading.validate(rest.manifests, { ...options, unserved: 'skip' });
  } catch (further) {
    if (further instanceof RenderError) throw new RenderError(inOrder([...problems, ...further.problems]));
    throw further;
  }
  throw error;
}

/** Valid manifests of one revision. */
export interface ManifestsRead {
  readonly manifests: readonly ManifestLike[];
  readonly notes: readonly string[];
  readonly commit: string;
  readonly revision: string;
}
/** Reads a source once: of the commit, or of what the revision names now. @throws ReconcileError */
export async function readManifests(
  reading: Reading,
  options: Omit<RenderOptions, 'path'> & { source: SourceSpec; commit?: string | undefined },
): Promise<ManifestsRead> {
  const { source, commit } = options;
  const { sources, signal } = reading;
  const artifact = await (commit === undefined ? sources.resolve(source, signal) : sources.at(source, commit, signal));
  const { manifests, notes } = await renderArtifact(reading, artifact, { ...options, path: source.path });
  return { manifests, notes, commit: artifact.commit, revision: artifact.revision };
}

/** Kinds by discovery, each asked once. */
export function kindLookup(cluster: Pick<Cluster, 'kindOf'>): (object: KubeObject) => Promise<Kind | undefined> {
  const known = new Map<string, Promise<Kind | undefined>>();
  return (object) => {
    const id = `${object.apiVersion} ${object.kind}`;
    let kind = known.get(id);
    if (kind === undefined) known.set(id, (kind = cluster.kindOf(object)));
    return kind;
  };
}
