import { refText, type KubeObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import type { Cluster } from '../../client/cluster.ts';
import { mapConcurrent } from '../../gitops/concurrent.ts';
import type { Desired } from '../../gitops/desired.ts';
import { referencesOf } from '../../gitops/references.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import { servedForm } from '../../kinds/served-form.ts';
import type { Side, Twin } from '../alike.ts';

/** Whoever says whether an object is in order. */
export interface Judges {
  readonly cluster: Cluster;
  readonly kinds: readonly ResourceKind[];
}

const data = new Set(['ConfigMap', 'Secret', 'ServiceAccount']);

/**
 * What the merge leaves as it is and only twins have to do with, as `refText`: their own Services, and what nobody else reads. Without
 * those who use it, nothing comes of it. Each is held against its kind, a Service against the server, which gives it addresses.
 */
export async function companionsOf(judges: Judges, sides: readonly Side[], twins: readonly Twin[]): Promise<ReadonlySet<string>> {
  if (twins.length === 0) return new Set();
  const names = new Set(twins.map(({ ref }) => refText(ref)));
  const services = new Set(twins.flatMap((twin) => twin.services.map(({ ref }) => refText(ref))));
  const readers = readersIn(sides);
  const isTheirs = ({ object, name }: Desired): boolean => {
    if (object.kind === 'Service') return services.has(name) && isPlain(object);
    const by = readers.get(name) ?? [];
    return data.has(object.kind) && by.length > 0 && by.every((reader) => names.has(reader));
  };
  const candidates = sides.flatMap(({ before, after }) =>
    after.items.filter((item) => before.byName.get(item.name)?.digest === item.digest && isFree(item.object) && isTheirs(item)),
  );
  const accepted = await mapConcurrent(candidates, 8, (item) => isAccepted(judges, item));
  return new Set(candidates.filter((_, at) => accepted[at] === true).map(({ name }) => name));
}

/** Nothing says when it is applied, or how it is simulated. */
export function isFree({ metadata }: KubeObject): boolean {
  return !Object.keys(metadata.annotations ?? {}).some((name) => /steersman\.dev\/|argocd\.argoproj\.io\/|helm\.sh\//.test(name));
}

/** It takes no address or port that another one could want. */
function isPlain(service: KubeObject): boolean {
  const said = (field: string): unknown => valueAt(service, ['spec', field]);
  if (
    !['ClusterIP', undefined].includes(said('type') as string | undefined) ||
    ![undefined, 'None'].includes(said('clusterIP') as string | undefined)
  )
    return false;
  return recordsAt(service, ['spec', 'ports']).every(({ nodePort }) => nodePort === undefined);
}

/** By name, who refers to it. */
function readersIn(sides: readonly Side[]): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const { name, object } of sides.flatMap(({ before, after }) => [...before.items, ...after.items])) {
    for (const { ref } of referencesOf(object)) {
      const known = readers.get(refText(ref)) ?? [];
      readers.set(refText(ref), known);
      known.push(name);
    }
  }
  return readers;
}

async function isAccepted({ cluster, kinds }: Judges, { object, kind }: Desired): Promise<boolean> {
  if (kind === undefined) return false;
  // Of these the kind alone decides.
  if (data.has(object.kind)) return servedForm(kinds, kind, object) !== undefined;
  try {
    await cluster.create(kind, object, { dryRun: true });
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}
