import {
  ConfigMap,
  PersistentVolumeClaim,
  PriorityClass,
  RuntimeClass,
  Secret,
  ServiceAccount,
  StorageClass,
} from '../../api/kinds.generated.ts';
import { refOf, refText, type Kind, type KubeObject, type ObjectRef } from '../../api/object.ts';
import type { Connection } from '../../client/connect.ts';
import { mapConcurrent } from '../../gitops/concurrent.ts';
import { readNow } from '../../gitops/live.ts';
import { referencesOf } from '../../gitops/references.ts';
import { isThere } from './metadata.ts';

/** What objects of the applications name and do not bring, as `refText`: what the cluster has of it, and what it has not. */
export interface Named {
  readonly present: ReadonlySet<string>;
  readonly absent: ReadonlySet<string>;
}

const asked: Readonly<Record<string, Kind>> = Object.fromEntries(
  [ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim, StorageClass, PriorityClass, RuntimeClass].map((kind) => [
    `${kind.group}/${kind.kind}`,
    kind,
  ]),
);

/** Asks for each by name, for its name alone; claims are read, since what they allow decides. `known`: what was read already. */
export async function namedThere(
  cluster: Connection,
  brought: readonly KubeObject[],
  known: readonly KubeObject[],
): Promise<Named & { readonly claims: readonly KubeObject[] }> {
  const own = new Set(brought.map((object) => refText(refOf(object))));
  const read = new Set(known.map((object) => refText(refOf(object))));
  const refs = new Map<string, ObjectRef>();
  for (const { ref } of brought.flatMap(referencesOf)) if (!own.has(refText(ref))) refs.set(refText(ref), ref);
  const present = new Set<string>();
  const absent = new Set<string>();
  const claims: KubeObject[] = [];
  await mapConcurrent([...refs], 8, async ([name, ref]) => {
    const kind = asked[`${ref.group}/${ref.kind}`];
    if (kind === undefined) return;
    if (read.has(name)) return void present.add(name);
    const there = await isThere(cluster, kind, ref);
    if (there === false) absent.add(name);
    if (there !== true) return;
    present.add(name);
    const claim = kind === PersistentVolumeClaim ? await readNow(cluster, kind, ref) : undefined;
    if (claim !== undefined) claims.push(claim);
  });
  return { present, absent, claims: claims.sort((a, b) => (refText(refOf(a)) < refText(refOf(b)) ? -1 : 1)) };
}
