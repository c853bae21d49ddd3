import { timestamp, type Clock } from '../../base/clock.ts';
import type { Exit, LogRecord, ProbeKind, ProbeResult, RunningContainer } from '../runtime.ts';
import type { Script, Usage } from './simulated-script.ts';

/** One run of a scripted container. Its output is a function of the script and the time, so it is never stored. */
export class SimulatedContainer implements RunningContainer {
  readonly id: string;
  readonly podUid: string;
  readonly container: string;
  readonly startedAt: string;
  readonly exited: Promise<Exit>;
  readonly readinessScripted: boolean;
  readonly #script: Script;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #ended = new AbortController();
  #endedMs: number | undefined;
  #cpuNanoseconds = 0;
  #measuredMs: number;
  #settle: (exit: Exit) => void = () => undefined;

  constructor(options: { id: string; atMs: number; podUid: string; container: string; script: Script; clock: Clock; closed: AbortSignal }) {
    this.id = options.id;
    this.podUid = options.podUid;
    this.container = options.container;
    this.#script = options.script;
    this.readinessScripted = options.script.readyMs > 0;
    this.#clock = options.clock;
    this.#startedMs = options.atMs;
    this.#measuredMs = options.atMs;
    this.startedAt = timestamp({ now: () => options.atMs });
    this.exited = new Promise((resolve) => (this.#settle = resolve));
    if (options.script.runMs !== Infinity) void this.#runOut(options.closed);
  }

  /** It goes on for ever if nobody stops it, and nobody has counted what it uses. */
  get atRest(): boolean {
    return this.#script.runMs === Infinity && this.#endedMs === undefined && this.#measuredMs === this.#startedMs;
  }

  /** Undefined once it has ended. What it uses from the last time that somebody asked until now is what the script says now. */
  usage({ cpuMillis, memoryBytes }: Usage): { cpuNanoseconds: number; memoryBytes: number } | undefined {
    if (this.#endedMs !== undefined) return undefined;
    const now = this.#clock.now();
    this.#cpuNanoseconds += (now - this.#measuredMs) * cpuMillis * 1000;
    this.#measuredMs = now;
    return { cpuNanoseconds: this.#cpuNanoseconds, memoryBytes };
  }

  async stop(graceMs: number): Promise<Exit> {
    if (this.#endedMs === undefined) {
      const slow = this.#script.stopMs > graceMs;
      await this.#wait(Math.min(this.#script.stopMs, graceMs));
      this.#end(slow ? { code: 137, signal: 'SIGKILL' } : { code: 143, signal: 'SIGTERM' });
    }
    return this.exited;
  }

  async probe(kind: ProbeKind): Promise<ProbeResult> {
    const aliveMs = this.#clock.now() - this.#startedMs;
    const success = kind === 'liveness' ? aliveMs < this.#script.hangMs : aliveMs >= this.#script.readyMs;
    const message = success ? '' : kind === 'liveness' ? 'the script says that it hangs' : 'the script says that it is not ready';
    return Promise.resolve({ success, message });
  }

  async *logs(options: { follow: boolean; signal: AbortSignal }): AsyncIterable<LogRecord> {
    for (const line of this.#script.log) yield this.#record(this.#startedMs, line);
    const step = this.#script.logEveryMs;
    if (step <= 0) {
      if (options.follow) await this.#untilEnd(options.signal);
      return;
    }
    for (let count = 1; ; count++) {
      const at = this.#startedMs + count * step;
      if (at > (this.#endedMs ?? Infinity)) return;
      if (at > this.#clock.now()) {
        if (!options.follow) return;
        const gone = await this.#sleepUntil(at, options.signal);
        if (gone) return;
      }
      yield this.#record(at, `${this.container} line ${count}`);
    }
  }

  async remove(): Promise<void> {
    await this.stop(0);
  }

  #record(ms: number, line: string): LogRecord {
    const time = timestamp({ now: () => ms }).replace('Z', `.${String(ms % 1000).padStart(3, '0')}000000Z`);
    return { time, stream: 'stdout', line };
  }

  async #runOut(closed: AbortSignal): Promise<void> {
    const left = this.#startedMs + this.#script.runMs - this.#clock.now();
    const signal = AbortSignal.any([closed, this.#ended.signal]);
    const ended = await this.#clock.sleep(left, { signal }).then(
      () => true,
      // Stopped, or the runtime was closed: both are no end by itself.
      () => false,
    );
    if (ended) this.#end({ code: this.#script.exitCode });
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await this.#sleepUntil(this.#clock.now() + ms, this.#ended.signal);
  }

  /** Answers whether it was cut short, by the signal or by the container's end. */
  async #sleepUntil(atMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#clock.sleep(atMs - this.#clock.now(), { signal: AbortSignal.any([signal, this.#ended.signal]) }).then(
      () => false,
      () => true,
    );
  }

  async #untilEnd(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#endedMs !== undefined) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      this.#ended.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #end(exit: { code: number; signal?: string }): void {
    if (this.#endedMs !== undefined) return;
    this.#endedMs = this.#clock.now();
    this.#settle({ ...exit, finishedAt: timestamp(this.#clock) });
    this.#ended.abort(new Error(`container ${this.container} has ended`));
  }
}
