import { apiVersionOf, type Kind, type KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { mapConcurrent } from './concurrent.ts';
import { fieldsOf } from './fields.ts';
import { listPages } from './live.ts';
import { applicationLabel, fieldManager } from './tracking.ts';

/** What carries the mark of an application. */
export interface Marked {
  readonly objects: readonly { readonly kind: Kind; readonly object: KubeObject }[];
  /** Where nobody could look, and why. */
  readonly notes: readonly string[];
}

/**
 * Looks through a cluster for the objects of an application whose inventory is not known. The label alone does not make an object ours:
 * controllers copy labels (those of a Service to its EndpointSlices), so it must also have fields that we applied.
 */
export async function markedObjects(cluster: Cluster, tracking: string): Promise<Marked> {
  const notes: string[] = [];
  const labelSelector = `${applicationLabel}=${tracking}`;
  const found = await mapConcurrent(await cluster.kinds(), 8, async (kind) => {
    try {
      return (await listPages(cluster, kind, { labelSelector })).map((object) => ({ kind, object }));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      notes.push(`${apiVersionOf(kind)} ${kind.plural}: what left the source cannot be found: ${error.message}`);
      return [];
    }
  });
  // the same object may be served in several groups and versions: the first counts
  const objects = new Map<string, { kind: Kind; object: KubeObject }>();
  for (const one of found.flat()) {
    const uid = one.object.metadata.uid ?? '';
    if (fieldsOf(one.object, fieldManager) !== undefined && !objects.has(uid)) objects.set(uid, one);
  }
  return { objects: [...objects.values()], notes: notes.sort() };
}
