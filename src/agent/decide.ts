import type { Pod } from '../api/kinds.generated.ts';
import { parseTime } from '../base/clock.ts';
import { crashBackoff } from './crash-backoff.ts';
import { ranForMs, type ContainerState } from './container-state.ts';

/** What a pod needs now. */
export interface Decision {
  /** To be started at once, by name. */
  readonly start: readonly string[];
  /** Waits for its back-off: container and moment. */
  readonly backingOff: readonly { readonly name: string; readonly untilMs: number }[];
  /** No container will run any more. */
  readonly finished?: 'Succeeded' | 'Failed';
  readonly reason?: string;
  readonly message?: string;
  /** When to look again although nothing happened. */
  readonly wakeAtMs?: number;
}

/** How many failures in a row a container has after this end. */
export function failuresAfter(state: Pick<ContainerState, 'failures' | 'terminated'>): number {
  const long = state.terminated !== undefined && ranForMs(state.terminated) >= crashBackoff.forgetAfterMs;
  return long ? 1 : state.failures + 1;
}

/** Pure: from the pod, its containers and the time to what is to be done. Init containers one after the other, then all others together. */
export function decide(pod: Readonly<Pod>, states: readonly ContainerState[], nowMs: number): Decision {
  const deadline = deadlineOf(pod);
  if (deadline !== undefined && deadline <= nowMs) {
    const message = 'Pod was active on the node longer than the specified deadline';
    return { start: [], backingOff: [], finished: 'Failed', reason: 'DeadlineExceeded', message };
  }
  const decision = decideContainers(pod, states, nowMs);
  const moments = [...decision.backingOff.map((one) => one.untilMs), ...(deadline === undefined ? [] : [deadline])];
  return moments.length === 0 || decision.finished !== undefined ? decision : { ...decision, wakeAtMs: Math.min(...moments) };
}

function deadlineOf(pod: Readonly<Pod>): number | undefined {
  const started = parseTime(pod.status?.startTime);
  const seconds = pod.spec?.activeDeadlineSeconds;
  return started === undefined || seconds === undefined ? undefined : started + seconds * 1000;
}

function decideContainers(pod: Readonly<Pod>, states: readonly ContainerState[], nowMs: number): Decision {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const wanted: ContainerState[] = [];
  for (const state of states.filter((one) => one.role !== 'app')) {
    if (state.role === 'init' && state.terminated?.exit.code === 0) continue;
    if (state.role === 'init' && state.terminated !== undefined && policy === 'Never') {
      return { start: [], backingOff: [], finished: 'Failed' };
    }
    if (state.running === undefined) wanted.push(state);
    if (state.role === 'init' || !state.started) return due(wanted, nowMs);
  }
  return decideApps(policy, { states, wanted, nowMs });
}

function decideApps(
  policy: string,
  about: { readonly states: readonly ContainerState[]; readonly wanted: ContainerState[]; readonly nowMs: number },
): Decision {
  const { states, wanted, nowMs } = about;
  const apps = states.filter((one) => one.role === 'app');
  if (apps.every((state) => state.terminated !== undefined && !restarts(policy, state.terminated.exit.code))) {
    const clean = apps.every((state) => state.terminated?.exit.code === 0);
    return { start: [], backingOff: [], finished: clean ? 'Succeeded' : 'Failed' };
  }
  for (const state of apps) {
    if (state.running !== undefined) continue;
    if (state.terminated === undefined || restarts(policy, state.terminated.exit.code)) wanted.push(state);
  }
  return due(wanted, nowMs);
}

function due(wanted: readonly ContainerState[], nowMs: number): Decision {
  const idle = wanted.filter((state) => !state.starting);
  return {
    start: idle.filter((state) => state.retryAtMs <= nowMs).map((state) => state.name),
    backingOff: idle.filter((state) => state.retryAtMs > nowMs).map((state) => ({ name: state.name, untilMs: state.retryAtMs })),
  };
}

function restarts(policy: string, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The pod with its start, where its status does not tell of it yet. */
export function withStart(pod: Readonly<Pod>, startTime: string | undefined): Readonly<Pod> {
  if (startTime === undefined || pod.status?.startTime !== undefined) return pod;
  return { ...pod, status: { ...pod.status, startTime } };
}
