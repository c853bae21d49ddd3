import type { ContainerStatus, Pod, PodStatus } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { formatAge } from '../../base/duration.ts';
import { ageCell } from '../cells.ts';

/** A pod as `kubectl get pods -o wide` shows it (kubernetes v1.35, pkg/printers/internalversion printPod). */
export function podCells(pod: Pod, now: number): readonly unknown[] {
  const sum = summary(pod);
  const { status } = pod;
  const gates = pod.spec.readinessGates ?? [];
  const open = gates.filter((gate) =>
    status?.conditions?.some((condition) => condition.type === gate.conditionType && condition.status === 'True'),
  );
  const restarts =
    sum.restarts > 0 && sum.lastRestart !== undefined ? `${sum.restarts} (${formatAge(now - sum.lastRestart)} ago)` : `${sum.restarts}`;
  return [
    pod.metadata.name,
    `${sum.ready}/${sum.total}`,
    sum.reason,
    restarts,
    ageCell(pod.metadata.creationTimestamp, now),
    status?.podIPs?.[0]?.ip ?? status?.podIP ?? '<none>',
    pod.spec.nodeName ?? '<none>',
    status?.nominatedNodeName ?? '<none>',
    gates.length === 0 ? '<none>' : `${open.length}/${gates.length}`,
  ];
}

interface Summary {
  total: number;
  ready: number;
  restarts: number;
  /** Of init containers that run beside the others. */
  sidecarRestarts: number;
  lastRestart: number | undefined;
  reason: string;
}

function summary(pod: Pod): Summary {
  const status = pod.status ?? {};
  const sum: Summary = {
    total: pod.spec.containers.length,
    ready: 0,
    restarts: 0,
    sidecarRestarts: 0,
    lastRestart: undefined,
    reason: phaseReason(status),
  };
  const sidecars = new Set((pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name));
  sum.total += sidecars.size;
  const initializing = countInit(pod, status, { sum, sidecars });
  if (!initializing || isInitialized(status)) countContainers(status, sum);
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') sum.reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') sum.reason = 'Terminating';
  }
  return sum;
}
function phaseReason(status: PodStatus): string {
  const gated = status.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated');
  if (gated) return 'SchedulingGated';
  return status.reason || status.phase || '';
}
const isInitialized = (status: PodStatus): boolean =>
  status.conditions?.some((one) => one.type === 'Initialized' && one.status === 'True') === true;

/** Walks the init containers up to the first that is not done; true when one is not. */
function countInit(pod: Pod, status: PodStatus, options: { sum: Summary; sidecars: ReadonlySet<string> }): boolean {
  const { sum, sidecars } = options;
  const count = pod.spec.initContainers?.length ?? 0;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    sum.restarts += container.restartCount;
    const isSidecar = sidecars.has(container.name);
    if (isSidecar) sum.sidecarRestarts += container.restartCount;
    noteRestart(sum, container);
    const reason = initReason(container, isSidecar);
    if (reason === 'done') continue;
    if (reason === 'started') {
      if (container.ready) sum.ready += 1;
      continue;
    }
    sum.reason = reason === 'waiting' ? `Init:${index}/${count}` : reason;
    return true;
  }
  return false;
}
function initReason(container: ContainerStatus, isSidecar: boolean): string {
  const terminated = container.state?.terminated;
  if (terminated?.exitCode === 0) return 'done';
  if (isSidecar && container.started === true) return 'started';
  if (terminated !== undefined) return `Init:${endReason(terminated)}`;
  const waiting = container.state?.waiting?.reason;
  return waiting !== undefined && waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : 'waiting';
}
function endReason(terminated: { reason?: string; signal?: number; exitCode: number }): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function countContainers(status: PodStatus, sum: Summary): void {
  let running = false;
  let reason = '';
  let restarts = sum.sidecarRestarts;
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    restarts += container.restartCount;
    noteRestart(sum, container);
    const stopped = stoppedReason(container);
    if (stopped !== '') reason = stopped;
    else if (container.ready && container.state?.running !== undefined) {
      running = true;
      sum.ready += 1;
    }
  }
  sum.restarts = restarts;
  if (reason !== '') sum.reason = reason;
  if (sum.reason === 'Completed' && running) {
    const ready = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
    sum.reason = ready === true ? 'Running' : 'NotReady';
  }
}

function stoppedReason({ state }: ContainerStatus): string {
  if (state?.waiting?.reason) return state.waiting.reason;
  return state?.terminated === undefined ? '' : endReason(state.terminated);
}

function noteRestart(sum: Summary, container: ContainerStatus): void {
  const ended = parseTime(container.lastState?.terminated?.finishedAt);
  if (ended !== undefined && ended > (sum.lastRestart ?? 0)) sum.lastRestart = ended;
}
