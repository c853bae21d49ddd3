import type { Pod } from '../../api/kinds.generated.ts';
import { isPodAvailable, isPodFinished, isPodReady, msUntilAvailable } from '../pods/pod-state.ts';
import { podRevisionLabel } from '../revisions/revision.ts';
import type { Eligibility } from './daemon-pod.ts';

/** What one node adds to the sums of a set. */
export type Count =
  | 'desired'
  | 'scheduled'
  | 'ready'
  | 'available'
  | 'updated'
  | 'misscheduled'
  /** Counts against maxUnavailable. */
  | 'unavailable'
  /** Counts against maxSurge. */
  | 'surging'
  /** Has an available pod, whether it should or not. */
  | 'up';

/** What may be done on a node, with the pods that it is done to. */
export type Mark =
  /** A pod is missing. */
  | 'create'
  /** They are not wanted. */
  | 'remove'
  /** They have ended, and are deleted with an event of it. */
  | 'failed'
  | 'succeeded'
  /** Of an old revision and not available: replaced at once. */
  | 'replace'
  /** Of an old revision: replaced when maxUnavailable allows. */
  | 'candidate'
  /** Of an old revision and not available: a new one comes beside it at once. */
  | 'surgeNow'
  /** Of an old revision: a new one comes beside it when maxSurge allows. */
  | 'surge'
  /** Of an old revision with an available new one beside it. */
  | 'outdated'
  /** Of an old revision where none should run: goes when enough others are available. */
  | 'sunset';

export interface Verdict {
  readonly counts: ReadonlySet<Count>;
  readonly marks: ReadonlyMap<Mark, readonly Readonly<Pod>[]>;
  /** When time alone changes the verdict; Infinity for never. */
  readonly againAt: number;
}

export interface NodeFacts {
  /** Is there such a node? */
  readonly known: boolean;
  readonly eligible: Eligibility;
  /** Of the set, on the node or for it. */
  readonly pods: readonly Readonly<Pod>[];
  /** Until when a failed pod is left there. */
  readonly backoffUntil: number;
}

export interface Ruler {
  /** Of the present revision. */
  readonly hash: string;
  readonly surge: boolean;
  readonly minReadySeconds: number;
  readonly now: number;
}

/** What one node is to a set. Pure: the sum over all nodes is the set's status and what it does next, as upstream's manage and rollingUpdate. */
export function judgeNode(facts: NodeFacts, ruler: Ruler): Verdict {
  // One that has ended and is going is nobody's concern any more.
  const pods = facts.pods.filter((pod) => !(isPodFinished(pod) && isGoing(pod))).sort(byPlace);
  const verdict = { counts: new Set<Count>(), marks: new Map<Mark, readonly Readonly<Pod>[]>(), againAt: Infinity };
  count(verdict, { ...facts, pods }, ruler);
  manage(verdict, { ...facts, pods }, ruler);
  if (pods.length > 0 || facts.eligible.runs) (ruler.surge ? surge : replace)(verdict, { ...facts, pods }, ruler);
  return verdict;
}

interface Draft {
  readonly counts: Set<Count>;
  readonly marks: Map<Mark, readonly Readonly<Pod>[]>;
  againAt: number;
}
const isGoing = (pod: Readonly<Pod>): boolean => pod.metadata.deletionTimestamp !== undefined;
const isUpdated = (pod: Readonly<Pod>, { hash }: Ruler): boolean => pod.metadata.labels?.[podRevisionLabel] === hash;

/** Those on a node first, then the oldest, then by name. */
function byPlace(a: Readonly<Pod>, b: Readonly<Pod>): number {
  const placed = Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName));
  if (placed !== 0) return placed;
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (first !== second) return first < second ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function isAvailable(draft: Draft, pod: Readonly<Pod>, { minReadySeconds, now }: Ruler): boolean {
  const waitMs = msUntilAvailable(pod, minReadySeconds, now);
  if (waitMs > 0 && waitMs !== Infinity) draft.againAt = Math.min(draft.againAt, now + waitMs);
  return isPodAvailable(pod, minReadySeconds, now);
}

function count(draft: Draft, { known, eligible, pods }: NodeFacts, ruler: Ruler): void {
  const { counts } = draft;
  const [first] = pods;
  if (!known) return;
  if (!eligible.runs) {
    if (first !== undefined) counts.add('misscheduled');
    return;
  }
  counts.add('desired');
  if (first === undefined) return;
  counts.add('scheduled');
  if (isPodReady(first)) counts.add('ready');
  if (isAvailable(draft, first, ruler)) counts.add('available');
  if (isUpdated(first, ruler)) counts.add('updated');
}

