import { Namespace } from '../api/kinds.generated.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import { isAlreadyExists, StatusError } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { kindLookup } from './reading.ts';
import { storedManifest, type StoredManifest } from './chunks.ts';
import { mapConcurrent } from './concurrent.ts';
import { desiredOf, type DesiredSet, type ManifestLike } from './desired.ts';
import { failureText } from './mask.ts';
import { predictFromManifest } from './predict.ts';
import { fieldManager, trackingValue } from './tracking.ts';

export interface BaseState {
  /** What was applied: the inventory of the plan that follows. */
  readonly inventory: readonly StoredManifest[];
  /** What the server refused, and why. */
  readonly notes: readonly string[];
}

/**
 * Brings a cluster in memory to a base revision, as a finished sync of the application would leave it: everything applied in order, no
 * waiting for health. Namespaces that the manifests take for granted are made. What is refused is said and left out.
 */
export async function applyBase(
  cluster: Cluster,
  manifests: readonly ManifestLike[],
  options: { application: ObjectKey; namespace: string },
): Promise<BaseState> {
  const set = await desiredOf(manifests, { namespace: options.namespace, kindOf: kindLookup(cluster) });
  await ensureNamespaces(cluster, set);
  const predict = { tracking: trackingValue(options.application), respect: [], autoscaled: new Set<string>(), runFor: set.digest };
  const inventory: StoredManifest[] = [];
  const notes: string[] = [];
  for (const group of new Set(set.items.map((item) => item.group))) {
    const items = set.items.filter((item) => item.group === group && item.phase !== 'SyncFail');
    await mapConcurrent(items, 16, async (item) => {
      const kind = item.kind ?? (await cluster.kindOf(item.object));
      if (kind === undefined) {
        notes.push(`${item.name}: the base is without it: ${item.object.apiVersion} is not served`);
        return;
      }
      try {
        await cluster.apply(kind, predictFromManifest(item, predict).sent, { fieldManager, force: true });
        inventory.push(storedManifest(item));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        notes.push(`${item.name}: the base is without it: ${failureText(item.object, error)}`);
      }
    });
  }
  return { inventory, notes };
}

/** Makes the namespaces that are used and that no manifest brings: offline they are taken for granted. */
export async function ensureNamespaces(cluster: Cluster, set: DesiredSet): Promise<void> {
  const brought = new Set(set.items.filter((item) => item.object.kind === 'Namespace').map((item) => item.ref.name));
  const used = new Set(set.items.map((item) => item.ref.namespace).filter((name) => name !== '' && !brought.has(name)));
  for (const name of [...used].sort()) {
    try {
      await cluster.create<KubeObject>(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
