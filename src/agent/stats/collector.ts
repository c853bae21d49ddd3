import { uptime } from 'node:os';
import type { Pod } from '../../api/kinds.generated.ts';
import { parseTime, timestamp, type Clock } from '../../base/clock.ts';
import { errorText, type Log } from '../../base/log.ts';
import type { Sandbox, SandboxStats } from '../runtime.ts';
import { machineUsage } from './machine-usage.ts';
import { Rates } from './rates.ts';
import { podRef, sumOfCpu, sumOfMemory, type ContainerStats, type NodeStats, type PodStats, type Summary } from './summary.ts';

export interface CollectorOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the file system that is told; undefined for a node that is not this machine: it uses what its pods use. */
  readonly folder: string | undefined;
  /** The pods that run now. */
  pods(): Promise<readonly { readonly pod: Readonly<Pod>; readonly sandbox: Sandbox }[]>;
}

/** How often samples are taken where nobody asks: a rate is never over a longer time than this and a bit. */
const everyMs = 15_000;

/** What the pods of a node use, and the node. Totals come from the runtime; rates are made of samples. */
export class StatsCollector {
  readonly #options: CollectorOptions;
  readonly #rates = new Rates();
  readonly #sinceMs: number;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
  }

  /** Takes samples until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await this.summary().catch((error: unknown) => log.warn('cannot measure what pods use', { error: errorText(error) }));
      // The abort ends the sleep.
      await clock.sleep(everyMs, { signal, upkeep: true }).catch(() => undefined);
    }
  }

  async summary(): Promise<Summary> {
    const keys = new Set(['node']);
    const found = await this.#options.pods();
    const pods = await Promise.all(found.map(({ pod, sandbox }) => this.#podStats(pod, sandbox, keys)));
    const known = pods.filter((one) => one !== undefined);
    const node = await this.#nodeStats(known);
    this.#rates.keepOnly(keys);
    return { node, pods: known };
  }

  /** Undefined for a pod whose sandbox went away while it was asked. */
  async #podStats(pod: Readonly<Pod>, sandbox: Sandbox, keys: Set<string>): Promise<PodStats | undefined> {
    const { clock, log } = this.#options;
    try {
      const stats = await sandbox.stats(pod);
      const time = timestamp(clock);
      const measured = stats.containers.flatMap((one) => this.#containerStats(one, sandbox, { keys, time }) ?? []);
      const containers = measured.map((one) => one.stats);
      return {
        podRef: podRef(pod),
        startTime: pod.status?.startTime ?? time,
        containers,
        cpu: sumOfCpu(
          containers.map((one) => one.cpu),
          time,
        ),
        memory: sumOfMemory(
          containers.map((one) => one.memory),
          time,
        ),
        network: { time, name: 'eth0', rxBytes: stats.receivedBytes, txBytes: stats.sentBytes },
        windowMs: measured.length === 0 ? everyMs : Math.min(...measured.map((one) => one.windowMs)),
      };
    } catch (error) {
      log.debug('a pod cannot be measured', { pod: pod.metadata.name, error: errorText(error) });
      return undefined;
    }
  }

  #containerStats(
    one: SandboxStats['containers'][number],
    sandbox: Sandbox,
    about: { keys: Set<string>; time: string },
  ): { stats: ContainerStats; windowMs: number } | undefined {
    const running = sandbox.containers.find((each) => each.container === one.container);
    if (running === undefined) return undefined;
    const { keys, time } = about;
    keys.add(running.id);
    const nowMs = this.#options.clock.now();
    const rate = this.#rates.take(running.id, { atMs: nowMs, total: one.cpuNanoseconds }, parseTime(running.startedAt) ?? nowMs);
    const stats = {
      name: one.container,
      startTime: running.startedAt,
      cpu: { time, usageNanoCores: Math.round(rate.perSecond), usageCoreNanoSeconds: one.cpuNanoseconds },
      memory: { time, usageBytes: one.memoryBytes, workingSetBytes: one.memoryBytes },
    };
    return { stats, windowMs: rate.windowMs };
  }

  async #nodeStats(pods: readonly PodStats[]): Promise<NodeStats> {
    const { node, clock, folder } = this.#options;
    const time = timestamp(clock);
    const base = { nodeName: node, startTime: timestamp({ now: () => this.#sinceMs }) };
    if (folder === undefined) {
      const cpu = sumOfCpu(
        pods.map((one) => one.cpu),
        time,
      );
      const memory = sumOfMemory(
        pods.map((one) => one.memory),
        time,
      );
      return { ...base, cpu, memory, windowMs: Math.min(...pods.map((one) => one.windowMs), everyMs) };
    }
    const usage = await clock.outside(machineUsage(folder));
    const total = usage.cpuNanoseconds;
    const rate = this.#rates.take('node', { atMs: clock.now(), total }, clock.now() - uptime() * 1000);
    return {
      ...base,
      cpu: { time, usageNanoCores: Math.round(rate.perSecond), usageCoreNanoSeconds: total },
      memory: { time, ...usage.memory },
      network: { time, name: 'all', rxBytes: usage.network.receivedBytes, txBytes: usage.network.sentBytes },
      fs: { time, ...usage.disk },
      windowMs: rate.windowMs,
    };
  }
}
