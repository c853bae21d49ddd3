import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/api/http.ts';
import { Deployment, Event, Lease } from '../../src/api/kinds.generated.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { leaderLease, runElected } from '../../src/controlplane/elected.ts';
import { informersUser } from '../../src/controlplane/identities.ts';
import { controllers } from '../../src/controllers/index.ts';
import { EventSender } from '../../src/reconcile/event-sender.ts';
import { deploymentOf, edit, podsOf } from '../controllers/workloads.ts';
import { wind } from '../controllers/faults.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

/** A process with all controllers, beside an API server without any: it can stand still, as a whole. */
interface Holder {
  readonly writes: string[];
  stopStill(): void;
  goOn(): void;
  stop(): Promise<void>;
}
let cluster: TestCluster;
const holders: Holder[] = [];
const writers: { who: string; at: number }[] = [];

beforeEach(async () => {
  writers.length = 0;
  cluster = await startCluster({ controllers: [], scheduler: true });
});
afterEach(async () => {
  for (const each of holders.splice(0)) {
    each.goOn();
    await wind(cluster.clock, each.stop());
  }
  await cluster.stop();
});

function holder(identity: string): Holder {
  const { clock } = cluster;
  let still: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  const writes: string[] = [];
  const own: Clock = {
    now: () => clock.now(),
    outside: (work) => clock.outside(work),
    sleep: async (ms, options) => {
      await clock.sleep(ms, options);
      await still;
    },
  };
  /** Whatever the process does next waits until it goes on. */
  const standing =
    (handle: Transport): Transport =>
    async (request) => {
      await still;
      return handle(request);
    };
  const wire =
    (handle: Transport): Transport =>
    (request) => {
      if (request.method !== 'GET' && !/\/(leases|events)/.test(request.path)) {
        writes.push(`${request.method} ${request.path}`);
        writers.push({ who: identity, at: clock.now() });
      }
      return handle(request);
    };
  const stop = runElected(
    {
      clock: own,
      random: seededRandom(identity.length),
      log: silentLog,
      events: new EventSender({ clock: own, random: seededRandom(1), log: silentLog, signal: new AbortController().signal }),
      clusterOf: (user, agent, through = (handle) => handle) =>
        cluster.cluster(user, `${agent}/test`, (handle) => standing(through(wire(handle)))),
      readAs: informersUser,
    },
    { identity },
    (components) => controllers.forEach((controller) => components.runController(controller)),
  );
  const made: Holder = {
    writes,
    stop,
    stopStill: () => void (still = new Promise((resolve) => (wake = resolve))),
    goOn: () => {
      still = undefined;
      wake();
    },
  };
  holders.push(made);
  return made;
}
const lease = async () => (await cluster.cluster().get(Lease, leaderLease)).spec;
const scale = (replicas: number) => edit(cluster.cluster(), Deployment, 'web', (object) => void (object.spec.replicas = replicas));

describe('two sets of controllers on one API server', () => {
  it('are led by one, which the Lease names, and whose event says so', async () => {
    const first = holder('first');
    await cluster.clock.advance(100);
    const second = holder('second');
    await cluster.cluster().create(Deployment, deploymentOf('web', { replicas: 2 }));
    await cluster.clock.advance(30_000);
    expect(await lease()).toMatchObject({ holderIdentity: 'first', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(first.writes.length).toBeGreaterThan(0);
    expect(second.writes).toEqual([]);
    expect(await podsOf(cluster.cluster(), 'web')).toHaveLength(2);
    const { items } = await cluster.cluster().list(Event, { namespace: leaderLease.namespace });
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toEqual(['LeaderElection: first became leader']);
  });

  it('pass the lead on when the leader ends', async () => {
    const first = holder('first');
    await cluster.clock.advance(100);
    holder('second');
    await cluster.cluster().create(Deployment, deploymentOf('web', { replicas: 2 }));
    await cluster.clock.advance(30_000);
    await wind(cluster.clock, first.stop());
    await scale(4);
    await cluster.clock.advance(10_000);
    expect(await lease()).toMatchObject({ holderIdentity: 'second' });
    expect(await podsOf(cluster.cluster(), 'web')).toHaveLength(4);
  });

  it('never both write: one that stood still and goes on is told by its first look at the clock', async () => {
    const first = holder('first');
    await cluster.clock.advance(100);
    const second = holder('second');
    await cluster.cluster().create(Deployment, deploymentOf('web', { replicas: 2 }));
    await cluster.clock.advance(30_000);
    first.stopStill();
    await scale(5);
    await cluster.clock.advance(14_000);
    expect(second.writes).toEqual([]);
    await cluster.clock.advance(10_000);
    expect(await lease()).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
    const before = first.writes.length;
    await scale(3);
    first.goOn();
    await cluster.clock.advance(60_000);
    expect(first.writes.slice(before)).toEqual([]);
    expect(await podsOf(cluster.cluster(), 'web')).toHaveLength(3);
    const turns = writers.filter(({ who }, at) => at === 0 || writers[at - 1]?.who !== who).map(({ who }) => who);
    expect(turns).toEqual(['first', 'second']);
  });
});

it('a control plane that stands for election waits for the lease', async () => {
  const other = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...leaderLease } };
  await cluster
    .cluster()
    .create(Lease, { ...other, spec: { holderIdentity: 'elsewhere', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } });
  const waiting = holder('here');
  await cluster.cluster().create(Deployment, deploymentOf('web', { replicas: 1 }));
  await cluster.clock.advance(14_000);
  expect(waiting.writes).toEqual([]);
  await cluster.clock.advance(10_000);
  expect(await lease()).toMatchObject({ holderIdentity: 'here', leaseTransitions: 1 });
  expect(await podsOf(cluster.cluster(), 'web')).toHaveLength(1);
});
