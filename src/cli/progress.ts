import type { Application, Deployment, Job, Pod } from '../api/kinds.generated.ts';
import { keyOf, keyText } from '../api/object.ts';
import type { Paint } from '../report/paint.ts';
import { printable } from '../report/wording.ts';

/** One line that says where an application stands. */
export function applicationLine(application: Readonly<Application>, paint: Paint): string {
  const { status } = application;
  const name = paint.strong(keyText(keyOf(application)));
  const sync = status?.sync ?? 'Unknown';
  const health = status?.health ?? 'Unknown';
  const revision = status?.current === undefined ? '' : ` revision ${status.current.number} (${status.current.commit.slice(0, 7)})`;
  const message = status?.message === undefined || status.message === '' ? '' : `: ${printable(status.message)}`;
  return `${name} ${paintHealth(sync, paint)} ${paintHealth(health, paint)}${revision}${message}`;
}

function paintHealth(word: string, paint: Paint): string {
  if (word === 'Synced' || word === 'Healthy') return paint.good(word);
  if (word === 'Degraded' || word === 'Missing') return paint.bad(word);
  return paint.warn(word);
}

/** One line a workload: `Deployment shop/web  2/3 ready, 1 updated`. */
export function deploymentLine(deployment: Readonly<Deployment>): string {
  const { status, spec } = deployment;
  const ready = `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 1} ready`;
  return `Deployment ${keyText(keyOf(deployment))}: ${ready}, ${status?.updatedReplicas ?? 0} updated, ${status?.unavailableReplicas ?? 0} unavailable`;
}
export function jobLine(job: Readonly<Job>): string {
  const { status, spec } = job;
  const failed = (status?.failed ?? 0) > 0 ? `, ${status?.failed} failed` : '';
  return `Job ${keyText(keyOf(job))}: ${status?.succeeded ?? 0}/${spec?.completions ?? 1} completed, ${status?.active ?? 0} active${failed}`;
}

/** Why a pod is not ready, where it says so itself. */
export function podTrouble(pod: Readonly<Pod>): string | undefined {
  const trouble = containerTrouble(pod) ?? schedulingTrouble(pod);
  return trouble === undefined ? undefined : `Pod ${keyText(keyOf(pod))}: ${printable(trouble)}`;
}

const onItsWay = ['ContainerCreating', 'PodInitializing', undefined];
function containerTrouble({ status }: Readonly<Pod>): string | undefined {
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map((one) => one.state?.waiting)
    .find((one) => !onItsWay.includes(one?.reason));
  if (waiting === undefined) return undefined;
  return waiting.message === undefined ? (waiting.reason ?? '') : `${waiting.reason ?? ''} (${waiting.message})`;
}
function schedulingTrouble({ status }: Readonly<Pod>): string | undefined {
  const scheduled = status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  return scheduled === undefined ? undefined : `${scheduled.reason ?? 'Unschedulable'} (${scheduled.message ?? ''})`;
}
