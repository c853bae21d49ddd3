import type { Container, Pod } from '../api/kinds.generated.ts';
import { isConflict } from '../api/status.ts';
import { timestamp } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import { containersOf, type ContainerState } from './container-state.ts';
import { ContainerStops } from './container-stops.ts';
import { backoffMs } from './crash-backoff.ts';
import { failuresAfter } from './decide.ts';
import { graceMs } from './grace.ts';
import { runHook } from './launch/hooks.ts';
import { imageFailure, isAboutImage } from './launch/image-failure.ts';
import { messageFileOf, prepareLaunch, type PrepareContext } from './launch/prepare.ts';
import { terminationMessage } from './launch/termination-message.ts';
import { ofContainer } from './pod-events.ts';
import { ContainerProbes } from './probes/container-probes.ts';
import { RuntimeError, type Exit, type ProbeKind, type ProbeResult, type RunningContainer } from './runtime.ts';
import type { WorkerContext } from './pod-worker.ts';

export interface RunnerContext extends Omit<WorkerContext, 'real'>, PrepareContext {
  readonly states: readonly ContainerState[];
  pod(): Readonly<Pod>;
  /** Something is different now. */
  changed(): void;
  /** What this machine cannot give, as a sentence. */
  notGiven(sentence: string): void;
}

/** One for all: each reason of its own costs a stack trace. */
const notLookedAfter = new Error('the pod is no longer looked after');

/** Starts, watches, probes and stops the containers of one pod, and keeps their states. Decides nothing. */
export class ContainerRunner {
  readonly #context: RunnerContext;
  readonly #ended = new AbortController();
  readonly #starts = new Map<string, AbortController>();
  readonly #probes: ContainerProbes;
  readonly #stops: ContainerStops;
  readonly #pulls = new Map<string, number>();

  constructor(context: RunnerContext) {
    this.#context = context;
    this.#probes = new ContainerProbes(context.prober, context.log);
    this.#stops = new ContainerStops(context, this.#ended.signal);
  }

  /** Nothing is being started, probed or stopped. */
  get isQuiet(): boolean {
    return this.#starts.size === 0 && this.#probes.isQuiet && this.#stops.isQuiet;
  }

  /** Takes up the containers that were running before. */
  adopt(): void {
    for (const state of this.#context.states) {
      if (state.running === undefined) continue;
      this.#watch(state, state.running);
      this.#probe(state, state.running, state.started);
    }
  }

