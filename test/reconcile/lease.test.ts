import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Transport } from '../../src/api/http.ts';
import { Lease } from '../../src/api/kinds.generated.ts';
import { StatusError } from '../../src/api/status.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { runAsLeader } from '../../src/reconcile/lease.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
const cutOff = new Set<string>();
const candidates: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  cutOff.clear();
  const unreachable: Transport = () => Promise.resolve(errorAnswer(new StatusError(403, 'Forbidden', 'no way'), true));
  cluster = await startCluster({
    controllers: [],
    scheduler: false,
    nodes: 0,
    between: (handle, user) => (request) => (cutOff.has(user.name) ? unreachable : handle)(request),
  });
});
afterEach(async () => {
  for (const each of candidates.splice(0)) await each.stop();
  await cluster.stop();
});

const lease = { namespace: 'kube-system', name: 'boss' };
const holder = async () => (await cluster.cluster().get(Lease, lease)).spec.holderIdentity;
/** Says who leads from when to when, in seconds since the start. */
function candidate(identity: string, told: string[], begun = cluster.clock.now()): { stop(): Promise<void> } {
  const ending = new AbortController();
  const { clock } = cluster;
  const at = (): number => Math.round((clock.now() - begun) / 1000);
  const running = runAsLeader(
    {
      cluster: cluster.cluster({ name: identity, groups: ['system:masters'] }),
      clock,
      random: seededRandom(identity.length),
      log: silentLog,
      signal: ending.signal,
      lease,
      identity,
    },
    async (signal) => {
      told.push(`${identity} from ${at()}`);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      told.push(`${identity} to ${at()}`);
    },
  );
  const made = {
    stop: () => {
      ending.abort(new Error('enough'));
      return running;
    },
  };
  candidates.push(made);
  return made;
}

test('one of two leads, and the other follows when it gives the lease back', async () => {
  const told: string[] = [];
  const first = candidate('first', told);
  await cluster.clock.advance(1);
  candidate('second', told);
  await cluster.clock.advance(60_000);
  expect([told, await holder()]).toEqual([['first from 0'], 'first']);
  await first.stop();
  await cluster.clock.advance(5000);
  expect(told.slice(0, 2)).toEqual(['first from 0', 'first to 60']);
  expect(await holder()).toBe('second');
  expect((await cluster.cluster().get(Lease, lease)).spec.leaseTransitions).toBeGreaterThan(0);
});

test('a leader that cannot renew steps down before another takes over', async () => {
  const told: string[] = [];
  candidate('first', told);
  await cluster.clock.advance(1);
  candidate('other', told);
  await cluster.clock.advance(10_000);
  cutOff.add('first');
  await cluster.clock.advance(60_000);
  const [start, end, next] = told;
  expect([start, next?.split(' ')[0]]).toEqual(['first from 0', 'other']);
  expect(Number(end?.split(' ').at(-1))).toBeLessThan(Number(next?.split(' ').at(-1)));
  expect(Number(next?.split(' ').at(-1))).toBeLessThan(30);
});
