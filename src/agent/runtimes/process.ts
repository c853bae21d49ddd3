import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Pod } from '../../api/kinds.generated.ts';
import { errorText } from '../../base/log.ts';
import { connectTo } from '../connect-to.ts';
import { dialThrough } from '../process/client.ts';
import { ContainerHandle } from '../process/container-handle.ts';
import { podPlaces, type PodPlaces } from '../process/pod-places.ts';
import { podRecord } from '../process/pod-record.ts';
import type { ExitNews, Operations, PodListing } from '../process/protocol.ts';
import { ShimHolder, type Hold } from '../process/shim-holder.ts';
import {
  RuntimeError,
  type Exit,
  type ImageInfo,
  type Isolation,
  type Launch,
  type Runtime,
  type RuntimeOptions,
  type Sandbox,
} from '../runtime.ts';

/**
 * A runtime that runs the commands of pods over this machine's own files: no image is needed or unpacked. Where the kernel allows
 * it each pod has namespaces of its own (`isolated`), else pods are processes like any other of this user (`plain`).
 * Containers are held by a small process of their own, the shim, so that they outlive this one.
 */
export function processRuntime(options: RuntimeOptions): Runtime {
  return new ProcessRuntime(options);
}

/** Of pods that end with Steersman. */
const endGraceMs = 3000;

const mostTold = 1000;

