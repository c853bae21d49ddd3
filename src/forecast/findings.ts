import type { Rollout } from '../api/forecast.ts';
import { refText, type KubeObject, type ObjectKey, type ObjectRef } from '../api/object.ts';
import type { Origin } from '../api/plan.ts';
import type { Caution } from '../api/review.ts';
import { recordsAt, valueAt } from '../base/json.ts';
import { ingressBackends } from '../gitops/references.ts';
import type { ObjectTrack, Recording } from './recording.ts';
import { desiredOf, type Workload } from './workloads.ts';

export interface FindingsInput {
  readonly rollouts: readonly Rollout[];
  readonly workloads: readonly Workload[];
  readonly recording: Pick<Recording, 'objects' | 'pods' | 'warnings' | 'serving' | 'markedMs' | 'lastMs'>;
  /** Syncs that did not get through: whose, and why. */
  readonly failures: readonly { readonly application: ObjectKey; readonly message: string; readonly applied: boolean }[];
  /** What the merge changes, as `refText`. */
  readonly changed: ReadonlySet<string>;
  /** Which application asks for an object, and where. */
  placeOf(ref: ObjectRef): { readonly application?: ObjectKey; readonly origin?: Origin };
}
type Found = Pick<Caution, 'rule' | 'severity' | 'message'> & { readonly ref: ObjectRef; readonly fields?: readonly string[] };

/** What breaks or may break on the way: only what the merge brings about. Blockers first, then by object. */
export function findingsOf(input: FindingsInput): Caution[] {
  const found = [
    ...stuckRollouts(input),
    ...waits(input),
    ...refusals(input),
    ...lostEndpoints(input),
    ...outages(input),
    ...budgets(input),
    ...sharedVolumes(input),
  ].map((one): Caution => ({ ...one, ...input.placeOf(one.ref) }));
  return [...found, ...failedSyncs(input, found)].sort(
    (a, b) =>
      Number(b.severity === 'blocker') - Number(a.severity === 'blocker') || compare(place(a), place(b)) || compare(a.message, b.message),
  );
}
function place({ application, ref, rule }: Caution): string {
  return `${application?.namespace}/${application?.name} ${ref === undefined ? '' : refText(ref)} ${rule}`;
}
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a message of the server is about, as a rule. */
function ruleOf(reason: string, message: string): string {
  if (/exceeded quota|failed quota/.test(message)) return 'quota';
  if (/(minimum|maximum) (cpu|memory|storage|.*) usage per |LimitRange|limit to request ratio/i.test(message)) return 'limit-range';
  return reason === 'Unschedulable' ? 'unschedulable' : 'rollout-stuck';
}

function stuckRollouts({ rollouts, workloads, recording }: FindingsInput): Found[] {
  const byName = new Map(workloads.map((workload) => [refText(workload.ref), workload]));
  return rollouts.flatMap((rollout): Found[] => {
    const { stuck, workload: ref, desired } = rollout;
    if (stuck === undefined || stuck.reason === 'DeploymentPaused') return [];
    const { available = 0 } = rollout.timeline.at(-1) ?? {};
    const before = availableAt(byName.get(refText(ref)), recording.markedMs);
    const wanted = desiredOf(byName.get(refText(ref))?.before);
    const ill = rollout.kind !== 'starts' && before < wanted;
    const now = `${available} of ${desired} pods available`;
    const message = `${rollout.kind === 'starts' ? 'does not come up' : 'does not finish rolling out'} (${now}): ${stuck.reason}: ${stuck.message}`;
    return [
      {
        rule: ruleOf(stuck.reason, stuck.message),
        severity: ill ? 'caution' : 'blocker',
        ref,
        message: ill ? `${message}; it was not available before either` : message,
      },
    ];
  });
}
function availableAt(workload: Workload | undefined, ms: number): number {
  return (workload?.pods ?? []).filter(({ ready }) => ready.some(({ from, to }) => from < ms && (to ?? Infinity) >= ms)).length;
}

const leastMs = 1_000;

