import type { Container, Pod } from '../api/kinds.generated.ts';
import { isConflict } from '../api/status.ts';
import { timestamp } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import { containersOf, type ContainerState } from './container-state.ts';
import { backoffMs, failuresAfter } from './decide.ts';
import { environmentOf, expand } from './environment.ts';
import { probesOf, runProbe } from './probes.ts';
import { RuntimeError, type Exit, type ProbeKind, type RunningContainer, type Sandbox } from './runtime.ts';
import type { WorkerContext } from './pod-worker.ts';

export interface RunnerContext extends WorkerContext {
  readonly sandbox: Sandbox;
  readonly states: readonly ContainerState[];
  pod(): Readonly<Pod>;
  /** Something is different now. */
  changed(): void;
}

/** Starts, watches, probes and stops the containers of one pod, and keeps their states. Decides nothing. */
export class ContainerRunner {
  readonly #context: RunnerContext;
  readonly #ended = new AbortController();
  readonly #starts = new Map<string, AbortController>();
  readonly #probing = new Map<string, AbortController>();
  readonly #pulls = new Map<string, number>();

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  /** Takes up the containers that were running before. */
  adopt(): void {
    for (const state of this.#context.states) if (state.running !== undefined) this.#watch(state, state.running, state.started);
  }

  start(name: string): void {
    const state = this.#state(name);
    if (state === undefined || state.starting || state.running !== undefined) return;
    const start = new AbortController();
    this.#starts.set(name, start);
    state.starting = true;
    void this.#launch(state, AbortSignal.any([start.signal, this.#ended.signal])).finally(() => {
      this.#starts.delete(name);
      state.starting = false;
      this.#context.changed();
    });
  }

  cancelStarts(): void {
    for (const start of this.#starts.values()) start.abort(new Error('the pod is being deleted'));
  }

  markBackingOff(name: string): void {
    const state = this.#state(name);
    if (state === undefined || state.waiting?.reason !== undefined) return;
    const pod = this.#context.pod();
    const text = `back-off ${duration(backoffMs(state.failures))} restarting failed container=${name} pod=${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
    state.waiting = { reason: 'CrashLoopBackOff', message: text };
    this.#context.event(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`,
    );
  }

  /** Ends one container; it is started again if the pod's policy says so. */
  kill(state: ContainerState, why: string, graceMs: number): void {
    const { running } = state;
    if (running === undefined || this.#killing.has(running)) return;
    this.#killing.add(running);
    this.#context.event(this.#context.pod(), 'Normal', 'Killing', why);
    void running.stop(graceMs);
  }
  readonly #killing = new WeakSet<RunningContainer>();

  /** Ends all containers, sidecars last. Resolves when every one has ended. */
  async stopAll(graceMs: number): Promise<void> {
    this.cancelStarts();
    const running = this.#context.states.filter((state) => state.running !== undefined);
    for (const sidecars of [false, true]) {
      const group = running.filter((state) => (state.role === 'sidecar') === sidecars);
      await Promise.all(group.map((state) => this.#stop(state, graceMs)));
    }
  }

  dispose(): void {
    this.#ended.abort(new Error('the pod is no longer looked after'));
    for (const probing of this.#probing.values()) probing.abort(new Error('the pod is no longer looked after'));
    this.#probing.clear();
  }

  async #stop(state: ContainerState, graceMs: number): Promise<void> {
    const { running } = state;
    if (running === undefined) return;
    if (!this.#killing.has(running)) {
      this.#killing.add(running);
      this.#context.event(this.#context.pod(), 'Normal', 'Killing', `Stopping container ${state.name}`);
    }
    const exit = await running.stop(graceMs);
    this.#onExit(state, running, exit);
  }

  #state(name: string): ContainerState | undefined {
    return this.#context.states.find((one) => one.name === name);
  }

  async #launch(state: ContainerState, signal: AbortSignal): Promise<void> {
    const pod = this.#context.pod();
    const container = containersOf(pod).find((one) => one.container.name === state.name)?.container;
    if (container === undefined) return;
    try {
      const image = await this.#pull(pod, container, signal);
      const env = await environmentOf(pod, container, {
        cluster: this.#context.cluster,
        podAddress: this.#context.sandbox.addresses[0] ?? '',
        hostAddress: this.#context.hostAddress,
      });
      const attempt = state.launchedOnce ? state.restarts + 1 : 0;
      const launch = launchOf(container, { env, attempt, logFile: this.#logFile(pod, container.name, attempt) });
      const running = await this.#context.sandbox.start(launch, signal);
      this.#context.event(pod, 'Normal', 'Created', `Created container: ${container.name}`);
      this.#context.event(pod, 'Normal', 'Started', `Started container ${container.name}`);
      this.#started(state, running, { image: container.image ?? '', imageId: image });
    } catch (error) {
      if (!signal.aborted) this.#startFailed(state, pod, error);
    }
  }

  async #pull(pod: Readonly<Pod>, container: Container, signal: AbortSignal): Promise<string> {
    const image = container.image ?? '';
    const policy = (container.imagePullPolicy ?? 'IfNotPresent') as 'Always' | 'IfNotPresent' | 'Never';
    const info = await this.#context.runtime.pull(image, { policy, secrets: [], signal, pod });
    this.#context.event(pod, 'Normal', 'Pulled', `Container image "${image}" already present on machine`);
    this.#pulls.delete(container.name);
    return info.id;
  }

  #started(state: ContainerState, running: RunningContainer, image: { image: string; imageId: string }): void {
    if (state.launchedOnce) state.restarts++;
    if (state.terminated !== undefined) state.last = state.terminated;
    Object.assign(state, image, { launchedOnce: true, running, terminated: undefined, waiting: undefined });
    this.#watch(state, running, false);
  }

  #startFailed(state: ContainerState, pod: Readonly<Pod>, error: unknown): void {
    if (isConflict(error)) return;
    const failure = error instanceof RuntimeError ? error : new RuntimeError('CreateContainerError', errorText(error), { cause: error });
    const image = /Image/.test(failure.reason);
    const attempts = (this.#pulls.get(state.name) ?? 0) + 1;
    this.#pulls.set(state.name, attempts);
    const pause = image ? Math.min(300_000, 10_000 * 2 ** (attempts - 1)) : failure.reason === 'CreateContainerConfigError' ? 2000 : 10_000;
    state.retryAtMs = this.#context.clock.now() + pause;
    const backingOff = image && attempts > 1;
    state.waiting = { reason: backingOff ? 'ImagePullBackOff' : failure.reason, message: failure.message };
    const what = image ? `Failed to pull image: ${failure.message}` : `Error: ${failure.message}`;
    this.#context.event(pod, 'Warning', 'Failed', what);
  }

  #watch(state: ContainerState, running: RunningContainer, wasStarted: boolean): void {
    void running.exited.then((exit) => {
      if (!this.#ended.signal.aborted) this.#onExit(state, running, exit);
    });
    const container = containersOf(this.#context.pod()).find((one) => one.container.name === state.name)?.container;
    if (container === undefined || state.role === 'init') return;
    const probes = probesOf(container, running);
    if (probes.startup === undefined) state.started = true;
    if (probes.startup === undefined || wasStarted) this.#probeStarted(state, running, container);
    else this.#probe('startup', state, { running, container });
    this.#context.changed();
  }

  #probeStarted(state: ContainerState, running: RunningContainer, container: Container): void {
    const probes = probesOf(container, running);
    state.started = true;
    if (probes.readiness === undefined) state.ready = true;
    else this.#probe('readiness', state, { running, container });
    if (probes.liveness !== undefined) this.#probe('liveness', state, { running, container });
    this.#context.changed();
  }

  #probe(kind: ProbeKind, state: ContainerState, about: { running: RunningContainer; container: Container }): void {
    const probe = probesOf(about.container, about.running)[kind];
    if (probe === undefined) return;
    const { clock, prober } = this.#context;
    const { signal } = this.#probingOf(about.running);
    const events = {
      changed: (_kind: ProbeKind, success: boolean) => this.#probed(kind, success, { state, ...about }),
      failed: (_kind: ProbeKind, message: string) =>
        this.#context.event(this.#context.pod(), 'Warning', 'Unhealthy', `${title(kind)} probe failed: ${message}`),
    };
    void runProbe(kind, { probe, running: about.running, prober, clock, signal }, events).catch((error: unknown) => {
      if (!signal.aborted) this.#context.log.error('a probe failed to run', { container: state.name, error: errorText(error) });
    });
  }

  #probingOf(running: RunningContainer): AbortController {
    const existing = this.#probing.get(running.id);
    if (existing !== undefined) return existing;
    const made = new AbortController();
    this.#probing.set(running.id, made);
    return made;
  }

  #probed(kind: ProbeKind, success: boolean, about: { state: ContainerState; running: RunningContainer; container: Container }): void {
    const { state, running, container } = about;
    if (state.running !== running) return;
    if (kind === 'startup' && success) return this.#probeStarted(state, running, container);
    if (kind === 'readiness') {
      state.ready = success;
      this.#context.changed();
      return;
    }
    if (success) return;
    const seconds = this.#context.pod().spec?.terminationGracePeriodSeconds ?? 30;
    this.kill(state, `Container ${state.name} failed ${kind} probe, will be restarted`, seconds * 1000);
  }

  #onExit(state: ContainerState, running: RunningContainer, exit: Exit): void {
    if (state.running !== running) return;
    this.#probing.get(running.id)?.abort(new Error('the container has ended'));
    this.#probing.delete(running.id);
    const reason = exit.outOfMemory === true ? 'OOMKilled' : exit.code === 0 ? 'Completed' : 'Error';
    const finishedAt = exit.finishedAt === '' ? timestamp(this.#context.clock) : exit.finishedAt;
    state.terminated = { exit: { ...exit, finishedAt }, id: running.id, startedAt: running.startedAt, reason };
    state.endedBefore = state.ended;
    state.ended = running;
    state.running = undefined;
    state.started = false;
    state.ready = false;
    state.failures = failuresAfter(state);
    state.retryAtMs = this.#context.clock.now() + backoffMs(state.failures);
    this.#context.changed();
  }

  #logFile(pod: Readonly<Pod>, container: string, attempt: number): string {
    const folder = `${pod.metadata.namespace ?? ''}_${pod.metadata.name}_${pod.metadata.uid ?? ''}`;
    return `${this.#context.logDirectory}/${folder}/${container}/${attempt}.log`;
  }
}

function launchOf(container: Container, facts: { env: Record<string, string>; attempt: number; logFile: string }) {
  const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, facts.env));
  return {
    container: container.name,
    image: container.image ?? '',
    command: words,
    env: facts.env,
    workingDir: container.workingDir ?? '',
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    mounts: [],
    limits: {},
    logFile: facts.logFile,
    attempt: facts.attempt,
  };
}
function title(kind: ProbeKind): string {
  return kind[0]?.toUpperCase() + kind.slice(1);
}
function duration(ms: number): string {
  return ms < 60_000 ? `${ms / 1000}s` : `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
}