class ProcessRuntime implements Runtime {
  readonly name = 'process';
  readonly #options: RuntimeOptions;
  readonly #holder: ShimHolder;
  readonly #handles = new Map<string, ContainerHandle>();
  /** The last ends that were told: the news may overtake the answer that names the container. */
  readonly #told = new Map<string, Exit>();
  readonly #reachable = process.getuid?.() === 0;
  #places: PodPlaces | undefined;
  #isolation: Isolation | undefined;
  /** How many shims were lost: what one of them held is lost with it. */
  #losses = 0;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#holder = new ShimHolder(options, { exited: (news) => this.#exited(news), lost: () => this.#lost() });
  }

  get can(): Runtime['can'] {
    const isolated = this.#isolation?.mode === 'isolated';
    return { pullImages: false, isolate: isolated ? 'files' : 'nothing', limit: this.#reachable, exec: true };
  }
  get isolation(): Isolation {
    return this.#isolation ?? { mode: 'plain', why: 'it was not tried yet' };
  }

  async unavailable(): Promise<string | undefined> {
    if (process.platform === 'win32') return 'it needs a system with signals and process groups, which Windows has not';
    try {
      await this.#hold();
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  }

  async recover(): Promise<readonly Sandbox[]> {
    const pods = join(this.#options.folder, 'pods');
    if (!existsSync(pods) || readdirSync(pods).length === 0) return [];
    const listed = await this.#askSurely('list', {});
    return listed.map((listing) => {
      this.#placesNow().hold(listing.pod);
      return this.#sandbox(listing);
    });
  }

  pull(image: string): Promise<ImageInfo> {
    return Promise.resolve({ id: `process://${image}`, sizeBytes: 0, entrypoint: [], command: [], env: {}, workingDir: '', user: '' });
  }

  async openSandbox(pod: Readonly<Pod>, signal: AbortSignal): Promise<Sandbox> {
    await this.#hold();
    signal.throwIfAborted();
    const { clock, dns } = this.#options;
    const place = await clock.outside(this.#placesNow().take(pod));
    const record = podRecord(pod, { place, machineResolvConf: machineResolvConf(), ...(dns === undefined ? {} : { dns }) });
    try {
      const { notGiven } = await this.#askSurely('openPod', { pod: record });
      return this.#sandbox({ pod: record, notGiven, open: true, containers: [] });
    } catch (error) {
      this.#placesNow().give(place);
      throw error;
    }
  }

  get dial(): ((address: string, port: number) => Promise<Duplex>) | undefined {
    if (this.#reachable || this.#isolation?.mode !== 'isolated') return undefined;
    return (address, port) => this.#options.clock.outside(dialThrough(this.#holder.socket, address, port));
  }

  get serve(): Runtime['serve'] {
    if (this.#isolation?.mode !== 'isolated') return undefined;
    return async (table) => {
      const { client } = await this.#hold();
      await client.ask('serve', { table });
    };
  }

  async close({ endPods = false }: { readonly endPods?: boolean } = {}): Promise<void> {
    if (endPods && this.#places !== undefined) await this.#endPods();
    await this.#holder.close();
  }
  async #endPods(): Promise<void> {
    const { client } = await this.#hold();
    const pods = await client.ask('list', {});
    const running = pods.flatMap(({ containers }) => containers).filter(({ exit }) => exit === undefined);
    await Promise.all(running.map(({ id }) => client.ask('stop', { id, graceMs: endGraceMs })));
    await Promise.all(pods.map(({ pod }) => client.ask('removePod', { uid: pod.uid })));
    await client.ask('end', {});
    await client.gone;
  }

  async #hold(): Promise<Hold> {
    const hold = await this.#options.clock.outside(this.#holder.get());
    this.#isolation = hold.isolation;
    if (this.#places?.network !== hold.network) this.#places = podPlaces(this.#options.folder, hold.network, (block) => this.#claim(block));
    return hold;
  }
  /** What may be asked twice is asked of the next shim where this one is killed meanwhile. */
  async #askSurely<Op extends 'list' | 'openPod' | 'removePod' | 'claim'>(
    op: Op,
    input: Operations[Op]['input'],
  ): Promise<Operations[Op]['output']> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { client } = await this.#hold();
        return await client.ask(op, input);
      } catch (error) {
        if (attempt === 3 || !(error instanceof RuntimeError) || error.reason !== 'ShimGone') throw error;
      }
    }
  }
  async #claim(block: string): Promise<boolean> {
    return (await this.#askSurely('claim', { block })).claimed;
  }
  #placesNow(): PodPlaces {
    if (this.#places === undefined) throw new RuntimeError('ShimGone', 'the runtime was not opened');
    return this.#places;
  }

  #exited({ exited, exit }: ExitNews): void {
    const handle = this.#handles.get(exited);
    this.#told.set(exited, exit);
    for (const oldest of this.#told.keys()) if (this.#told.size > mostTold) this.#told.delete(oldest);
    handle?.ended(exit);
    this.#handles.delete(exited);
  }

  /** The shim was killed. A new one ends what is left of its containers and says how each ended. */
  #lost(): void {
    this.#losses++;
    this.#places?.unclaimed();
    const handles = [...this.#handles.values()];
    if (handles.length === 0) return;
    this.#options.log.error('the process that held the containers was killed', { containers: handles.length });
    this.#hold()
      .then(({ client }) => client.ask('list', {}))
      .then((pods) => {
        for (const record of pods.flatMap(({ containers }) => containers)) {
          if (record.exit !== undefined) this.#exited({ exited: record.id, exit: record.exit });
        }
      })
      .catch((error: unknown) => this.#options.log.error('it cannot be started again', { error: errorText(error) }))
      .finally(() => handles.forEach((handle) => handle.lost()));
  }

  #sandbox(listing: PodListing): Sandbox {
    const { pod, notGiven, open } = listing;
    const losses = this.#losses;
    const isLost = () => !open || losses !== this.#losses;
    const containers: ContainerHandle[] = [];
    const starting = new Set<Promise<unknown>>();
    const ask = async <T>(work: (hold: Hold) => Promise<T>) => work(await this.#hold());
    const add = (handle: ContainerHandle) => {
      const old = containers.findIndex((one) => one.container === handle.container);
      if (old >= 0) containers.splice(old, 1);
      containers.push(handle);
      return handle;
    };
    for (const record of listing.containers) add(this.#handle(record));
    let removed: Promise<void> | undefined;
    const remove = async () => {
      // One that came after the removal would open the pod again.
      await Promise.allSettled(starting);
      await this.#askSurely('removePod', { uid: pod.uid });
      await Promise.all(containers.map((one) => one.exited));
      this.#placesNow().give(pod);
    };
    const isolated = this.#isolation?.mode === 'isolated';
    return {
      podUid: pod.uid,
      addresses: [pod.address],
      ...(pod.loopbackPorts === undefined ? {} : { ports: pod.loopbackPorts }),
      notGiven,
      get lost() {
        return isLost();
      },
      get containers() {
        return containers;
      },
      start: async (launch, signal) => {
        checkCommand(launch);
        signal.throwIfAborted();
        const started = ask(async ({ client }) => {
          if (isLost()) throw new RuntimeError('SandboxLost', 'the process that held the pod has ended');
          return client.ask('start', { podUid: pod.uid, launch });
        });
        starting.add(started);
        const record = await started.finally(() => starting.delete(started));
        const handle = add(this.#handle(record));
        if (signal.aborted) await handle.stop(0);
        return handle;
      },
      connect: (port, signal) =>
        isolated && !this.#reachable ? dialThrough(this.#holder.socket, pod.address, port) : connectTo(pod.address, port, signal),
      stats: () => ask(({ client }) => client.ask('stats', { podUid: pod.uid })),
      ...(isolated ? { memoryFolder: (path: string, sizeBytes?: number) => this.#memoryFolder(pod.uid, path, sizeBytes) } : {}),
      remove: () =>
        (removed ??= remove().catch((error: unknown) => {
          removed = undefined;
          throw error;
        })),
    };
  }

  async #memoryFolder(podUid: string, path: string, sizeBytes: number | undefined): Promise<void> {
    const { client } = await this.#hold();
    await client.ask('memoryFolder', { podUid, path, ...(sizeBytes === undefined ? {} : { sizeBytes }) });
  }

  #handle(record: PodListing['containers'][number]): ContainerHandle {
    const told = this.#told.get(record.id);
    const known = told === undefined ? record : { ...record, exit: told };
    const handle = new ContainerHandle(known, this.#holder, this.#options);
    if (known.exit === undefined) this.#handles.set(record.id, handle);
    return handle;
  }
}

function checkCommand(launch: Launch): void {
  if (launch.command.length > 0) return;
  throw new RuntimeError(
    'CreateContainerConfigError',
    `the runtime process starts commands of this machine and unpacks no image, and container ${launch.container} names no command: ` +
      `give it one, or run the image ${JSON.stringify(launch.image)} by the runtime docker or containerd`,
  );
}

function machineResolvConf(): string {
  const path = '/etc/resolv.conf';
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
