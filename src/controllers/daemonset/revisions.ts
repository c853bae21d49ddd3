import { keyOf } from '../../api/object.ts';
import { Pod, type ControllerRevision, type DaemonSet } from '../../api/kinds.generated.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { History, Revisions } from '../revisions/history.ts';
import { holdsTemplate, podRevisionLabel } from '../revisions/revision.ts';

/** What pods of a revision bear. */
export function hashOf(revision: Readonly<ControllerRevision>): string {
  return revision.metadata.labels?.[podRevisionLabel] ?? revision.metadata.name;
}

/** Of several revisions of the present template, as adoption may bring them, all but the newest go, and their pods become its pods. */
export async function mergeEqual(
  { context, history }: { context: Context; history: History<DaemonSet> },
  set: Readonly<DaemonSet>,
  revisions: Revisions,
): Promise<Revisions> {
  const equal = revisions.old.filter((each) => holdsTemplate(each, set.spec.template));
  if (equal.length === 0) return revisions;
  const hashes = new Set(equal.map(hashOf));
  const label = { [podRevisionLabel]: hashOf(revisions.update) };
  for (const pod of context.informer(Pod).ownedBy(set.metadata.uid ?? '')) {
    if (!hashes.has(pod.metadata.labels?.[podRevisionLabel] ?? '')) continue;
    await context.cluster.patch(Pod, keyOf(pod), { metadata: { uid: pod.metadata.uid, labels: label } });
  }
  await history.remove(set, equal);
  return { ...revisions, old: revisions.old.filter((each) => !equal.includes(each)) };
}

/** Deletes the oldest revisions of which there is no pod, so that as many are left as the limit says. `pods` are all of the set, asked for only then. */
export async function truncate(
  history: History<DaemonSet>,
  set: Readonly<DaemonSet>,
  { old, pods }: { old: Revisions['old']; pods: () => readonly Readonly<Pod>[] },
): Promise<void> {
  const surplus = old.length - (set.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const live = new Set(pods().map((pod) => pod.metadata.labels?.[podRevisionLabel]));
  await history.remove(set, old.filter((each) => !live.has(hashOf(each))).slice(0, surplus));
}
