import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkInterfaces } from 'node:os';
import { errorText } from '../../base/log.ts';
import { RuntimeError, type Isolation, type RuntimeOptions } from '../runtime.ts';
import { sweepCgroups } from './cgroups.ts';
import { connectShim, type ShimClient } from './client.ts';
import { usualPath } from './command-path.ts';
import { launchShim, removeSocket, socketPath } from './launch-shim.ts';
import { joinMachine } from './machine-link.ts';
import { placeOf } from './isolated.ts';
import { plainNetwork } from './pod-places.ts';
import { sharedAddress } from './port-pool.ts';
import { readPods, readRecord } from './records.ts';
import type { ExitNews, IsolationMode, ShimSettings } from './protocol.ts';
import { refusalOf } from './taken-ports.ts';

export interface HolderEvents {
  exited(news: ExitNews): void;
  /** The shim has ended without being told to. */
  lost(): void;
}
/** What a connected shim is and how it keeps pods apart. */
export interface Hold {
  readonly client: ShimClient;
  readonly isolation: Isolation;
  /** `10.244` */
  readonly network: string;
}

/** Keeps a connection to the one shim of a folder, starting it when it is needed and not there. */
export class ShimHolder {
  readonly socket: string;
  readonly #options: RuntimeOptions;
  readonly #events: HolderEvents;
  #hold: Promise<Hold> | undefined;
  #closing = false;

  constructor(options: RuntimeOptions, events: HolderEvents) {
    this.#options = options;
    this.#events = events;
    this.socket = socketPath(options.folder);
  }

  /** @throws RuntimeError when it can be neither reached nor started */
  get(): Promise<Hold> {
    if (this.#closing) return Promise.reject(new RuntimeError('ShimGone', 'the runtime is closed'));
    this.#hold ??= this.#open().catch((error: unknown) => {
      this.#hold = undefined;
      throw error;
    });
    return this.#hold;
  }

  /** Lets go of the shim; one that holds no container is ended, and what one that was killed has left is removed. */
  async close(): Promise<void> {
    this.#closing = true;
    const { folder, clock } = this.#options;
    const hold = await this.#hold?.catch(() => undefined); // One that could not be opened needs no closing.
    const hello = await hold?.client.ask('hello', {}).catch(() => undefined); // Gone already.
    if (hello?.containers === 0) {
      await hold?.client.ask('end', {}).catch(() => undefined); // Its end may come before its answer.
      await hold?.client.gone;
    }
    hold?.client.close();
    if (hello !== undefined && hello.containers > 0) return;
    const other = await connectShim(this.socket, () => undefined);
    other?.close();
    if (other !== undefined) return;
    await sweepCgroups(folder, clock);
    removeSocket(folder);
  }

  async #open(): Promise<Hold> {
    const found = await this.#connect();
    if (found !== undefined) return this.#keep(found);
    await sweepCgroups(this.#options.folder, this.#options.clock);
    const { isolation = 'isolated' } = this.#options;
    if (isolation !== 'isolated') return this.#keep(await this.#plain('it was asked for', isolation));
    try {
      return await this.#keep(await this.#isolated());
    } catch (error) {
      if (this.#options.isolation === 'isolated') throw error;
      return this.#keep(await this.#plain(`isolation cannot be had: ${errorText(error)}`));
    }
  }

  /** The shim of an earlier life; one of the other kind that holds nothing makes room. */
  async #connect(): Promise<Hold | undefined> {
    const client = await connectShim(this.socket, (news) => this.#events.exited(news));
    if (client === undefined) return undefined;
    // One that is being killed may still take a connection, and answers nothing.
    const hello = await client.ask('hello', {}).catch(() => undefined);
    if (hello === undefined) {
      await client.gone;
      return undefined;
    }
    const { mode, network, containers } = hello;
    if (containers === 0 && mode !== (this.#options.isolation ?? 'isolated')) {
      await client.ask('end', {});
      await client.gone;
      return undefined;
    }
    return { client, network, isolation: { mode, why: 'pods of an earlier life go on as they began' } };
  }

  /** Once more on the next network where another Steersman was a moment earlier, or has taken that of a shim which was killed. */
  async #isolated(attempt = 1): Promise<Hold> {
    try {
      return await this.#launch('isolated', 'this machine lets us have namespaces', attempt > 1);
    } catch (error) {
      if (attempt === 5 || !errorText(error).includes('is taken')) throw error;
      return this.#isolated(attempt + 1);
    }
  }

  /** Pods have addresses of their own where this machine lets us listen on more of its loopback than 127.0.0.1. */
  async #plain(why: string, asked: 'plain' | 'ports' = 'plain'): Promise<Hold> {
    const refusal = asked === 'ports' ? undefined : await refusalOf(`${plainNetwork}.0.1`, 0);
    if (asked === 'plain' && refusal === undefined) return this.#launch('plain', why);
    return this.#launch('ports', refusal === undefined ? why : `${why}; nobody can listen on ${plainNetwork}.0.1 here (${refusal})`);
  }

  async #launch(mode: IsolationMode, why: string, elsewhere = false): Promise<Hold> {
    const { folder, clock, shim } = this.#options;
    if (shim === undefined) throw new RuntimeError('ShimFailed', 'nobody said how to start the process that holds containers');
    const settings = this.#settings(mode, elsewhere);
    const exited = (news: ExitNews) => this.#events.exited(news);
    const wrap = mode === 'isolated' ? namespaces(folder, settings.root) : [];
    const { client, pid } = await launchShim({ folder, settings, shim, wrap, clock, exited });
    if (mode === 'isolated' && settings.root) await this.#join(client, { folder, settings, pid });
    return { client, network: settings.network, isolation: { mode, why } };
  }

  /** Root's pods are reached directly. A shim that cannot be joined to the machine's network is of no use. */
  async #join(client: ShimClient, about: { folder: string; settings: ShimSettings; pid: number }): Promise<void> {
    try {
      await joinMachine(about);
    } catch (error) {
      await client.ask('end', {});
      await client.gone;
      throw error;
    }
  }

  /** `elsewhere`: not on the network of the shim before. */
  #settings(mode: IsolationMode, elsewhere: boolean): ShimSettings {
    const { folder, path = usualPath, hide = [], serviceRange = '10.96.0.0/12', dns } = this.#options;
    const root = process.getuid?.() === 0;
    return {
      mode,
      socket: this.socket,
      path,
      hide: [folder, ...hide],
      network:
        mode === 'isolated'
          ? ((elsewhere ? undefined : networkBefore(folder)) ?? freeNetwork(folder, root))
          : mode === 'plain'
            ? plainNetwork
            : sharedAddress,
      serviceRange,
      ...(dns === undefined ? {} : { dns }),
      root,
    };
  }

  async #keep(hold: Hold): Promise<Hold> {
    void hold.client.gone.then(() => {
      this.#hold = undefined;
      if (!this.#closing) this.#events.lost();
    });
    return Promise.resolve(hold);
  }
}