function manage(draft: Draft, facts: NodeFacts, ruler: Ruler): void {
  const { known, eligible, pods } = facts;
  const { marks } = draft;
  // What waits for a node that is gone would wait for ever; what runs on it is the collector's.
  if (!known)
    return mark(
      marks,
      'remove',
      pods.filter((pod) => !isGoing(pod) && !pod.spec.nodeName),
    );
  if (!eligible.stays)
    return mark(
      marks,
      'remove',
      pods.filter((pod) => !isGoing(pod)),
    );
  if (pods.length === 0) {
    if (eligible.runs) marks.set('create', []);
    return;
  }
  const staying = pods.filter((pod) => !isGoing(pod));
  const failed = staying.filter((pod) => pod.status?.phase === 'Failed');
  if (failed.length > 0 && ruler.now < facts.backoffUntil) draft.againAt = Math.min(draft.againAt, facts.backoffUntil);
  else mark(marks, 'failed', failed);
  mark(
    marks,
    'succeeded',
    staying.filter((pod) => pod.status?.phase === 'Succeeded'),
  );
  const running = staying.filter((pod) => !isPodFinished(pod));
  if (!ruler.surge) mark(marks, 'remove', running.slice(1));
  else if (running.length === 0 && eligible.runs) marks.set('create', []);
  else if (running.length > 1) mark(marks, 'remove', surplusOf(draft, running, ruler));
}

/** Beside the oldest new pod the oldest old one may stay: while it is ready and the new one is not available. */
function surplusOf(draft: Draft, running: readonly Readonly<Pod>[], ruler: Ruler): readonly Readonly<Pod>[] {
  const newest = running.find((pod) => isUpdated(pod, ruler));
  const oldest = running.find((pod) => !isUpdated(pod, ruler));
  const surplus = running.filter((pod) => pod !== newest && pod !== oldest);
  if (newest === undefined || oldest === undefined) return surplus;
  return !isPodReady(oldest) || isAvailable(draft, newest, ruler) ? [...surplus, oldest] : surplus;
}

/** The pods that stay, one new and one old at most; undefined where there are more. */
function pairOn(
  pods: readonly Readonly<Pod>[],
  ruler: Ruler,
): { fresh: Readonly<Pod> | undefined; old: Readonly<Pod> | undefined } | undefined {
  const staying = pods.filter((pod) => !isGoing(pod));
  const fresh = staying.filter((pod) => isUpdated(pod, ruler));
  const old = staying.filter((pod) => !isUpdated(pod, ruler));
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
}

/** Without surge: an old pod goes, then a new one comes. */
function replace(draft: Draft, { pods }: NodeFacts, ruler: Ruler): void {
  const { counts, marks } = draft;
  const pair = pairOn(pods, ruler);
  if (pair === undefined || (pair.fresh === undefined) === (pair.old === undefined)) counts.add('unavailable');
  else if (pair.fresh !== undefined) {
    if (!isAvailable(draft, pair.fresh, ruler)) counts.add('unavailable');
  } else if (pair.old !== undefined) {
    if (isAvailable(draft, pair.old, ruler)) marks.set('candidate', [pair.old]);
    else {
      counts.add('unavailable');
      marks.set('replace', [pair.old]);
    }
  }
}

/** With surge: a new pod comes beside the old one, which goes when the new one is available. */
function surge(draft: Draft, { pods, eligible }: NodeFacts, ruler: Ruler): void {
  const { counts, marks } = draft;
  const pair = pairOn(pods, ruler);
  if (pair === undefined) {
    counts.add('surging');
    return;
  }
  const { fresh, old } = pair;
  const counted = old ?? fresh;
  const up = counted !== undefined && isAvailable(draft, counted, ruler);
  if (up) counts.add('up');
  if (old === undefined) return;
  if (fresh !== undefined) {
    if (isAvailable(draft, fresh, ruler)) marks.set('outdated', [old]);
    else counts.add('surging');
  } else if (!eligible.runs) marks.set(up ? 'sunset' : 'outdated', [old]);
  else marks.set(up ? 'surge' : 'surgeNow', [old]);
}

function mark(marks: Map<Mark, readonly Readonly<Pod>[]>, as: Mark, pods: readonly Readonly<Pod>[]): void {
  if (pods.length > 0) marks.set(as, pods);
}