  start(name: string): void {
    const state = this.#context.states.find((one) => one.name === name);
    if (state === undefined || state.starting || state.running !== undefined) return;
    const start = new AbortController();
    this.#starts.set(name, start);
    state.starting = true;
    if (this.#ended.signal.aborted) start.abort(notLookedAfter);
    void this.#launch(state, start.signal).finally(() => {
      this.#starts.delete(name);
      state.starting = false;
      this.#context.changed();
    });
  }

  cancelStarts(): void {
    for (const start of this.#starts.values()) start.abort(new Error('the pod is being deleted'));
  }

  markBackingOff(name: string): void {
    const state = this.#context.states.find((one) => one.name === name);
    if (state === undefined || state.waiting?.reason !== undefined) return;
    const pod = this.#context.pod();
    const podText = `${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
    const text = `back-off ${duration(backoffMs(state.failures))} restarting failed container=${name} pod=${podText}`;
    state.waiting = { reason: 'CrashLoopBackOff', message: text };
    this.#context.event(pod, 'Warning', ofContainer(state, 'BackOff', `Back-off restarting failed container ${name} in pod ${podText}`));
  }

  /** Ends one container; it is started again if the pod's policy says so. */
  kill(state: ContainerState, why: string, graceMs: number): void {
    this.#stops.kill(state, why, graceMs);
  }

  /** Ends all containers, sidecars last and in the reverse order of their start. Resolves when every one has ended. */
  async stopAll(graceMs: number): Promise<void> {
    this.cancelStarts();
    await this.#stops.stopAll(graceMs, (state, running, exit) => this.#onExit(state, running, exit));
  }

  /** The grace of a stop that is under way ends sooner. */
  hasten(graceMs: number): void {
    this.#stops.hasten(graceMs);
  }

  dispose(): void {
    this.#ended.abort(notLookedAfter);
    for (const start of this.#starts.values()) start.abort(notLookedAfter);
    this.#probes.dispose();
  }

  async #launch(state: ContainerState, signal: AbortSignal): Promise<void> {
    const pod = this.#context.pod();
    const container = this.#containerOf(state);
    if (container === undefined) return;
    try {
      const attempt = state.launchedOnce ? state.restarts + 1 : 0;
      const pulled = (): void => {
        const message = `Container image "${container.image ?? ''}" already present on machine and can be accessed by the pod`;
        this.#context.event(pod, 'Normal', ofContainer(state, 'Pulled', message));
        this.#pulls.delete(container.name);
      };
      const { launch, imageId } = await prepareLaunch(pod, container, { attempt, signal, context: this.#context, pulled });
      const running = await this.#context.sandbox.start(launch, signal);
      this.#context.event(pod, 'Normal', ofContainer(state, 'Created', 'Container created'));
      this.#context.event(pod, 'Normal', ofContainer(state, 'Started', 'Container started'));
      for (const sentence of running.notGiven ?? []) this.#context.notGiven(sentence);
      this.#started(state, running, { image: container.image ?? '', imageId });
      if (container.lifecycle?.postStart !== undefined && !(await this.#postStart(state, running, container))) return;
      this.#probe(state, running, false);
    } catch (error) {
      if (!signal.aborted) this.#startFailed(state, pod, error);
    }
  }

  #started(state: ContainerState, running: RunningContainer, image: { image: string; imageId: string }): void {
    if (state.launchedOnce) state.restarts++;
    if (state.terminated !== undefined) state.last = state.terminated;
    Object.assign(state, image, { launchedOnce: true, running, terminated: undefined, waiting: undefined });
    this.#watch(state, running);
    this.#context.changed();
  }

  /** Answers whether the container may go on. One whose hook fails is ended. */
  async #postStart(state: ContainerState, running: RunningContainer, container: Container): Promise<boolean> {
    const handler = container.lifecycle?.postStart;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#ended.signal]);
    void running.exited.then(() => over.abort(new Error('the container has ended')));
    try {
      if (handler !== undefined) await runHook(handler, { container, running, ...this.#context }, signal);
      return state.running === running;
    } catch (error) {
      if (signal.aborted) return false;
      this.#context.log.debug('a postStart hook failed', { container: state.name, error: errorText(error) });
      this.#context.event(this.#context.pod(), 'Warning', ofContainer(state, 'FailedPostStartHook', 'PostStartHook failed'));
      this.kill(state, 'FailedPostStartHook', graceMs(this.#context.pod()));
      return false;
    }
  }

  #startFailed(state: ContainerState, pod: Readonly<Pod>, error: unknown): void {
    // The pod gets another sandbox at once.
    if (isConflict(error) || this.#context.sandbox.lost === true) return;
    const failure = error instanceof RuntimeError ? error : new RuntimeError('CreateContainerError', errorText(error), { cause: error });
    const image = isAboutImage(failure);
    const attempt = (this.#pulls.get(state.name) ?? 0) + 1;
    this.#pulls.set(state.name, attempt);
    const pause = image ? Math.min(300_000, 10_000 * 2 ** (attempt - 1)) : failure.reason === 'CreateContainerConfigError' ? 2000 : 10_000;
    state.retryAtMs = this.#context.clock.now() + pause;
    const { waiting, told } = image
      ? imageFailure(failure, this.#containerOf(state)?.image ?? '', attempt)
      : { waiting: failure, told: [['Warning', 'Failed', `Error: ${failure.message}`] as const] };
    state.waiting = { reason: waiting.reason, message: waiting.message };
    for (const [type, reason, message] of told) this.#context.event(pod, type, ofContainer(state, reason, message));
  }

  #watch(state: ContainerState, running: RunningContainer): void {
    void running.exited.then((exit) => {
      if (!this.#ended.signal.aborted) void this.#onExit(state, running, exit);
    });
  }

  #probe(state: ContainerState, running: RunningContainer, wasStarted: boolean): void {
    const container = this.#containerOf(state);
    if (container === undefined || state.role === 'init' || state.running !== running) return;
    // A start that was under way when the pod was given up comes back afterwards.
    if (this.#ended.signal.aborted) return;
    const current = (change: () => void) => (): void => {
      if (state.running !== running) return;
      change();
      this.#context.changed();
    };
    this.#probes.begin({ container, running, sandbox: this.#context.sandbox, clock: this.#context.clock }, wasStarted, {
      started: current(() => (state.started = true)),
      ready: (ready) => current(() => (state.ready = ready))(),
      unhealthy: (kind, probe) => {
        const allowedMs =
          probe.terminationGracePeriodSeconds === undefined ? graceMs(this.#context.pod()) : probe.terminationGracePeriodSeconds * 1000;
        if (state.running === running) this.kill(state, killingText(state, `failed ${kind} probe`, this.#context.pod()), allowedMs);
      },
      failed: (kind, result) =>
        this.#context.event(this.#context.pod(), 'Warning', ofContainer(state, 'Unhealthy', probeText(kind, result))),
    });
    this.#context.changed();
  }

  /** Resolves when the state tells of the end; its last words are read before. */
  #onExit(state: ContainerState, running: RunningContainer, exit: Exit): Promise<void> | undefined {
    const under = this.#endings.get(running);
    if (under !== undefined || state.running !== running) return under;
    this.#probes.end(running);
    const container = this.#containerOf(state);
    if (this.#context.real === undefined || container === undefined) {
      this.#ends(state, running, { exit });
      return undefined;
    }
    const file = messageFileOf(this.#context.pod(), container, { ...this.#context, attempt: state.restarts });
    const ending = terminationMessage(container, { running, exit, file, clock: this.#context.clock }).then(
      (message) => this.#ends(state, running, { exit, message }),
      (error: unknown) => {
        this.#context.log.warn('cannot read a termination message', { container: state.name, error: errorText(error) });
        this.#ends(state, running, { exit });
      },
    );
    this.#endings.set(running, ending);
    return ending;
  }
  readonly #endings = new WeakMap<RunningContainer, Promise<void>>();

  #ends(state: ContainerState, running: RunningContainer, end: { exit: Exit; message?: string | undefined }): void {
    const { exit, message } = end;
    const reason = exit.outOfMemory === true ? 'OOMKilled' : exit.code === 0 ? 'Completed' : 'Error';
    const finishedAt = exit.finishedAt === '' ? timestamp(this.#context.clock) : exit.finishedAt;
    const words = message === undefined ? {} : { message };
    state.terminated = { exit: { ...exit, finishedAt }, id: running.id, startedAt: running.startedAt, reason, ...words };
    state.endedBefore = state.ended;
    state.ended = running;
    state.running = undefined;
    state.started = false;
    state.ready = false;
    state.failures = failuresAfter(state);
    state.retryAtMs = this.#context.clock.now() + backoffMs(state.failures);
    this.#context.changed();
  }

  #containerOf(state: ContainerState): Container | undefined {
    return containersOf(this.#context.pod()).find((one) => one.container.name === state.name)?.container;
  }
}

/** Why a container is ended, in the words of a kubelet (kuberuntime_manager.go, kubernetes v1.35). */
export function killingText({ name, role }: ContainerState, what: string, pod: Readonly<Pod>): string {
  if (role !== 'app') return `Init container ${name} ${what}`;
  const restarts = pod.spec?.restartPolicy !== 'Never' || what === definitionChanged;
  return `Container ${name} ${what}${restarts ? ', will be restarted' : ''}`;
}
export const definitionChanged = 'definition changed';

/** In the words of a kubelet (pkg/kubelet/prober/prober.go, kubernetes v1.35). */
function probeText(kind: ProbeKind, { message, errored }: ProbeResult): string {
  const title = (kind[0]?.toUpperCase() ?? '') + kind.slice(1);
  return `${title} probe ${errored === true ? 'errored and resulted in unknown state' : 'failed'}: ${message}`;
}
function duration(ms: number): string {
  return ms < 60_000 ? `${ms / 1000}s` : `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
}
