import type { Pod } from '../api/kinds.generated.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import { containersOf, type ContainerState } from './container-state.ts';
import { runHook } from './launch/hooks.ts';
import { ofContainer, type Tell } from './pod-events.ts';
import type { Exit, RunningContainer, Sandbox } from './runtime.ts';

export interface StopContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly sandbox: Sandbox;
  readonly states: readonly ContainerState[];
  pod(): Readonly<Pod>;
  readonly event: Tell;
}

/** Told of each end; resolves when the state knows of it. */
type Ended = (state: ContainerState, running: RunningContainer, exit: Exit) => Promise<void> | undefined;

/** What a kubelet leaves a container after its hook and after those that were stopped before it. */
const leastGraceMs = 2000;

/** Ends containers: preStop hook, signal, and the kill at the end of the grace. */
export class ContainerStops {
  readonly #context: StopContext;
  readonly #signal: AbortSignal;
  readonly #stopping = new Map<RunningContainer, { deadlineMs: number }>();
  /** Of the stop of the whole pod; never moves back. */
  #deadlineMs = Infinity;

  constructor(context: StopContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  get isQuiet(): boolean {
    return this.#stopping.size === 0;
  }

  kill(state: ContainerState, why: string, graceMs: number): void {
    const { running } = state;
    if (running === undefined || this.#stopping.has(running)) return;
    this.#context.event(this.#context.pod(), 'Normal', ofContainer(state, 'Killing', why));
    this.#follow(state.name, this.#stop(state, running, graceMs));
  }

  async stopAll(graceMs: number, ended: Ended): Promise<void> {
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#context.clock.now() + graceMs);
    const running = this.#context.states.filter((state) => state.running !== undefined);
    const sidecars = running.filter((state) => state.role === 'sidecar').toReversed();
    const groups = [running.filter((state) => state.role !== 'sidecar'), ...sidecars.map((state) => [state])];
    for (const group of groups) {
      const leftMs = Math.max(this.#deadlineMs - this.#context.clock.now(), Math.min(graceMs, leastGraceMs), 0);
      await Promise.all(group.map((state) => this.#end(state, leftMs, ended)));
    }
  }

  hasten(graceMs: number): void {
    const deadlineMs = this.#context.clock.now() + graceMs;
    if (deadlineMs >= this.#deadlineMs) return;
    this.#deadlineMs = deadlineMs;
    for (const running of this.#stopping.keys()) this.#follow(running.container, running.stop(graceMs));
  }

  /** Nobody waits for this end: what becomes of the container is told by its exit. */
  #follow(container: string, stopping: Promise<Exit>): void {
    stopping.catch((error: unknown) => this.#context.log.warn('a container cannot be stopped', { container, error: errorText(error) }));
  }

  async #end(state: ContainerState, graceMs: number, ended: Ended): Promise<void> {
    const { running } = state;
    if (running === undefined) return;
    const already = this.#stopping.get(running);
    if (already === undefined) {
      this.#context.event(this.#context.pod(), 'Normal', ofContainer(state, 'Killing', `Stopping container ${state.name}`));
    }
    // One that is being ended already, by a probe, gets no more time than the pod has.
    const sooner = already !== undefined && already.deadlineMs > this.#deadlineMs ? running.stop(graceMs) : undefined;
    const exit = await (already === undefined ? this.#stop(state, running, graceMs) : (sooner ?? running.exited));
    await ended(state, running, exit);
  }

  async #stop(state: ContainerState, running: RunningContainer, graceMs: number): Promise<Exit> {
    const { clock } = this.#context;
    const beganMs = clock.now();
    this.#stopping.set(running, { deadlineMs: beganMs + graceMs });
    void running.exited.then(() => this.#stopping.delete(running));
    const hooked = graceMs > 0 && (await this.#preStop(state, running, graceMs));
    const leftMs = Math.min(beganMs + graceMs, this.#deadlineMs) - clock.now();
    return running.stop(Math.max(leftMs, hooked ? Math.min(leastGraceMs, graceMs) : 0));
  }

  /** Answers whether there was a hook. It has ended, has failed, or its time is up. */
  async #preStop(state: ContainerState, running: RunningContainer, graceMs: number): Promise<boolean> {
    const { clock, log } = this.#context;
    const container = containersOf(this.#context.pod()).find((one) => one.container.name === state.name)?.container;
    const handler = container?.lifecycle?.preStop;
    if (container === undefined || handler === undefined) return false;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#signal]);
    void running.exited.then(() => over.abort(new Error('the container has ended')));
    const late = clock.sleep(graceMs, { signal }).catch(() => undefined);
    const hook = runHook(handler, { container, running, sandbox: this.#context.sandbox, clock }, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      log.debug('a preStop hook failed', { container: state.name, error: errorText(error) });
      this.#context.event(this.#context.pod(), 'Warning', ofContainer(state, 'FailedPreStopHook', 'PreStopHook failed'));
    });
    await Promise.race([hook, late]);
    over.abort(new Error('the time of the hook is up'));
    return true;
  }
}
