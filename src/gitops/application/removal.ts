import { Application } from '../../api/kinds.generated.ts';
import { refOf, refText, type Kind } from '../../api/object.ts';
import { isConflict, isNotFound } from '../../api/status.ts';
import { clone } from '../../base/json.ts';
import type { Result } from '../../reconcile/controller.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../../reconcile/finalizers.ts';
import { readChunks, type StoredManifest } from '../chunks.ts';
import { ownedChunks } from '../history.ts';
import { isOurs } from '../findings.ts';
import { readNow } from '../live.ts';
import { pruneOrderOf } from '../order.ts';
import { annotationOf, annotations, pruneFinalizer } from '../tracking.ts';
import { publish } from './publish.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { kindLookup } from '../reading.ts';

/** Holds the Application until its objects are pruned. Only before its first sync: who takes the finalizer off later means it. */
export async function ensureFinalizer(around: Surroundings, subject: Subject): Promise<Subject> {
  const { application, tracked } = subject;
  if (hasFinalizer(application, pruneFinalizer) || application.status?.operation !== undefined) return subject;
  const written = await addFinalizer(around.store, Application, application, pruneFinalizer);
  tracked.application = written;
  return { ...subject, application: written };
}

/** Deletes what the application owns, in reverse order, waits until it is gone, and lets the Application go. */
export async function remove(around: Surroundings, subject: Subject): Promise<Result> {
  const { application, tracked } = subject;
  if (!hasFinalizer(application, pruneFinalizer)) return undefined;
  if (annotationOf(application, annotations.keepObjects) !== 'true') {
    const left = await removeObjects(around, subject);
    if (left !== undefined) {
      const message = `deleting its objects: waiting for ${left}`;
      await publish(around, subject, { operation: { type: 'delete', phase: 'Running', message }, message });
      return { requeueAfterMs: 1000 };
    }
  }
  await removeFinalizer(around.store, Application, clone(tracked.application ?? application), pruneFinalizer);
  tracked.application = undefined;
  return undefined;
}

/** Undefined when all is gone; else what is waited for. */
async function removeObjects(around: Surroundings, subject: Subject): Promise<string | undefined> {
  const { application } = subject;
  const names = [...ownedChunks(subject)];
  const stored = new Map<string, StoredManifest>();
  for (const item of await readChunks(around.store, application.metadata.namespace ?? '', names)) stored.set(item.name, item);
  const kindOf = kindLookup(around.target.cluster);
  for (const group of pruneOrderOf([...stored.values()]).groups) {
    let waiting: string | undefined;
    for (const item of group.items) {
      const kind = await kindOf(item.object);
      if (kind !== undefined && (await removeOne(around, application, { kind, item }))) waiting ??= refText(refOf(item.object));
    }
    if (waiting !== undefined) return waiting;
  }
  return undefined;
}

/** True while it is still there. */
async function removeOne(
  around: Surroundings,
  application: Readonly<Application>,
  { kind, item }: { kind: Kind; item: StoredManifest },
): Promise<boolean> {
  const { cluster } = around.target;
  const ref = refOf(item.object);
  const key = { namespace: application.metadata.namespace ?? '', name: application.metadata.name };
  const live = await readNow(cluster, kind, ref);
  if (live === undefined || !isOurs(live, key)) return false;
  if ((annotationOf(live, annotations.prune) ?? annotationOf(item.object, annotations.prune)) === 'never') return false;
  if (live.metadata.deletionTimestamp !== undefined) return true;
  try {
    const uid = live.metadata.uid;
    await cluster.delete(kind, ref, { propagation: 'Background', ...(uid === undefined ? {} : { uid }) });
  } catch (error) {
    // gone or replaced meanwhile: looked at again in the next round
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
  return (await readNow(cluster, kind, ref)) !== undefined;
}