/** Pods for which no node had room, until one had. */
function waits({ workloads, rollouts, recording: { markedMs } }: FindingsInput): Found[] {
  const stuck = new Set(rollouts.filter((one) => one.stuck !== undefined).map((one) => refText(one.workload)));
  return workloads.flatMap((workload): Found[] => {
    if (stuck.has(refText(workload.ref))) return [];
    const spans = workload.pods
      .flatMap(({ unschedulable }) => unschedulable)
      .filter(({ from, to }) => from >= markedMs && to !== undefined);
    const [longest] = [...spans].sort((a, b) => lengthOf(b) - lengthOf(a));
    if (longest === undefined || lengthOf(longest) < leastMs) return [];
    const message = `a pod waits ${seconds(lengthOf(longest))} until a node has room for it: ${longest.message}`;
    return [{ rule: 'unschedulable', severity: 'caution', ref: workload.ref, message }];
  });
}
function lengthOf({ from, to }: { from: number; to: number | undefined }): number {
  return (to ?? Infinity) - from;
}

/** Pods that were refused at first. */
function refusals({ workloads, rollouts, recording }: FindingsInput): Found[] {
  const stuck = new Set(rollouts.filter((one) => one.stuck !== undefined).map((one) => refText(one.workload)));
  return workloads.flatMap((workload): Found[] => {
    if (stuck.has(refText(workload.ref))) return [];
    const makers = [workload.ref, ...workload.parts.map(({ ref }) => ref)];
    const warning = makers
      .flatMap((ref) => recording.warnings.get(refText(ref)) ?? [])
      .find(({ reason, atMs }) => reason === 'FailedCreate' && atMs >= recording.markedMs);
    if (warning === undefined) return [];
    const message = `pods are refused on the way, and taken later: ${warning.message}`;
    return [{ rule: ruleOf('', warning.message), severity: 'caution', ref: workload.ref, message }];
  });
}

function lostEndpoints({ recording, workloads }: FindingsInput): Found[] {
  const { markedMs, lastMs } = recording;
  return ofKind(recording, 'Service').flatMap((track): Found[] => {
    if (track.goneMs !== undefined || track.marked === undefined) return [];
    const spans = recording.serving.get(refText(track.ref)) ?? [];
    if (!spans.some(({ from, to }) => from < markedMs && (to ?? Infinity) >= markedMs)) return [];
    const gaps = spans.flatMap(({ to }, at) => (to === undefined || to < markedMs ? [] : [{ from: to, to: spans[at + 1]?.from }]));
    const reached = reachedBy(recording, track.ref);
    const open = gaps.find(({ to }) => to === undefined);
    if (open !== undefined) {
      const wanted = workloads.some((workload) => selects(track.last, workload) && desiredOf(workload.after) > 0);
      const message = `no pod is left that it sends requests to, from ${seconds(open.from - markedMs)} after the first write on${reached}`;
      return [
        { rule: 'endpoints-lost', severity: wanted || !scaled(workloads, track.marked) ? 'blocker' : 'caution', ref: track.ref, message },
      ];
    }
    const [longest] = [...gaps].sort((a, b) => lengthOf(b) - lengthOf(a));
    if (longest === undefined || lengthOf(longest) < leastMs || longest.from > lastMs) return [];
    const message = `for ${seconds(lengthOf(longest))} no pod answers its requests, from ${seconds(longest.from - markedMs)} after the first write on${reached}`;
    return [{ rule: 'endpoints-lost', severity: 'caution', ref: track.ref, message }];
  });
}
/** Somebody wanted fewer: what it selected is there and asks for no pods. */
function scaled(workloads: readonly Workload[], service: KubeObject): boolean {
  return workloads.some((workload) => selects(service, workload) && workload.after !== undefined && desiredOf(workload.after) === 0);
}
function selects(service: KubeObject, { after, ref }: Workload): boolean {
  if (ref.namespace !== service.metadata.namespace) return false;
  const selector = Object.entries((valueAt(service, ['spec', 'selector']) ?? {}) as Record<string, string>);
  const labels = (valueAt(after, ['spec', 'template', 'metadata', 'labels']) ?? {}) as Record<string, string>;
  return selector.length > 0 && selector.every(([name, value]) => labels[name] === value);
}
function reachedBy(recording: FindingsInput['recording'], { namespace, name }: ObjectRef): string {
  const ingresses = ofKind(recording, 'Ingress').filter(
    ({ goneMs, last, ref }) =>
      goneMs === undefined && ref.namespace === namespace && ingressBackends(last).some(({ service }) => service['name'] === name),
  );
  if (ingresses.length === 0) return '';
  return `; ${ingresses.map(({ ref }) => `Ingress ${ref.name}`).join(', ')} ${ingresses.length === 1 ? 'leads' : 'lead'} there`;
}
function ofKind({ objects }: Pick<Recording, 'objects'>, kind: string): ObjectTrack[] {
  return [...objects.values()].filter(({ ref }) => ref.kind === kind);
}

