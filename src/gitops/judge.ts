import { StatusError } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { discoveredMs, ensureNamespaces } from './base-state.ts';
import { mapConcurrent } from './concurrent.ts';
import { desiredOf, type Desired } from './desired.ts';
import { kindLookup, type Judge } from './reading.ts';
import type { Manifest, SourceProblem } from './renderer.ts';
import { fieldManager } from './tracking.ts';
import { mapServerErrors } from './validate.ts';

/**
 * Has a cluster in memory judge manifests: rules that no schema can say (a selector that does not choose its own pods, a name that is
 * taken twice) come from the server, by dry run. Namespaces and kinds are really made, so that what needs them can be judged.
 */
export function judgeOf(cluster: Cluster, options: { namespace: string; wait(ms: number): Promise<void> }): Judge {
  return async (manifests) => {
    const set = await desiredOf(manifests, { namespace: options.namespace, kindOf: kindLookup(cluster) });
    await ensureNamespaces(cluster, set);
    const ground = set.items.filter(isGround);
    const out = await ask(cluster, ground, false);
    if (ground.some(({ ref }) => ref.kind !== 'Namespace')) await options.wait(discoveredMs);
    const others = set.items.filter((item) => !isGround(item));
    return [...out, ...(await ask(cluster, others, true))];
  };
}

function isGround({ ref }: Desired): boolean {
  return (ref.kind === 'Namespace' && ref.group === '') || ref.kind === 'CustomResourceDefinition';
}

async function ask(cluster: Cluster, items: readonly Desired[], dryRun: boolean): Promise<SourceProblem[]> {
  const kindOf = kindLookup(cluster);
  const found = await mapConcurrent(items, 16, async ({ object, manifest, kind }): Promise<SourceProblem[]> => {
    const served = kind ?? (await kindOf(object));
    // a kind whose own definition was refused is said there
    if (served === undefined) return [];
    try {
      await cluster.apply(served, object, { fieldManager, force: true, dryRun });
      return [];
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // desired objects keep the manifests that they were made from, which the judge was handed
      return mapServerErrors(error, manifest as Manifest);
    }
  });
  return found.flat();
}
