import { EndpointSlice, Service } from '../api/kinds.generated.ts';
import type { ServiceTable } from '../api/service-table.ts';
import { aborted } from '../base/abort.ts';
import { errorText } from '../base/log.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import { startDataPlane } from './data-plane.ts';
import type { Dial } from './dial.ts';
import type { DnsServerOptions } from './dns-server.ts';
import type { FrontEndChoice } from './front-end.ts';
import { startGateway, type Gateway } from './gateway.ts';
import type { FrontEndProblem } from './problem.ts';
import { serviceTable } from './service-table.ts';
import { TableKeeper } from './table-keeper.ts';
import { startSteadyDns } from './steady-dns.ts';
import { TableSink } from './table-sink.ts';

export interface ServiceProxyOptions extends Surroundings {
  /** Whose pods count as near where a traffic policy is Local. */
  readonly nodeName: string;
  /** What this process listens on itself; absent: nothing. */
  readonly listen?: FrontEndChoice;
  readonly dial?: Dial;
  /** The cluster's names, answered by this process; absent: not. */
  readonly dns?: Omit<DnsServerOptions, 'clock' | 'random' | 'log'>;
  /** Path of a unix socket that leads to endpoints which are not pods of this node. `sinks` are told of it. */
  readonly gateway?: string;
  /** Others who take each table, such as a runtime. */
  readonly sinks?: readonly ((table: ServiceTable) => Promise<void>)[];
}

/** After a change so much more is waited for, so that what belongs together becomes one table. */
const gatherMs = 5;

/**
 * Turns Services and EndpointSlices into tables, and hands them to this process's data plane and to `sinks`, until the signal. A
 * front-end that cannot be had becomes a Warning event PortNotBound of its Service.
 */
export async function runServiceProxy(options: ServiceProxyOptions): Promise<void> {
  const { informers, signal, clock } = options;
  const log = options.log.with({ component: 'proxy' });
  const services = informers.informer(Service);
  const slices = informers.informer(EndpointSlice);
  await Promise.race([Promise.all([services.synced, slices.synced]), aborted(signal)]);
  if (signal.aborted) return;
  const own = await startOwn({ ...options, log });
  const others = (options.sinks ?? []).map((take) => (table: ServiceTable) => take(own.forOthers(table)));
  const sinks = [...own.takers, ...others].map((take) => new TableSink(take, { clock, log, signal }));
  const news = new News(signal);
  const keeper = new TableKeeper({ services, slices, nodeName: options.nodeName, changed: () => news.tell() });
  for (let first = true; await news.wait(); first = false) {
    // Rejects only by the signal.
    await clock.sleep(gatherMs, { signal }).catch(() => undefined);
    const table = keeper.next() ?? (first ? serviceTable([]) : undefined);
    if (table !== undefined) for (const sink of sinks) sink.put(table);
  }
  keeper.stop();
  await Promise.all(sinks.map((sink) => sink.settled()));
  await own.close();
}

interface Own {
  readonly takers: readonly ((table: ServiceTable) => Promise<void>)[];
  forOthers(table: ServiceTable): ServiceTable;
  close(): Promise<void>;
}

/** What answers in this process. */
async function startOwn(options: ServiceProxyOptions): Promise<Own> {
  const { clock, random, log, listen, dial } = options;
  const report = (problem: FrontEndProblem): void => tell(options, problem);
  const plane =
    listen === undefined ? undefined : startDataPlane({ clock, random, log, listen, report, ...(dial === undefined ? {} : { dial }) });
  const dns = options.dns === undefined ? undefined : startSteadyDns({ clock, random, log, ...options.dns });
  const gateway = await openGateway(options);
  const update = async (table: ServiceTable): Promise<void> => {
    dns?.update(table);
    gateway?.update(table);
    await plane?.update(table);
  };
  return {
    takers: [update],
    forOthers: (table) => (gateway === undefined || options.gateway === undefined ? table : { ...table, gateway: options.gateway }),
    close: async () => {
      await Promise.all([plane?.close(), dns?.close(), gateway?.close()]);
    },
  };
}

/** Without it everything else works on. */
async function openGateway({ gateway: path, clock, log }: ServiceProxyOptions): Promise<Gateway | undefined> {
  if (path === undefined) return undefined;
  try {
    return await startGateway({ path, clock, log });
  } catch (error) {
    log.warn('pods in a network of their own cannot reach endpoints outside of it', { path, error: errorText(error) });
    return undefined;
  }
}

/** Lets one wait for what many tell. There is news from the start. */
class News {
  readonly #signal: AbortSignal;
  #there = true;
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  tell(): void {
    this.#there = true;
    this.#wake();
  }

  /** Resolves when something was told since the last call: true, or false after the signal. */
  async wait(): Promise<boolean> {
    if (!this.#there && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#there = false;
    return !this.#signal.aborted;
  }
}

function tell(options: ServiceProxyOptions, problem: FrontEndProblem): void {
  const service = options.informers.informer(Service).get({ namespace: problem.namespace, name: problem.name });
  options.log.info('a Service cannot be reached where it should', { code: problem.code, problem: problem.message });
  if (service === undefined) return;
  const part = problem.portName === '' ? String(problem.port) : problem.portName;
  options.recorder.event(service, 'Warning', { reason: 'PortNotBound', message: problem.message, fieldPath: `spec.ports{${part}}` });
}
