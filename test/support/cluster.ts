import type { KubeObject } from '../../src/api/object.ts';
import { createLog, type LogLine } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Runtime } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from '../../src/controlplane/start.ts';
import type { NodeDescription } from '../../src/agent/node.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { shownBy } from '../../src/apiserver/answer.ts';
import type { Audited } from '../../src/apiserver/audit.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { keptOpen } from '../../src/store/kept-open.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { auditChanges } from './cluster-audit.ts';

export interface TestClusterOptions extends Partial<
  Pick<ControlPlaneOptions, 'admission' | 'controllers' | 'scheduler' | 'schedulerConfiguration' | 'between' | 'audit' | 'version'>
> {
  /** 1 by default. */
  readonly seed?: number;
  /** How many simulated nodes, or what they say of themselves. One by default. */
  readonly nodes?: number | readonly Partial<NodeDescription>[];
  readonly clock?: SimulatedClock;
  /** Of an earlier control plane, whose components and nodes have gone. It is left open at the end. */
  readonly store?: Store<KubeObject>;
  /** Stands around the runtime of each node: faults. */
  readonly runtime?: (real: Runtime) => Runtime;
}

export interface TestCluster extends ControlPlane {
  readonly clock: SimulatedClock;
  /** What was logged at warn and above. */
  readonly troubles: readonly LogLine[];
  /** Everything that was written, in order. */
  readonly changes: readonly Change<KubeObject>[];
  /** Winds the clock until only upkeep is left, at most `limitMs` (10 minutes). @throws Error when it does not come to rest */
  settle(limitMs?: number): Promise<void>;
  /** Winds the clock until `done` holds, at most `limitMs` (10 minutes). @throws Error when it does not */
  until(done: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** Ends everything, and fails when a rule was broken on the way or something is left open. */
  stop(): Promise<void>;
}

let kinds: readonly ResourceKind[] | undefined;

/**
 * A whole control plane in process: memory store, simulated clock and nodes, chance by seed. Call `stop` at the end of every test: it
 * checks that revisions only rose, that what is stored passes its schema, that managedFields name only fields that are there, and
 * that no timer is left.
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const { seed = 1, nodes = 1, clock = new SimulatedClock(), store: _given, runtime = (real) => real, ...more } = options;
  const random = seededRandom(seed);
  const troubles: LogLine[] = [];
  const log = createLog((line) => void troubles.push(line), 'warn');
  kinds ??= loadKinds();
  const timersBefore = options.store === undefined ? 0 : clock.pending().all;
  const store = options.store ?? openMemoryStore({ codec: objectCodec, clock });
  const changes: Change<KubeObject>[] = [];
  const watching = new AbortController();
  const recording = record(store.watch('', store.revision(), watching.signal), changes);
  const setups: readonly Partial<NodeDescription>[] = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes;
  const refusals = new Set<string>();
  const starting = startControlPlane({
    ...more,
    audit: (audited) => {
      const refusal = refusalOfComponent(audited);
      if (refusal !== undefined) refusals.add(refusal);
      more.audit?.(audited);
    },
    clock,
    random,
    log,
    kinds,
    openStore: () => Promise.resolve(options.store === undefined ? store : keptOpen(store)),
    nodes: setups.map((node, at) => ({
      description: simulatedNode(node.name ?? `node-${at + 1}`, node),
      runtime: runtime(
        (runtimes.find((each) => each.name === 'simulated') as (typeof runtimes)[number]).open({ clock, random, log, folder: '' }),
      ),
    })),
  });
  const plane = await wound(clock, starting);
  const settle = async (limitMs = 600_000): Promise<void> => {
    if (!(await clock.untilRest(limitMs))) throw new Error(`the cluster did not come to rest within ${limitMs / 1000} s`);
  };
  return {
    ...plane,
    clock,
    troubles,
    changes,
    settle,
    until: (done, limitMs = 600_000) => until(clock, done, limitMs),
    stop: async () => {
      await wound(clock, plane.stop());
      watching.abort();
      await recording;
      auditChanges(changes, kinds ?? []);
      if (refusals.size > 0) throw new Error(`components may not what they do: ${[...refusals].join('; ')}`);
      const left = clock.pending().all - timersBefore;
      if (left > 0) throw new Error(`${left} timers are left after the control plane has stopped`);
    },
  };
}

/** Roles give each component of the control plane all that it does. */
function refusalOfComponent({ user, answer }: Audited): string | undefined {
  if (answer.status !== 403 || !/^system:(controller:|kube-|node:)/.test(user.name)) return undefined;
  const message = (shownBy(answer) as { message?: string } | undefined)?.message ?? '';
  return message.includes(' cannot ') ? message.slice(message.indexOf('User')) : undefined;
}

/** Waits for something that needs simulated time to pass. */
async function wound<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const done = work.finally(() => (settled = true));
  done.catch(() => undefined);
  if (!(await clock.until(() => settled, 60_000))) throw new Error('what should end within a simulated minute has not');
  return done;
}

async function until(clock: SimulatedClock, done: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const end = clock.now() + limitMs;
  for (;;) {
    const answer = Promise.resolve(done());
    if (await wound(clock, answer)) return;
    if (clock.now() >= end) throw new Error(`what the test waits for did not come within ${limitMs / 1000} s`);
    await clock.advance(Math.min(50, end - clock.now()));
  }
}

async function record(watch: AsyncIterable<Change<KubeObject>>, into: Change<KubeObject>[]): Promise<void> {
  for await (const change of watch) into.push(change);
}
