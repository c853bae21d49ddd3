import { Application } from '../../src/api/kinds.generated.ts';
import type { MergePatch } from '../../src/client/cluster.ts';
import type { Runtime } from '../../src/agent/runtime.ts';
import { RuntimeError } from '../../src/agent/runtime.ts';
import type { ApiResponse, Transport } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import type { User } from '../../src/apiserver/context.ts';
import type { SleepOptions } from '../../src/base/clock.ts';
import { randomInt, type Random } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Connection } from '../../src/client/connect.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import type { Sources } from '../../src/gitops/source.ts';
import { ReconcileError, type Controller } from '../../src/reconcile/controller.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import { RevisionMismatch, StoreClosed, type Change, type Store } from '../../src/store/store.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { createFaults, type Faults } from './faults.ts';
import { startGitOps, type TestGitOps } from './gitops.ts';

/** How often each kind of fault comes; `lateMs` and `deaths` (lives that end early) are amounts. */
export interface Rates {
  readonly refuse: number;
  readonly lose: number;
  readonly cut: number;
  readonly lateMs: number;
  readonly conflict: number;
  readonly source: number;
  readonly runtime: number;
  readonly deaths?: number;
}
const allRates: Rates = { refuse: 0.03, lose: 0.03, cut: 0.02, lateMs: 400, conflict: 0.02, source: 0.1, runtime: 0.1 };

export interface StoryOptions {
  /** Only these faults, instead of all. */
  readonly rates?: Rates;
  /** Parts that stand in place of the real ones, to see that the rules notice. */
  readonly parts?: {
    readonly controllers?: readonly Controller[];
    readonly runtime?: (runtime: Runtime) => Runtime;
    readonly sources?: (sources: MemorySource) => Sources;
    readonly between?: (handle: Transport) => Transport;
  };
}

/** What recurs only to look again never does: everything has to come from events and retries. */
class WithoutUpkeep extends SimulatedClock {
  override sleep(ms: number, options: SleepOptions = {}): Promise<void> {
    return super.sleep(options.upkeep === true ? ms + 1e10 : ms, options);
  }
}

/** Compiled schemas, for all lives of all stories: they serve the same kinds, and compiling takes longer than a life. */
const validate = createValidate({ now: () => 0 });

/** One life of the process: it dies at a call of Transport, Store, Source or Runtime, before or after that call is made. */
class Life {
  readonly faults: Faults;
  dead = false;
  healed = false;
  count = 0;
  #left = Infinity;
  readonly #random: Random;
  readonly #rates: Rates;
  readonly #parts: NonNullable<StoryOptions['parts']>;

  constructor(random: Random, clock: SimulatedClock, { rates = allRates, parts = {} }: StoryOptions) {
    this.#random = random;
    this.#rates = rates;
    this.#parts = parts;
    this.faults = createFaults({ ...rates, random, clock });
  }

