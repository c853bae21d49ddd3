import type { ControllerRevision } from '../../api/kinds.generated.ts';
import { type Pod, type StatefulSet, type StatefulSetStatus } from '../../api/kinds.generated.ts';
import { slowStart } from '../pods/slow-start.ts';
import type { Revisions } from '../revisions/history.ts';
import { revisionTemplate } from '../revisions/revision.ts';
import { mountsClaims } from './claims.ts';
import { hasIdentity } from './identity.ts';
import { ordinalOf } from './ordinals.ts';
import { createClaims, createMember, deleteMember, repairMember, setClaimOwners, type PodControl } from './pod-control.ts';
import {
  dueForUpdate,
  isGoing,
  isRunningAndAvailable,
  isRunningAndReady,
  isUnavailable,
  placesOf,
  type Places,
  type Replica,
} from './replicas.ts';
import { statefulSetStatus } from './status.ts';

/** One pass over one set. */
interface Pass {
  readonly control: PodControl;
  readonly set: Readonly<StatefulSet>;
  readonly places: Places;
  readonly minReadySeconds: number;
  readonly now: number;
  /** One pod after the other (OrderedReady), not all at once. */
  readonly ordered: boolean;
  /** Uids of pods that this pass has asked to end. */
  readonly deleted: Set<string>;
}

export interface Outcome {
  readonly status: StatefulSetStatus;
  readonly failure: Error | undefined;
}

/**
 * Makes what a set lacks in the order of ordinals, deletes what it no longer wants from the highest down, then goes on with the rolling
 * update: each only when the one before it needs nothing, as upstream. In a set with OrderedReady each pod waits until those before it are
 * available. Answers the status, and the first failure.
 */
export async function syncStatefulSet(
  control: PodControl,
  set: Readonly<StatefulSet>,
  { pods, revisions }: { pods: readonly Readonly<Pod>[]; revisions: Revisions },
): Promise<Outcome> {
  const { update } = revisions;
  const current = revisions.old.find((each) => each.metadata.name === set.status?.currentRevision) ?? update;
  const places = placesOf(set, pods, { current: versionOf(current), update: versionOf(update) });
  const { minReadySeconds = 0, podManagementPolicy } = set.spec;
  const now = control.context.clock.now();
  const pass: Pass = { control, set, places, minReadySeconds, now, ordered: podManagementPolicy !== 'Parallel', deleted: new Set() };
  const going = set.metadata.deletionTimestamp !== undefined;
  const failure = going ? undefined : await act(pass, update.metadata.name);
  const made = [...places.replicas.filter((each) => each.made).map((each) => each.pod), ...places.condemned];
  const status = statefulSetStatus({
    ...{ set, pods: made, deleted: pass.deleted, minReadySeconds, now },
    ...{ current: current.metadata.name, update: update.metadata.name, collisions: revisions.collisions },
  });
  return { status, failure };
}

function versionOf(revision: Readonly<ControllerRevision>) {
  return { revision: revision.metadata.name, template: revisionTemplate(revision) };
}

async function act(pass: Pass, revision: string): Promise<Error | undefined> {
  const { replicas, condemned } = pass.places;
  const firstUnavailable = [...replicas.map(({ pod }) => pod), ...[...condemned].reverse()].find((pod) => isUnavailable(pod, pass));
  const steps: readonly (() => Promise<Progress>)[] = [
    () => forAll(pass, replicas, (replica) => tend(pass, replica)),
    () => forAll(pass, condemned, (pod) => fixClaims(pass, pod)),
    () => forAll(pass, condemned, (pod) => condemn(pass, pod, firstUnavailable)),
    () => roll(pass, revision),
  ];
  for (const step of steps) {
    const progress = await step();
    if (progress instanceof Error) return progress;
    if (progress === 'wait') return undefined;
  }
  return undefined;
}

/** `wait`: nothing more is to be done in this pass. */
type Progress = 'on' | 'wait' | Error;

/** One after the other until one has to wait; or all, in growing batches. */
async function forAll<T>(pass: Pass, items: readonly T[], work: (item: T) => Promise<'on' | 'wait'>): Promise<Progress> {
  if (!pass.ordered) {
    const { failures } = await slowStart(items.length, async (index) => void (await work(items[index] as T)));
    return failures[0] ?? 'on';
  }
  for (const item of items) {
    const progress = await attempt(() => work(item));
    if (progress !== 'on') return progress;
  }
  return 'on';
}

async function attempt(work: () => Promise<'on' | 'wait'>): Promise<Progress> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function tend(pass: Pass, replica: Replica): Promise<'on' | 'wait'> {
  const { control, set, ordered } = pass;
  const { ordinal, pod } = replica;
  if (!replica.made) {
    const made = await createMember(control, { set, ordinal, pod });
    if (made === undefined) return 'wait';
    replica.pod = made;
    replica.made = true;
    return ordered ? 'wait' : 'on';
  }
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') {
    // Its place is free when it is gone.
    return isGoing(pod) ? 'wait' : remove(pass, pod);
  }
  if (phase === 'Pending') {
    await createClaims(control, { set, ordinal, pod });
    await setClaimOwners(control.context, { set, ordinal, pod });
  }
  if (ordered && (isGoing(pod) || !isRunningAndReady(pod) || !isRunningAndAvailable(pod, pass))) return 'wait';
  await setClaimOwners(control.context, { set, ordinal, pod });
  if (!hasIdentity(set, pod, ordinal) || !mountsClaims(set, pod, ordinal)) await repairMember(control, { set, ordinal, pod });
  return 'on';
}

async function fixClaims({ control, set }: Pass, pod: Readonly<Pod>): Promise<'on'> {
  await setClaimOwners(control.context, { set, ordinal: ordinalOf(set, pod) ?? 0, pod });
  return 'on';
}

/** Deletes a pod that the set no longer wants; in order only while all others are available, but for one that is the first that is not. */
async function condemn(pass: Pass, pod: Readonly<Pod>, firstUnavailable: Readonly<Pod> | undefined): Promise<'on' | 'wait'> {
  if (isGoing(pod)) return pass.ordered ? 'wait' : 'on';
  if (pass.ordered && pod !== firstUnavailable && !isRunningAndAvailable(pod, pass)) return 'wait';
  return remove(pass, pod);
}

async function roll(pass: Pass, revision: string): Promise<Progress> {
  const { set, places, minReadySeconds, now } = pass;
  if (set.spec.updateStrategy?.type === 'OnDelete') return 'on';
  for (const pod of dueForUpdate(set, places.replicas, { minReadySeconds, now, revision })) {
    const progress = await attempt(() => remove(pass, pod));
    if (progress instanceof Error) return progress;
  }
  return 'on';
}

async function remove({ control, set, deleted }: Pass, pod: Readonly<Pod>): Promise<'wait'> {
  await deleteMember(control, set, pod);
  deleted.add(pod.metadata.uid ?? '');
  return 'wait';
}
