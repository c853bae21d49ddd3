import type { Container, ContainerStatus, Pod } from '../api/kinds.generated.ts';
import { parseTime } from '../base/clock.ts';
import { parseDuration } from '../base/duration.ts';
import { backoffMs, failuresBehind } from './crash-backoff.ts';
import type { Exit, RunningContainer } from './runtime.ts';

/** One ended run of a container. */
export interface Termination {
  readonly exit: Exit;
  readonly id: string;
  readonly startedAt: string;
  readonly reason: string;
  readonly message?: string;
}
/** What the agent knows of one container of a pod. Only the pod's worker changes it. */
export interface ContainerState {
  readonly name: string;
  readonly role: 'init' | 'sidecar' | 'app';
  /** Starts so far, less one: the restart count of the run that is on. */
  restarts: number;
  launchedOnce: boolean;
  starting: boolean;
  running: RunningContainer | undefined;
  /** Image of the run that is on, and its resolved id. */
  image: string;
  imageId: string;
  /** The run that ended last, while no new one is on. */
  terminated: Termination | undefined;
  /** The run before the present one. */
  last: Termination | undefined;
  waiting: { readonly reason: string; readonly message: string } | undefined;
  /** Not before this moment may it be started again. */
  retryAtMs: number;
  /** Failures in a row: what the back-off grows with. */
  failures: number;
  started: boolean;
  ready: boolean;
  /** The last two runs that ended in this life of the agent, for their logs. */
  ended: RunningContainer | undefined;
  endedBefore: RunningContainer | undefined;
}

/** The containers of a pod in the order in which they start. */
export function containersOf(pod: Readonly<Pod>): readonly { readonly container: Container; readonly role: ContainerState['role'] }[] {
  const init = (pod.spec?.initContainers ?? []).map((container) => ({
    container,
    role: container.restartPolicy === 'Always' ? ('sidecar' as const) : ('init' as const),
  }));
  return [...init, ...(pod.spec?.containers ?? []).map((container) => ({ container, role: 'app' as const }))];
}

/** Fresh states, taking up what the pod's status says of an earlier life of the agent and what still runs. */
export function statesOf(pod: Readonly<Pod>, found: readonly RunningContainer[]): ContainerState[] {
  return containersOf(pod).map(({ container, role }) => {
    const list = role === 'app' ? pod.status?.containerStatuses : pod.status?.initContainerStatuses;
    const status = list?.find((one) => one.name === container.name);
    const run = found.find((one) => one.container === container.name);
    return takeUp({ name: container.name, role, image: container.image ?? '' }, status, run);
  });
}

function takeUp(
  base: { name: string; role: ContainerState['role']; image: string },
  status: ContainerStatus | undefined,
  run: RunningContainer | undefined,
): ContainerState {
  const { running, ended, last, terminated, isNewer } = runsBefore(status, run);
  return {
    name: base.name,
    role: base.role,
    restarts: run?.attempt ?? status?.restartCount ?? 0,
    launchedOnce: [running, terminated, last].some((run) => run !== undefined),
    starting: false,
    running,
    image: running === undefined ? '' : base.image,
    imageId: status?.imageID ?? '',
    terminated,
    last,
    waiting: undefined,
    ...backoffOf(status, terminated),
    ...probedBefore(isNewer ? undefined : status, running),
    ended,
    endedBefore: undefined,
  };
}

type Runs = Pick<ContainerState, 'running' | 'ended' | 'last' | 'terminated'>;

/** A run whose end is in the status has ended; any other runs, or its end is told in a moment. `isNewer`: the status does not know it yet. */
function runsBefore(status: ContainerStatus | undefined, run: RunningContainer | undefined): Runs & { isNewer: boolean } {
  const told = terminationOf(status?.lastState?.terminated);
  const before = endedBefore(status, told);
  const isOver = run !== undefined && status?.state?.running === undefined && before?.id === run.id;
  if (run === undefined || isOver) return { running: undefined, ended: run, last: told, terminated: before, isNewer: false };
  const isNewer = (run.attempt ?? 0) > (status?.restartCount ?? 0);
  return { running: run, ended: undefined, last: isNewer ? (before ?? told) : told, terminated: undefined, isNewer };
}

/** A back-off that was under way goes on: its length is in the words of the status. */
function backoffOf(status: ContainerStatus | undefined, terminated: Termination | undefined): { failures: number; retryAtMs: number } {
  const { reason, message = '' } = status?.state?.waiting ?? {};
  const text = /^back-off (\S+) restarting/.exec(message)?.[1];
  const endedMs = parseTime(terminated?.exit.finishedAt);
  if (reason !== 'CrashLoopBackOff' || text === undefined || endedMs === undefined) return { failures: 0, retryAtMs: 0 };
  const failures = failuresBehind(parseDuration(text));
  return { failures, retryAtMs: endedMs + backoffMs(failures) };
}

function probedBefore(status: ContainerStatus | undefined, running: RunningContainer | undefined): { started: boolean; ready: boolean } {
  return { started: running !== undefined && status?.started === true, ready: running !== undefined && status?.ready === true };
}

/** How a container that does not run ended, as far as the status tells. */
function endedBefore(status: ContainerStatus | undefined, last: Termination | undefined): Termination | undefined {
  const ended = terminationOf(status?.state?.terminated);
  if (ended !== undefined) return ended;
  return status?.state?.waiting?.reason === 'CrashLoopBackOff' ? last : lost(status);
}

type TerminatedStatus = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;
function terminationOf(terminated: TerminatedStatus | undefined): Termination | undefined {
  if (terminated === undefined) return undefined;
  const id = (terminated.containerID ?? '').replace(/^[a-z]+:\/\//, '');
  const exit = { code: terminated.exitCode, finishedAt: terminated.finishedAt ?? '' };
  const base = { exit, id, startedAt: terminated.startedAt ?? '', reason: terminated.reason ?? '' };
  return terminated.message === undefined ? base : { ...base, message: terminated.message };
}

/** A run that the status knows and the runtime does not: as the kubelet says it, exit code 137 and ContainerStatusUnknown. */
function lost(status: ContainerStatus | undefined): Termination | undefined {
  const was = status?.state?.running;
  if (was === undefined) return undefined;
  return {
    exit: { code: 137, finishedAt: was.startedAt ?? '' },
    id: (status?.containerID ?? '').replace(/^[a-z]+:\/\//, ''),
    startedAt: was.startedAt ?? '',
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
}

/** How long the last run of a container was on, in milliseconds. */
export function ranForMs(termination: Termination): number {
  return Math.max(0, (parseTime(termination.exit.finishedAt) ?? 0) - (parseTime(termination.startedAt) ?? 0));
}
