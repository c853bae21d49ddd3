import { apiVersionOf, type KubeObject } from '../api/object.ts';
import { isAlreadyExists, StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { discoveredMs } from '../gitops/base-state.ts';
import type { Artifact } from '../gitops/source.ts';
import { definitionsInFolders, definitionsInTree } from './definitions.ts';
import type { Offline } from './offline.ts';
import type { ChangedPair } from './plan-pairs.ts';
import type { serves } from './profile.ts';
import { acceptingDefinition, unknownKinds, type UnknownKind } from './unknown-kinds.ts';

export interface CustomKindsOptions {
  readonly clock: Pick<Clock, 'outside'>;
  /** Where definitions may stand that none of the applications brings. */
  readonly trees: readonly Artifact[];
  readonly schemaLocations?: readonly string[];
  readonly strict?: boolean;
  /** Of a cluster whose kinds are known: what it serves, though nobody could read the definition. */
  readonly serves?: ReturnType<typeof serves>;
}
export interface ServedKinds {
  /** Without a definition: their objects are taken as they are written. */
  readonly unknown: readonly UnknownKind[];
  /** What was added to the cluster. */
  readonly definitions: readonly KubeObject[];
}

/**
 * Makes the cluster serve the custom kinds of the manifests that no application brings: by a definition that stands elsewhere in the
 * repository or in the folders named; else, unless `strict`, by one that takes everything. Where the kinds of a cluster are
 * known, nothing is taken that it does not serve.
 */
export async function serveCustomKinds(
  offline: Offline,
  changed: readonly ChangedPair[],
  options: CustomKindsOptions,
): Promise<ServedKinds> {
  const manifests = changed.flatMap(({ base, head }) => [...(base?.manifests ?? []), ...(head?.manifests ?? [])]);
  const missing = await unknownKinds(offline.cluster, manifests);
  if (missing.length === 0) return { unknown: [], definitions: [] };
  const definitions: KubeObject[] = [];
  for (const found of await candidates(missing, options)) if (await serve(offline, found)) definitions.push(found);
  await offline.wait(discoveredMs);
  const unknown = (await unknownKinds(offline.cluster, manifests)).flatMap((one) => servedOf(one, options.serves));
  if (options.strict === true || unknown.length === 0) return { unknown: [], definitions };
  for (const kind of unknown) {
    const accepting = acceptingDefinition(kind);
    if (await serve(offline, accepting)) definitions.push(accepting);
  }
  await offline.wait(discoveredMs);
  return { unknown, definitions };
}

/** With the versions that are served; none where none is. */
function servedOf(unknown: UnknownKind, serves: CustomKindsOptions['serves']): UnknownKind[] {
  if (serves === undefined) return [unknown];
  const { group, kind } = unknown;
  const versions = unknown.versions.filter((version) => serves({ apiVersion: apiVersionOf({ group, version }), kind }));
  return versions.length === 0 ? [] : [{ ...unknown, versions }];
}

/** By name; of two of one name the first. */
async function candidates(
  missing: readonly UnknownKind[],
  { clock, trees, schemaLocations = [] }: CustomKindsOptions,
): Promise<KubeObject[]> {
  const out = new Map<string, KubeObject>();
  const add = (found: readonly KubeObject[]): void => {
    for (const one of found) if (!out.has(one.metadata.name)) out.set(one.metadata.name, one);
  };
  add(await definitionsInFolders(clock, schemaLocations, missing));
  for (const tree of trees) add(await definitionsInTree(tree, missing));
  return [...out.values()];
}

/** False for a definition that the server does not take, or that is there. */
async function serve({ cluster }: Offline, definition: KubeObject): Promise<boolean> {
  const kind = await cluster.kindOf(definition);
  if (kind === undefined) return false;
  const { status: _status, ...clean } = definition as KubeObject & { status?: unknown };
  try {
    await cluster.create(kind, clean);
    return true;
  } catch (error) {
    // A version of the kind is defined already, or the definition is not valid: then the kind counts as unknown.
    if (isAlreadyExists(error) || error instanceof StatusError) return false;
    throw error;
  }
}
