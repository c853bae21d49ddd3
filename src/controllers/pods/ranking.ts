import type { Pod } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { isPodActive, isPodReady, readyCondition } from './pod-state.ts';

const phases = ['Pending', 'Unknown', 'Running'];
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Which pods a controller deletes first when it has too many, as kube-controller-manager's ActivePodsWithRanks: not assigned to a node;
 * pending; not ready; of lower deletion cost; on a node with more pods of the same set (`related`); ready for a shorter time; with more
 * restarts; younger. Times count by their order of magnitude, and inside one the uid decides, so that not always the youngest go.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, rank: rankOf(pod, perNode) }));
  ranked.sort((a, b) => compare(a.rank, b.rank, now));
  return ranked.map((each) => each.pod);
}

/** What is compared, read once for each pod. */
interface Rank {
  readonly uid: string;
  readonly assigned: number;
  readonly phase: number;
  readonly ready: number;
  readonly cost: number;
  readonly doubledUp: number;
  readonly readySince: number | undefined;
  readonly restarts: readonly [regular: number, sidecars: number];
  readonly created: number | undefined;
}

function rankOf(pod: Pod, perNode: ReadonlyMap<string, number>): Rank {
  const node = pod.spec?.nodeName ?? '';
  const ready = isPodReady(pod);
  return {
    uid: pod.metadata.uid ?? '',
    assigned: node === '' ? 0 : 1,
    phase: phases.indexOf(pod.status?.phase ?? ''),
    ready: ready ? 1 : 0,
    cost: costOf(pod),
    doubledUp: perNode.get(node) ?? 0,
    readySince: ready ? parseTime(readyCondition(pod)?.lastTransitionTime) : undefined,
    restarts: restartsOf(pod),
    created: parseTime(pod.metadata.creationTimestamp),
  };
}

/** A cost that is no 32 bit number counts as 0, as upstream. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost];
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return cost === (cost | 0) ? cost : 0;
}

function restartsOf(pod: Pod): readonly [number, number] {
  const most = (statuses: readonly { restartCount?: number }[] = []): number =>
    statuses.reduce((max, status) => Math.max(max, status.restartCount ?? 0), 0);
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter((each) => each.restartPolicy === 'Always').map((each) => each.name));
  return [most(pod.status?.containerStatuses), most(pod.status?.initContainerStatuses?.filter((status) => sidecars.has(status.name)))];
}

function compare(a: Rank, b: Rank, now: number): number {
  const plain = a.assigned - b.assigned || a.phase - b.phase || a.ready - b.ready || a.cost - b.cost || b.doubledUp - a.doubledUp;
  if (plain !== 0) return plain;
  if (a.ready === 1 && a.readySince !== b.readySince) return youngerFirst(a, b, { a: a.readySince, b: b.readySince, now });
  const restarts = b.restarts[0] - a.restarts[0] || b.restarts[1] - a.restarts[1];
  if (restarts !== 0) return restarts;
  if (a.created !== b.created) return youngerFirst(a, b, { a: a.created, b: b.created, now });
  return 0;
}

/** An unknown time counts as youngest. */
function youngerFirst(a: Rank, b: Rank, since: { a: number | undefined; b: number | undefined; now: number }): number {
  if (since.a === undefined || since.b === undefined) return since.a === undefined ? -1 : 1;
  const difference = magnitude(since.now - since.a) - magnitude(since.now - since.b);
  return difference !== 0 ? difference : a.uid < b.uid ? -1 : 1;
}

/** The binary logarithm of an age, in nanoseconds as upstream takes it. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1;
}
