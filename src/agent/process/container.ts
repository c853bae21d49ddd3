import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { timestamp, type Clock } from '../../base/clock.ts';
import { errorText, type Log } from '../../base/log.ts';
import { RuntimeError, type Exit, type Launch } from '../runtime.ts';
import type { Confinement, Held, Invocation } from './confinement.ts';
import { LogWriter, type LogLimits } from './log-writer.ts';
import type { ContainerRecord, PodRecord } from './protocol.ts';
import { processFacts } from './processes.ts';
import { spawnInvocation } from './spawn-invocation.ts';

export interface ContainerOptions {
  readonly id: string;
  readonly pod: PodRecord;
  readonly launch: Launch;
  readonly confinement: Confinement;
  readonly clock: Clock;
  readonly log: Log;
  readonly logLimits?: LogLimits;
  /** Called at the start and at the end: keeps the record on disk. */
  keep(record: ContainerRecord): void;
}

/** How long output is waited for after the end of the last process. */
const drainMs = 1000;
/** How often, and how long after another, a container is looked at that keeps back a signal. */
const looks = 10;
const lookMs = 50;

/** One run of a container inside the shim. */
export class ShimContainer {
  readonly exited: Promise<Exit>;
  readonly #options: ContainerOptions;
  readonly #child: ChildProcess;
  readonly #writer: LogWriter;
  #record: ContainerRecord;
  /** It was ended in the place of a signal that cannot reach it. */
  #terminated = false;
  /** Its grace was over. */
  #killed = false;

  private constructor(options: ContainerOptions, child: ChildProcess, invocation: Invocation) {
    this.#options = options;
    this.#child = child;
    const { launch, clock, log, logLimits } = options;
    const pid = child.pid as number;
    this.#record = {
      id: options.id,
      podUid: options.pod.uid,
      container: launch.container,
      attempt: launch.attempt,
      pid,
      processStart: processFacts(pid)?.start ?? '',
      startedAt: timestamp(clock),
      logFile: launch.logFile,
      notGiven: invocation.notGiven,
    };
    this.#writer = new LogWriter(launch.logFile, {
      clock,
      ...(logLimits === undefined ? {} : { limits: logLimits }),
      failed: (error) => log.error('cannot write a container log', { path: launch.logFile, error: errorText(error) }),
    });
    this.exited = this.#follow();
  }

  /** @throws RuntimeError with the waiting reason when the command does not begin */
  static async start(options: ContainerOptions): Promise<ShimContainer> {
    const { confinement, pod, launch, id } = options;
    const invocation = await confinement.prepare(pod, launch, id);
    let child: ChildProcess;
    try {
      child = await begin(invocation, launch.stdin);
    } catch (error) {
      await confinement.release({ podUid: pod.uid, id, pid: 0, launch });
      throw error;
    }
    const container = new ShimContainer(options, child, invocation);
    options.keep(container.record);
    if (invocation.announces) await container.#announced(options);
    return container;
  }

  get record(): ContainerRecord {
    return this.#record;
  }
  get held(): Held {
    return { podUid: this.#options.pod.uid, id: this.#options.id, pid: this.#record.pid, launch: this.#options.launch };
  }
  get running(): boolean {
    return this.#record.exit === undefined;
  }

  /** Asks it to end, and ends it after the grace. */
  async stop(graceMs: number): Promise<Exit> {
    const { confinement, clock } = this.#options;
    if (!this.running) return this.exited;
    if (graceMs > 0) {
      const over = new AbortController();
      // The end of the container ends the sleep.
      const pause = (ms: number) => clock.sleep(ms, { signal: over.signal }).catch(() => undefined);
      const grace = pause(graceMs);
      let reached = confinement.terminate(this.held);
      for (let look = 0; reached === 'unsure' && look < looks; look++) {
        await Promise.race([this.exited, grace, pause(lookMs)]);
        reached = this.running ? confinement.terminate(this.held, true) : 'asked';
      }
      if (reached === 'ended') this.#terminated = true;
      await Promise.race([this.exited, grace]);
      over.abort(new Error('the container has ended'));
    }
    if (this.running) {
      this.#killed = true;
      confinement.kill(this.held);
    }
    return this.exited;
  }

  /** The chain of programs that sets the container up says on its third descriptor how that went. */
  async #announced(options: ContainerOptions): Promise<void> {
    const said = await firstLine(this.#child.stdio[3] as Readable, options);
    if (said === 'ok') return;
    await this.stop(0);
    throw new RuntimeError('RunContainerError', said === '' ? 'the container ended before its command began' : said);
  }

  /** As the container ended, also where the process that waited for it says so by its exit code. */
  #endOf(code: number | null, signal: NodeJS.Signals | null, outOfMemory: boolean): Omit<Exit, 'finishedAt'> {
    if (this.#terminated) return { code: 128 + signalNumber('SIGTERM'), signal: 'SIGTERM' };
    const killed = signal === 'SIGKILL' || code === 137;
    if (killed && outOfMemory) return { code: 137, signal: 'SIGKILL', outOfMemory: true };
    if (killed && this.#killed) return { code: 137, signal: 'SIGKILL' };
    return signal === null ? { code: code ?? 0 } : { code: 128 + signalNumber(signal), signal };
  }

  async #follow(): Promise<Exit> {
    const { confinement, clock, log } = this.#options;
    const child = this.#child;
    child.stdout?.on('data', (chunk: Buffer) => this.#writer.write('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#writer.write('stderr', chunk));
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.once('exit', (code, signal) => resolve([code, signal])),
    );
    const finishedAt = timestamp(clock);
    confinement.kill(this.held);
    await within(closed, drainMs, clock);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await this.#writer.close();
    const { outOfMemory } = await confinement.release(this.held).catch((error: unknown) => {
      log.error('cannot free what a container had', { container: this.#options.id, error: errorText(error) });
      return { outOfMemory: false };
    });
    const exit: Exit = { ...this.#endOf(code, signal, outOfMemory), finishedAt };
    this.#record = { ...this.#record, exit };
    this.#options.keep(this.#record);
    return exit;
  }
}

/** Starts the child, in a session of its own. @throws RuntimeError when the system cannot */
async function begin(invocation: Invocation, stdin: boolean): Promise<ChildProcess> {
  const child = spawnInvocation(invocation, stdin);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new RuntimeError('RunContainerError', `cannot start ${invocation.argv[0] ?? ''}: ${error.message}`, { cause: error })),
    );
  });
  return child;
}

async function firstLine(stream: Readable, { clock }: { clock: Clock }): Promise<string> {
  const line = new Promise<string>((resolve) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text === 'ok\n') resolve('ok');
    });
    stream.once('close', () => resolve(text.trim()));
  });
  const said = (await within(line, 10_000, clock)) ?? 'setting the container up took more than 10 s';
  stream.destroy();
  return said;
}

async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const over = new AbortController();
  const late = clock.sleep(ms, { signal: over.signal }).then(
    () => undefined,
    // Aborted below, when the work was first.
    () => undefined,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort(new Error('it is over'));
  }
}

export function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
