import type { Pod } from '../api/kinds.generated.ts';
import { keyOf, keyText } from '../api/object.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { Calls } from './calls.ts';
import { containersOf, statesOf, type ContainerState } from './container-state.ts';
import { ContainerRunner, definitionChanged, killingText } from './container-runner.ts';
import { decide, withStart } from './decide.ts';
import { deletionGraceMs, graceMs } from './grace.ts';
import type { Tell } from './pod-events.ts';
import { removeFromApi } from './pod-removal.ts';
import { runsOf, type Runs } from './pod-runs.ts';
import { logFileOf } from './log-files.ts';
import { podStatus, type StatusFacts } from './pod-status.ts';
import type { Prober } from './probes/prober.ts';
import type { Runtime, Sandbox } from './runtime.ts';
import { SandboxMaker } from './sandbox-maker.ts';
import { StatusWriter } from './status-writer.ts';
import { PodVolumes, type VolumeServices } from './volumes/pod-volumes.ts';

export interface WorkerContext {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly prober: Prober;
  readonly hostAddress: string;
  /** Of the node. */
  readonly allocatable: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  /** Absent for a runtime that only simulates: nothing is written then. */
  readonly real: VolumeServices | undefined;
  readonly event: Tell;
  /** A sandbox that the runtime found from an earlier life. */
  recovered(podUid: string): Sandbox | undefined;
  /** The worker has let its pod go: all that is known of it stands in its object, and a new worker takes it up when something happens. */
  rested(worker: PodWorker): void;
}