/** Nothing of a workload answers for a while, although it did and should. */
function outages({ rollouts, workloads, recording: { markedMs } }: FindingsInput): Found[] {
  const byName = new Map(workloads.map((workload) => [refText(workload.ref), workload]));
  return rollouts.flatMap(({ workload: ref, kind, worst, desired, timeline, stuck }): Found[] => {
    const before = availableAt(byName.get(refText(ref)), markedMs);
    if (kind !== 'restarts' || worst.available > 0 || before === 0 || desired === 0 || stuck !== undefined) return [];
    const back = timeline.find(({ atMs, available }) => atMs > worst.atMs && available > 0);
    if (back === undefined || back.atMs - worst.atMs < leastMs) return [];
    const message = `none of its pods is available for ${seconds(back.atMs - worst.atMs)}, from ${seconds(worst.atMs)} after the first write on`;
    return [{ rule: 'outage', severity: 'caution', ref, message }];
  });
}

/** Budgets that allowed an eviction before, or are new, and allow none in the end. */
function budgets({ recording }: FindingsInput): Found[] {
  return ofKind(recording, 'PodDisruptionBudget').flatMap((track): Found[] => {
    const status = (object: KubeObject | undefined, field: string) => valueAt(object, ['status', field]) as number | undefined;
    if (track.goneMs !== undefined || (status(track.last, 'expectedPods') ?? 0) === 0) return [];
    if (status(track.last, 'disruptionsAllowed') !== 0 || (track.marked !== undefined && status(track.marked, 'disruptionsAllowed') === 0))
      return [];
    const counts = `${status(track.last, 'currentHealthy')} of ${status(track.last, 'expectedPods')} pods are healthy, ${status(track.last, 'desiredHealthy')} must be`;
    return [
      {
        rule: 'budget-blocks',
        severity: 'caution',
        ref: track.ref,
        message: `allows no eviction in the end (${counts}): a node with such a pod cannot be drained`,
      },
    ];
  });
}

/** The new pod comes beside the old one, and both want what one node at a time may have. */
function sharedVolumes({ rollouts, workloads, recording }: FindingsInput): Found[] {
  const byName = new Map(workloads.map((workload) => [refText(workload.ref), workload]));
  return rollouts.flatMap(({ workload: ref, kind, mostPods, desired }): Found[] => {
    if (kind !== 'restarts' || ref.kind !== 'Deployment' || mostPods <= desired) return [];
    const volumes = recordsAt(byName.get(refText(ref))?.after, ['spec', 'template', 'spec', 'volumes']);
    const claims = volumes.map((volume) => valueAt(volume, ['persistentVolumeClaim', 'claimName']));
    const single = ofKind(recording, 'PersistentVolumeClaim').find(
      (track) => track.ref.namespace === ref.namespace && claims.includes(track.ref.name) && isExclusive(track.last),
    );
    if (single === undefined) return [];
    const message =
      `its new pod starts while the old one runs, and both mount PersistentVolumeClaim ${single.ref.name}, which only one node at a time ` +
      'may use: on another node the new one waits for ever; strategy Recreate avoids that';
    return [{ rule: 'exclusive-volume', severity: 'caution', ref, message, fields: ['spec.strategy'] }];
  });
}
function isExclusive(claim: KubeObject): boolean {
  const modes = valueAt(claim, ['spec', 'accessModes']);
  return Array.isArray(modes) && modes.length > 0 && modes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
}

/** Said only where nothing above says what it waited for. What the merge does not change was ill before. */
function failedSyncs({ failures, changed }: FindingsInput, found: readonly Caution[]): Caution[] {
  return failures
    .filter(({ message }) => !found.some(({ ref }) => ref !== undefined && message.includes(refText(ref))))
    .map(({ application, message, applied }): Caution => {
      const ours = !applied || changed.size === 0 || [...changed].some((name) => message.includes(name));
      return {
        rule: applied ? 'sync-fails' : 'not-applied',
        severity: ours ? 'blocker' : 'caution',
        application,
        message: ours ? message : `${message}; the merge does not change that object`,
      };
    });
}

function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 6_000) / 10} min`;
}
