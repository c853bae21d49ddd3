import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../api/kinds.generated.ts';
import { loopbackPortsCondition, loopbackPortsStatus, type LoopbackPorts } from '../api/loopback-ports.ts';
import { containersOf, type ContainerState, type Termination } from './container-state.ts';

export interface StatusFacts {
  readonly states: readonly ContainerState[];
  readonly addresses: readonly string[];
  /** Where pods share an address. */
  readonly ports?: LoopbackPorts;
  readonly hostAddress: string;
  readonly runtimeName: string;
  /** RFC 3339, now. */
  readonly now: string;
  readonly finished?: { readonly phase: 'Succeeded' | 'Failed'; readonly reason?: string; readonly message?: string };
}

/** Pure: the status of a pod as the kubelet writes it (pkg/kubelet/status/generate.go). Transition times are kept where a condition did not change. */
export function podStatus(pod: Readonly<Pod>, facts: StatusFacts): PodStatus {
  const phase = facts.finished?.phase ?? phaseOf(facts.states);
  const status: PodStatus = {
    phase,
    observedGeneration: pod.metadata.generation ?? 1,
    hostIP: facts.hostAddress,
    hostIPs: [{ ip: facts.hostAddress }],
    startTime: pod.status?.startTime ?? facts.now,
    qosClass: pod.status?.qosClass ?? 'BestEffort',
    conditions: conditionsOf(pod, facts, phase),
    containerStatuses: statusesOf(pod, facts, 'app'),
  };
  if ((pod.spec?.initContainers ?? []).length > 0) status.initContainerStatuses = statusesOf(pod, facts, 'init');
  return { ...status, ...addressesOf(facts.addresses), ...wordsOf(facts.finished) };
}

function addressesOf(addresses: readonly string[]): Partial<PodStatus> {
  const [first] = addresses;
  return first === undefined ? {} : { podIP: first, podIPs: addresses.map((ip) => ({ ip })) };
}
function wordsOf(finished: StatusFacts['finished']): Partial<PodStatus> {
  const { reason, message } = finished ?? {};
  return { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
}

function phaseOf(states: readonly ContainerState[]): 'Pending' | 'Running' {
  const initialised = states.every((state) => state.role === 'app' || initDone(state));
  const begun = states.some((state) => state.role === 'app' && state.launchedOnce);
  const waitsForFirst = states.some((state) => state.role === 'app' && !state.launchedOnce);
  return initialised && begun && !waitsForFirst ? 'Running' : 'Pending';
}
function initDone(state: ContainerState): boolean {
  return state.role === 'sidecar' ? state.started : state.terminated?.exit.code === 0;
}

function conditionsOf(pod: Readonly<Pod>, facts: StatusFacts, phase: string): PodCondition[] {
  const done = phase === 'Succeeded';
  const incomplete = facts.states.filter((state) => state.role !== 'app' && !initDone(state)).map((state) => state.name);
  const unready = facts.states.filter((state) => state.role !== 'init' && !state.ready).map((state) => state.name);
  const ready: Partial<PodCondition> = done
    ? { status: 'False', reason: 'PodCompleted' }
    : facts.finished !== undefined
      ? { status: 'False', reason: 'PodFailed' }
      : unready.length === 0
        ? { status: 'True' }
        : { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const gated = ready.status === 'True' ? gatesOf(pod) : [];
  const initialised: Partial<PodCondition> =
    incomplete.length === 0 || done
      ? { status: 'True', ...(done ? { reason: 'PodCompleted' } : {}) }
      : { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.join(' ')}]` };
  const sandboxed = facts.addresses.length > 0 && facts.finished === undefined ? 'True' : 'False';
  const fresh: PodCondition[] = [
    { type: 'PodReadyToStartContainers', status: sandboxed },
    { type: 'Initialized', status: 'True', ...initialised },
    gated.length === 0
      ? { type: 'Ready', status: 'True', ...ready }
      : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: gated.join(', ') },
    { type: 'ContainersReady', status: 'True', ...ready },
    { type: 'PodScheduled', status: 'True' },
    ...(facts.ports === undefined ? [] : [loopbackPortsStatus(facts.ports)]),
  ];
  const others = (pod.status?.conditions ?? []).filter((old) => !fresh.some((one) => one.type === old.type));
  return [...fresh.map((condition) => withTransition(condition, pod, facts.now)), ...others];
}

/** Why readiness gates of the pod hold it back, a sentence each. */
function gatesOf(pod: Readonly<Pod>): string[] {
  return (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = pod.status?.conditions?.find((one) => one.type === conditionType);
    if (found === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return found.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`];
  });
}