  dieAfter(calls: number): void {
    this.#left = calls;
  }
  chance(rate: number): boolean {
    const hit = !this.healed && this.#random.next() < rate;
    if (hit) this.count++;
    return hit;
  }
  async call<T>(made: () => Promise<T>, gone: () => Promise<T>): Promise<T> {
    if (this.dead) return gone();
    if (this.#left-- > 0) return made();
    if (this.#random.next() < 0.5) leave(await made());
    this.dead = true;
    this.faults.sever();
    return gone();
  }
  readonly gone = (): Promise<never> => Promise.reject(new StoreClosed('the process is gone'));

  readonly between = (handle: Transport, user: User): Transport => {
    if (user.groups.includes('system:masters')) return handle;
    const faulty: Transport = this.faults.between(handle, user);
    // once severed it answers nothing but refusals
    const mortal: Transport = (request) =>
      this.call(
        () => faulty(request),
        () => faulty(request),
      );
    return this.#parts.between?.(mortal) ?? mortal;
  };
  sourceFails(): Error | undefined {
    if (this.dead) return new StoreClosed('the process is gone');
    return this.chance(this.#rates.source) ? new ReconcileError('FetchFailed', 'a fault of the test') : undefined;
  }

  store(real: Store<KubeObject>): Store<KubeObject> {
    return {
      get: (key) => real.get(key),
      list: (prefix, options) => real.list(prefix, options),
      count: (prefix, after) => real.count(prefix, after),
      put: (key, value, expected) =>
        this.call(async () => {
          if (expected !== 0 && this.chance(this.#rates.conflict)) throw new RevisionMismatch(key, expected, await real.get(key));
          return real.put(key, value, expected);
        }, this.gone),
      delete: (key, expected) => this.call(() => real.delete(key, expected), this.gone),
      watch: (prefix, from, signal) => real.watch(prefix, from, signal),
      revision: () => real.revision(),
      compact: (before) => real.compact(before),
      close: () => Promise.resolve(),
    };
  }

  runtime(real: Runtime): Runtime {
    const failing = <T>(made: () => Promise<T>): Promise<T> =>
      this.call(() => {
        if (this.chance(this.#rates.runtime)) throw new RuntimeError('ErrImagePull', 'a fault of the test');
        return made();
      }, this.gone);
    const faulty: Runtime = {
      ...real,
      pull: (image, options) => failing(() => real.pull(image, options)),
      openSandbox: (pod, signal) => failing(() => real.openSandbox(pod, signal)),
    };
    return this.#parts.runtime?.(faulty) ?? faulty;
  }
}

/** Nobody reads the stream that the dead had asked for. */
function leave(answer: unknown): void {
  const { object } = (answer ?? {}) as Partial<ApiResponse>;
  if (typeof object === 'object' && object !== null && Symbol.asyncIterator in object) {
    void (object as AsyncIterable<unknown>)[Symbol.asyncIterator]().return?.();
  }
}

export interface FaultyStory {
  readonly source: MemorySource;
  readonly client: Connection;
  readonly changes: readonly Change<KubeObject>[];
  /** Revisions of the store that the test itself wrote. */
  readonly own: ReadonlySet<string>;
  current(): TestGitOps;
  /** Creates the application. */
  begin(): Promise<void>;
  /** Time passes; who has died starts again. */
  pass(ms: number): Promise<void>;
  drift(kind: Parameters<Connection['patch']>[0], name: string, patch: object): Promise<void>;
  /** No more faults. */
  heal(): Promise<void>;
  faults(): number;
  crashes(): number;
  stop(): Promise<void>;
}

/** A cluster with the GitOps engine, on a store and a repository that outlive them. The same seed gives the same faults. */
export async function startFaultyStory(seed: number, random: Random, options: StoryOptions = {}): Promise<FaultyStory> {
  const clock = new WithoutUpkeep();
  const real = openMemoryStore({ codec: objectCodec, clock });
  const changes: Change<KubeObject>[] = [];
  const watching = new AbortController();
  const recording = (async () => {
    for await (const change of real.watch('', real.revision(), watching.signal)) changes.push(change);
  })();
  const source = new MemorySource(clock);
  const own = new Set<string>();
  let crashes = 0;
  let faults = 0;
  let deaths = options.rates?.deaths ?? seed % 3;
  let life = new Life(random, clock, options);
  const open = async (): Promise<TestGitOps> => {
    const mine = (life = new Life(random, clock, options));
    source.fail = () => mine.sourceFails();
    const { controllers, sources } = options.parts ?? {};
    const opened = await startGitOps({
      seed: seed + 10_000 * crashes,
      clock,
      store: mine.store(real),
      source,
      runtime: (runtime) => mine.runtime(runtime),
      between: mine.between,
      gitops: { validate, ...(sources === undefined ? {} : { sources: sources(source) }) },
      ...(controllers === undefined ? {} : { controllers }),
    });
    if (deaths-- > 0) mine.dieAfter(randomInt(random, 400));
    return opened;
  };
  let now = await open();
  const count = () => Object.values(life.faults.counts).reduce((sum, each) => sum + each, life.count);
  const again = async (): Promise<void> => {
    crashes++;
    faults += count();
    await now.cluster.stop();
    now = await open();
  };
  /** What the test itself asks is asked again when the process dies of it. */
  const survived = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!life.dead) throw error;
        await again();
      }
    }
  };
  return {
    source,
    get client() {
      return now.client;
    },
    changes,
    own,
    current: () => now,
    begin: async () => {
      const sync = { deadline: '2m', budget: { objects: 50, percent: 100 } };
      const made = await survived(async () => {
        const found = await now.find<Application>(Application, { namespace: 'default', name: 'shop' });
        return found ?? (await now.application('shop', { sync }));
      });
      own.add(made.metadata.resourceVersion ?? '');
    },
    pass: async (ms) => {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        await clock.until(() => life.dead, end - clock.now());
        if (life.dead) await again();
      }
    },
    drift: async (kind, name, patch) => {
      const key = { namespace: 'default', name };
      const written = await survived(async () => {
        const found = await now.find(kind, key);
        return found && (await now.client.patch(kind, key, patch as MergePatch, { fieldManager: 'kubectl-edit' }));
      });
      if (written !== undefined) own.add((written as KubeObject).metadata.resourceVersion ?? '');
    },
    heal: async () => {
      if (life.dead) await again();
      life.dieAfter(Infinity);
      life.healed = true;
      life.faults.heal();
      // a source that failed is asked again at its next poll, which is upkeep: it comes now
      source.touch('repo');
    },
    faults: () => faults + count(),
    crashes: () => crashes,
    stop: async () => {
      await now.stop();
      watching.abort();
      await recording;
      await real.close();
    },
  };
}

/** Waits until the application is at the commit; says what it looks like when it does not come there. */
export async function reachedBy(world: FaultyStory, commit: string, limitMs: number): Promise<string[]> {
  const end = world.current().cluster.clock.now() + limitMs;
  for (;;) {
    const { status } = await world.current().app('shop');
    const there = status?.current?.commit === commit && status.sync === 'Synced' && status.health === 'Healthy';
    if (there && status.operation?.phase === 'Succeeded') return [];
    if (world.current().cluster.clock.now() >= end) return [`not at the last commit: ${JSON.stringify(status)}`];
    await world.pass(1000);
  }
}