/** That of the shim before, which nobody else has looked for while it ran. */
function networkBefore(folder: string): string | undefined {
  const before = readRecord(join(folder, 'shim.json')) as ShimSettings | undefined;
  return before?.mode === 'isolated' && readPods(folder).length > 0 ? before.network : undefined;
}

/** The pods' network: 10.244 as everywhere, or the next that no other Steersman has a route to. */
function freeNetwork(folder: string, root: boolean): string {
  if (!root) return '10.244';
  const taken = routesAndAddresses();
  const start = createHash('sha256').update(folder).digest()[0] as number;
  const candidates = [
    244,
    245,
    246,
    247,
    248,
    249,
    250,
    251,
    252,
    253,
    ...Array.from({ length: 96 }, (_, at) => 128 + ((start + at) % 96)),
  ];
  const free = candidates.find((second) => !taken.some((one) => one.startsWith(`10.${second}.`)));
  return `10.${free ?? 244}`;
}
function routesAndAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
  const path = join('/proc', 'net', 'route');
  const routes = readFileSync(path, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[1] ?? '')
    .filter((hex) => hex.length === 8)
    .map((hex) => [3, 2, 1, 0].map((at) => parseInt(hex.slice(at * 2, at * 2 + 2), 16)).join('.'));
  return [...addresses, ...routes];
}

/** What makes the shim's own namespaces, and a folder in memory for its mounts, before the shim begins. */
function namespaces(folder: string, root: boolean): string[] {
  const user = root ? [] : ['--user', '--map-root-user'];
  // The first process of the namespace is a shell, since it must take up the exit codes of processes that lose their parents.
  const script =
    'mount -n -t tmpfs -o mode=0755 tmpfs "$1" && shift && exec unshare --net --ipc --uts /bin/sh -c \'"$@"; exit $?\' sh "$@"';
  const first = ['unshare', ...user, '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return [...first, '/bin/sh', '-c', script, 'sh', placeOf(folder)];
}