/** The conditions that a kubelet writes; all others belong to somebody else and stay as they are. */
export const ownConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  loopbackPortsCondition,
]);

function withTransition(condition: PodCondition, pod: Readonly<Pod>, now: string): PodCondition {
  const old = pod.status?.conditions?.find((one) => one.type === condition.type);
  const kept = old !== undefined && old.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const { type, status, reason, message } = condition;
  const when = { lastTransitionTime: kept, observedGeneration: pod.metadata.generation ?? 1 };
  // One shape for those without words, which are most.
  if (reason === undefined && message === undefined) return { type, status, ...when };
  return { ...condition, ...when };
}

function statusesOf(pod: Readonly<Pod>, facts: StatusFacts, list: 'app' | 'init'): ContainerStatus[] {
  return containersOf(pod)
    .filter(({ role }) => (role === 'app') === (list === 'app'))
    .map(({ container }) => {
      const state = facts.states.find((one) => one.name === container.name) as ContainerState;
      return containerStatus(state, {
        image: container.image ?? '',
        runtime: facts.runtimeName,
        initialising: list === 'app' && waitsForInit(facts.states),
      });
    });
}
function waitsForInit(states: readonly ContainerState[]): boolean {
  return states.some((state) => state.role !== 'app' && !initDone(state));
}

function containerStatus(state: ContainerState, about: { image: string; runtime: string; initialising: boolean }): ContainerStatus {
  const ended = state.running === undefined ? state.terminated : undefined;
  const id = state.running?.id ?? ended?.id ?? state.last?.id ?? '';
  const last = ended !== undefined && state.waiting !== undefined ? ended : state.last;
  return {
    name: state.name,
    image: about.image,
    imageID: state.imageId,
    restartCount: state.restarts,
    ready: state.role === 'init' ? ended?.exit.code === 0 : state.ready,
    started: state.started,
    state: stateOf(state, ended, about),
    lastState: last === undefined ? {} : { terminated: terminatedOf(last, about.runtime) },
    ...(id === '' ? {} : { containerID: `${about.runtime}://${id}` }),
  };
}

function stateOf(
  state: ContainerState,
  ended: Termination | undefined,
  about: { runtime: string; initialising: boolean },
): NonNullable<ContainerStatus['state']> {
  if (state.running !== undefined) return { running: { startedAt: state.running.startedAt } };
  if (state.waiting !== undefined) return { waiting: waitingOf(state.waiting) };
  if (ended !== undefined) return { terminated: terminatedOf(ended, about.runtime) };
  return { waiting: { reason: about.initialising || state.role === 'init' ? 'PodInitializing' : 'ContainerCreating' } };
}
function waitingOf(waiting: { reason: string; message: string }): { reason: string; message?: string } {
  return waiting.message === '' ? { reason: waiting.reason } : { ...waiting };
}

function terminatedOf(ended: Termination, runtime: string): NonNullable<NonNullable<ContainerStatus['state']>['terminated']> {
  return {
    exitCode: ended.exit.code,
    reason: ended.reason,
    ...(ended.message === undefined ? {} : { message: ended.message }),
    ...(ended.startedAt === '' ? {} : { startedAt: ended.startedAt }),
    ...(ended.exit.finishedAt === '' ? {} : { finishedAt: ended.exit.finishedAt }),
    ...(ended.id === '' ? {} : { containerID: `${runtime}://${ended.id}` }),
  };
}