/** Looks after one pod from its binding to its end. Told of changes by `update` and `wake`; its loop is the only one that acts. */
export class PodWorker {
  readonly #context: WorkerContext;
  /** The agent ends, whatever becomes of the pod. */
  readonly #abandoned = new AbortController();
  readonly #ended = new AbortController();
  readonly #status: StatusWriter;
  #pod: Readonly<Pod>;
  #sandbox: Sandbox | undefined;
  #runner: ContainerRunner | undefined;
  readonly #volumes: PodVolumes | undefined;
  readonly #maker: SandboxMaker;
  readonly #notGiven = new Set<string>();
  #states: readonly ContainerState[];
  #finished: StatusFacts['finished'];
  readonly #calls: Calls;
  #terminating = false;
  /** Why the pod may not go on. */
  #evicted: string | undefined;
  #rested = false;
  #held = false;
  #markOpened: () => void = () => undefined;
  /** Resolves when it has looked at its pod once. */
  readonly opened = new Promise<void>((resolve) => (this.#markOpened = resolve));
  readonly done: Promise<void>;

  constructor(pod: Readonly<Pod>, context: WorkerContext) {
    this.#context = context;
    this.#calls = new Calls(context.clock);
    this.#pod = pod;
    this.#states = statesOf(pod, []);
    const { real } = context;
    this.#volumes = real === undefined ? undefined : new PodVolumes(pod, real, this.#volumeEvents());
    this.#maker = new SandboxMaker({
      ...{ clock: context.clock, runtime: context.runtime, volumes: this.#volumes, pod: () => this.#pod },
      tell: (type, reason, message) => context.event(this.#pod, type, { reason, message }),
    });
    this.#status = new StatusWriter(context, (settled) => (settled ? this.#written() : this.wake()));
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') this.#finished = finishedOf(pod.status ?? {}, phase);
    this.done = this.#loop().finally(() => this.#markOpened());
  }

  /** A newer state of the same pod (same uid). */
  update(pod: Readonly<Pod>): void {
    const isEcho = this.#status.isEcho(pod, this.#pod);
    this.#pod = pod;
    this.#volumes?.update(pod);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#runner?.cancelStarts();
      if (this.#terminating) this.#runner?.hasten(deletionGraceMs(pod));
    }
    if (isEcho) this.#calls.stir();
    else this.wake();
  }

  /** From now on its pod is not let go. */
  hold(): void {
    this.#held = true;
  }

  wake(): void {
    this.#calls.call();
  }

  /** The pod may now be let go; a deadline counts from the start that the status tells. */
  #written(): void {
    if (this.#pod.spec.activeDeadlineSeconds === undefined) this.#calls.stir();
    else this.#calls.call();
  }

  /** The present and the previous run of a container, with their log files where they have some, and what it waits for. */
  runs(name: string): Runs {
    const { real, logDirectory } = this.#context;
    const fileOf = (attempt: number): string => logFileOf(logDirectory, this.#pod, { container: name, attempt });
    const state = this.#states.find((one) => one.name === name);
    return runsOf(state, real === undefined ? undefined : fileOf);
  }

  /** For measurements: undefined while it has no sandbox. */
  get sandbox(): Sandbox | undefined {
    return this.#finished === undefined ? this.#sandbox : undefined;
  }

  get pod(): Readonly<Pod> {
    return this.#pod;
  }

  /** Stops looking after the pod without stopping it. */
  async abandon(): Promise<void> {
    this.#ended.abort(new Error('the agent stops'));
    this.#abandoned.abort(new Error('the agent stops'));
    this.#status.giveUp();
    this.#runner?.dispose();
    this.wake();
    await this.done;
    this.#volumes?.dispose();
  }

  /** The pod vanished from the API without us: everything of it is ended at once. */
  async vanish(): Promise<void> {
    this.#ended.abort(new Error('the pod is gone'));
    this.#status.giveUp();
    this.wake();
    await this.done;
    await this.#runner?.stopAll(0);
    await this.#removeSandbox();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#ended;
    let nextMs: number | undefined;
    while (!signal.aborted && !this.#rested) {
      const called = this.#calls.take();
      try {
        if (this.#pod.metadata.deletionTimestamp !== undefined) {
          await this.#terminate();
          return;
        }
        if (called) nextMs = await this.#step(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#context.log.error('pod step failed', { pod: keyText(keyOf(this.#pod)), error: errorText(error) });
        nextMs = this.#context.clock.now() + 1000;
      }
      this.#markOpened();
      await this.#rest(nextMs);
    }
  }

  /** A pod of which nothing happens by itself costs nothing until somebody changes it: thousands of simulated ones are like that. */
  #mayLetGo(): boolean {
    if (this.#held || this.#sandbox?.atRest !== true || this.#finished !== undefined || this.#notGiven.size > 0) return false;
    const plain = this.#states.every((state) => state.restarts === 0 && state.ended === undefined);
    return plain && this.#runner?.isQuiet === true && this.#status.isSettled(this.#pod);
  }

  /** Sleeps until something happens or until the moment. */
  async #rest(untilMs: number | undefined): Promise<void> {
    if (this.#calls.any || this.#ended.signal.aborted) return;
    if (untilMs !== undefined || !this.#mayLetGo()) return this.#calls.wait(untilMs);
    this.#rested = true;
    this.#runner?.dispose();
    this.#context.rested(this);
  }

  async #step(signal: AbortSignal): Promise<number | undefined> {
    if (this.#finished !== undefined) {
      await this.#recovered()?.remove(); // An earlier life ended before it could.
      this.#publish();
      return undefined;
    }
    if (this.#sandbox === undefined) {
      const retryAtMs = await this.#open(signal);
      if (retryAtMs !== undefined) return this.#later(retryAtMs);
    }
    this.#restartChanged(this.#runner as ContainerRunner);
    const now = this.#context.clock.now();
    const decision =
      this.#evicted === undefined
        ? decide(withStart(this.#pod, this.#status.startTime), this.#states, now)
        : { start: [], backingOff: [], finished: 'Failed' as const, reason: 'Evicted', message: this.#evicted };
    if (decision.finished === undefined && decision.start.length > 0) {
      const retryAtMs = await this.#renew(signal);
      if (retryAtMs !== undefined) return this.#later(retryAtMs);
    }
    const runner = this.#runner as ContainerRunner;
    if (decision.finished !== undefined) {
      await runner.stopAll(this.#evicted === undefined ? graceMs(this.#pod) : 0);
      const { finished: phase, reason, message } = decision;
      if (reason === 'DeadlineExceeded') this.#context.event(this.#pod, 'Normal', { reason, message: message ?? '' });
      this.#finished = finishedOf({ reason, message }, phase);
      // First the status, then what it is read from: whoever is killed between the two finds it again.
      this.#publish();
      await this.#status.flushed();
      signal.throwIfAborted();
      await this.#removeSandbox();
    } else {
      for (const name of decision.start) runner.start(name);
      for (const { name } of decision.backingOff) runner.markBackingOff(name);
    }
    this.#publish();
    return decision.wakeAtMs;
  }

  /** Answers when to try again where there is no sandbox yet. */
  async #open(signal: AbortSignal): Promise<number | undefined> {
    const found = this.#recovered();
    // What runs already has its volumes: they are looked after again, and hold up nothing.
    if (found !== undefined) this.#volumes?.resume();
    const sandbox = found ?? (await this.#maker.make(signal));
    if (typeof sandbox === 'number') return sandbox;
    this.#begin(sandbox);
    return undefined;
  }

  #begin(sandbox: Sandbox): void {
    this.#states = statesOf(this.#pod, sandbox.containers);
    this.#useSandbox(sandbox).adopt();
    void this.#volumes
      ?.watchLimits()
      .catch((error: unknown) => this.#context.log.error('cannot measure volumes', { error: errorText(error) }));
  }

  /** A lost sandbox is replaced before anything starts in it. Answers when to try again. */
  async #renew(signal: AbortSignal): Promise<number | undefined> {
    const old = this.#sandbox;
    if (old?.lost !== true || this.#states.some(({ running, starting }) => running !== undefined || starting)) return undefined;
    const sandbox = await this.#maker.replace(old, signal);
    if (typeof sandbox === 'number') return sandbox;
    this.#runner?.dispose();
    this.#useSandbox(sandbox);
    return undefined;
  }

  /** As it is now, until something is tried again. */
  #later(atMs: number): number {
    this.#publish();
    return atMs;
  }

  #useSandbox(sandbox: Sandbox): ContainerRunner {
    this.#sandbox = sandbox;
    this.#runner = this.#runnerIn(sandbox);
    for (const sentence of sandbox.notGiven ?? []) this.#tellNotGiven(sentence);
    return this.#runner;
  }

  #runnerIn(sandbox: Sandbox): ContainerRunner {
    const { real } = this.#context;
    return new ContainerRunner({
      ...this.#context,
      real: real === undefined || this.#volumes === undefined ? undefined : { volumes: this.#volumes, services: real },
      sandbox,
      states: this.#states,
      pod: () => this.#pod,
      changed: () => this.wake(),
      warn: (reason, message) => this.#warn(reason, message),
      notGiven: (sentence) => this.#tellNotGiven(sentence),
    });
  }

  #volumeEvents(): ConstructorParameters<typeof PodVolumes>[2] {
    return {
      changed: () => this.wake(),
      warn: (reason, message) => this.#warn(reason, message),
      notGiven: (sentence) => this.#tellNotGiven(sentence),
      exceeded: (message) => {
        this.#evicted = message;
        this.#warn('Evicted', message);
        this.wake();
      },
    };
  }

  /** Once for each pod and sentence. */
  #tellNotGiven(sentence: string): void {
    if (this.#notGiven.has(sentence)) return;
    this.#notGiven.add(sentence);
    this.#warn('NotGiven', sentence);
  }

  #warn(reason: string, message: string): void {
    this.#context.event(this.#pod, 'Warning', { reason, message });
  }

  /** A container whose image was changed in place is ended, so that it starts again with the new one. */
  #restartChanged(runner: ContainerRunner): void {
    for (const { container } of containersOf(this.#pod)) {
      const state = this.#states.find((one) => one.name === container.name);
      if (state?.running !== undefined && state.image !== (container.image ?? '')) {
        runner.kill(state, killingText(state, definitionChanged, this.#pod), graceMs(this.#pod));
      }
    }
  }

  #publish(): void {
    const context = this.#context;
    const { addresses = knownAddresses(this.#pod), ports } = this.#sandbox ?? {};
    const facts: StatusFacts = {
      states: this.#states,
      addresses,
      ...(ports === undefined ? {} : { ports }),
      hostAddress: context.hostAddress,
      runtimeName: context.runtime.name,
      now: timestamp(context.clock),
      ...(this.#finished === undefined ? {} : { finished: this.#finished }),
    };
    const pod = this.#status.withKnown(this.#pod);
    this.#status.write(this.#pod, podStatus(pod, facts));
  }

  async #terminate(): Promise<void> {
    if (this.#sandbox === undefined && this.#finished === undefined) await this.#recoverForEnd();
    this.#terminating = true;
    await this.#runner?.stopAll(deletionGraceMs(this.#pod));
    const clean = this.#states.every((state) => state.role !== 'app' || state.terminated === undefined || state.terminated.exit.code === 0);
    this.#finished ??= { phase: clean ? 'Succeeded' : 'Failed' };
    this.#publish();
    await this.#status.flushed();
    await this.#removeSandbox();
    this.#ended.abort(new Error('the pod has ended'));
    await removeFromApi(this.#pod, this.#context, this.#abandoned.signal);
  }

  /** What an earlier life left running must be ended too; a runtime that only simulates finds it in the pod's status. */
  async #recoverForEnd(): Promise<void> {
    const found = this.#recovered();
    const isTold = this.#context.real === undefined && (this.#pod.status?.containerStatuses ?? []).length > 0;
    if (found !== undefined) this.#begin(found);
    else if (isTold) await this.#open(this.#ended.signal);
  }

  #recovered(): Sandbox | undefined {
    return this.#context.recovered(this.#pod.metadata.uid ?? '');
  }

  async #removeSandbox(): Promise<void> {
    this.#runner?.dispose();
    await this.#sandbox?.remove();
    await this.#volumes?.remove();
  }
}

function finishedOf(why: { reason?: string | undefined; message?: string | undefined }, phase: 'Succeeded' | 'Failed') {
  const { reason, message } = why;
  return { phase, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
}
function knownAddresses(pod: Readonly<Pod>): readonly string[] {
  return pod.status?.podIPs?.map((one) => one.ip) ?? [];
}
