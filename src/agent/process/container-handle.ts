import { timestamp } from '../../base/clock.ts';
import { readCriLog } from '../cri-log.ts';
import type { ExecStreams, Exit, LogRecord, RunningContainer, RuntimeOptions } from '../runtime.ts';
import { execThrough } from './client.ts';
import type { ContainerRecord } from './protocol.ts';
import type { ShimHolder } from './shim-holder.ts';

/** A container of the shim, seen from the agent. */
export class ContainerHandle implements RunningContainer {
  readonly id: string;
  readonly podUid: string;
  readonly container: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly notGiven: readonly string[];
  readonly exited: Promise<Exit>;
  readonly #logFile: string;
  readonly #holder: ShimHolder;
  readonly #options: RuntimeOptions;
  #settle: (exit: Exit) => void = () => undefined;

  constructor(record: ContainerRecord, holder: ShimHolder, options: RuntimeOptions) {
    this.id = record.id;
    this.podUid = record.podUid;
    this.container = record.container;
    this.attempt = record.attempt;
    this.startedAt = record.startedAt;
    this.notGiven = record.notGiven;
    this.#logFile = record.logFile;
    this.#holder = holder;
    this.#options = options;
    this.exited = new Promise((resolve) => (this.#settle = resolve));
    if (record.exit !== undefined) this.#settle(record.exit);
  }

  /** The shim says that it has ended. */
  ended(exit: Exit): void {
    this.#settle(exit);
  }
  /** The shim was killed, and its successor knows nothing of this container. */
  lost(): void {
    this.#settle({ code: 137, signal: 'SIGKILL', finishedAt: timestamp(this.#options.clock) });
  }

  async stop(graceMs: number): Promise<Exit> {
    const { client } = await this.#holder.get();
    // What ends without the shim's answer (it was killed) settles `exited` all the same.
    await Promise.race([this.exited, client.ask('stop', { id: this.id, graceMs }).catch(() => this.exited)]);
    return this.exited;
  }

  logs(options: { follow: boolean; signal: AbortSignal }): AsyncIterable<LogRecord> {
    return readCriLog(this.#logFile, { ...options, clock: this.#options.clock, ended: this.exited });
  }

  async exec(command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    return this.#options.clock.outside(execThrough(this.#holder.socket, { id: this.id, command }, streams, signal));
  }

  async remove(): Promise<void> {
    await this.stop(0);
  }
}
