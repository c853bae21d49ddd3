import type { Condition } from '../api/kinds.generated.ts';
import type { Rollout } from '../api/forecast.ts';
import { refText, type KubeObject } from '../api/object.ts';
import { valueAt } from '../base/json.ts';
import type { PodTrack, Recording } from './recording.ts';
import type { Workload } from './workloads.ts';

/** Why a workload does not get there, the cause before what follows from it; in Kubernetes' words. */
export function stuckOf(workload: Workload, { warnings }: Pick<Recording, 'warnings'>): Rollout['stuck'] {
  const { after, pods, parts } = workload;
  const alive = pods.filter(({ goneMs, deletingMs, finishedMs }) => (goneMs ?? deletingMs ?? finishedMs) === undefined);
  return (
    refused([after, ...parts.map(({ last }) => last)]) ??
    refusedByEvent(workload, warnings) ??
    unplaced(alive) ??
    waiting(alive) ??
    said(after) ??
    unready(alive)
  );
}

type Stuck = NonNullable<Rollout['stuck']>;

function refused(objects: readonly (KubeObject | undefined)[]): Stuck | undefined {
  for (const object of objects) {
    const found = conditionsOf(object).find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
    if (found !== undefined) return { reason: found.reason ?? 'FailedCreate', message: found.message ?? '' };
  }
  return undefined;
}
/** Kinds without such a condition say it in events. */
function refusedByEvent({ ref, after }: Workload, warnings: Recording['warnings']): Stuck | undefined {
  if (after === undefined || after.kind === 'Deployment' || after.kind === 'ReplicaSet') return undefined;
  const last = warnings.get(refText(ref))?.findLast(({ reason }) => reason === 'FailedCreate');
  return last === undefined ? undefined : { reason: last.reason, message: last.message };
}
function unplaced(pods: readonly PodTrack[]): Stuck | undefined {
  for (const { unschedulable } of pods) {
    const open = unschedulable.at(-1);
    if (open !== undefined && open.to === undefined) return { reason: 'Unschedulable', message: open.message };
  }
  return undefined;
}
function waiting(pods: readonly PodTrack[]): Stuck | undefined {
  for (const { last } of pods) {
    for (const status of [...(last.status?.initContainerStatuses ?? []), ...(last.status?.containerStatuses ?? [])]) {
      const { reason, message = '' } = status.state?.waiting ?? {};
      if (reason !== undefined && reason !== 'ContainerCreating' && reason !== 'PodInitializing') return { reason, message };
    }
  }
  return undefined;
}
function said(after: KubeObject | undefined): Stuck | undefined {
  if (after !== undefined && valueAt(after, ['spec', 'paused']) === true)
    return { reason: 'DeploymentPaused', message: 'the rollout is paused' };
  const conditions = conditionsOf(after);
  const found =
    conditions.find(({ type, status }) => type === 'Failed' && status === 'True') ??
    conditions.find(({ type, status }) => type === 'Progressing' && status === 'False');
  return found === undefined ? undefined : { reason: found.reason ?? found.type, message: found.message ?? '' };
}
function unready(pods: readonly PodTrack[]): Stuck | undefined {
  const ill = pods.find(({ ready }) => ready.at(-1) === undefined || ready.at(-1)?.to !== undefined);
  if (ill === undefined) return undefined;
  const found = conditionsOf(ill.last).find(({ type, status }) => type === 'Ready' && status === 'False');
  return { reason: found?.reason ?? 'NotReady', message: found?.message ?? `pod ${ill.ref.name} does not get ready` };
}

function conditionsOf(object: KubeObject | undefined): readonly Condition[] {
  const list = object === undefined ? undefined : valueAt(object, ['status', 'conditions']);
  return Array.isArray(list) ? (list as Condition[]) : [];
}
