import { describe, expect, it, test } from 'vitest';
import { microTimestamp, parseTime, realClock, timestamp } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';

describe('the simulated clock', () => {
  it('stands still until it is wound, then fires what is due in order', async () => {
    const clock = new SimulatedClock({ start: 0 });
    const fired: string[] = [];
    for (const [name, ms] of [
      ['b', 20],
      ['a', 10],
      ['a2', 10],
    ] as const)
      void clock.sleep(ms).then(() => fired.push(`${name}@${clock.now()}`));
    await clock.advance(9);
    expect([fired, clock.now()]).toEqual([[], 9]);
    await clock.advance(11);
    expect(fired).toEqual(['a@10', 'a2@10', 'b@20']);
  });
  it('runs what a timer starts before it jumps on', async () => {
    const clock = new SimulatedClock({ start: 0 });
    const seen: number[] = [];
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(5);
        await Promise.resolve();
        seen.push(clock.now());
      }
    })();
    await clock.advance(15);
    expect(seen).toEqual([5, 10, 15]);
  });
  it('comes to rest when only upkeep is pending', async () => {
    const clock = new SimulatedClock({ start: 0 });
    const stop = new AbortController();
    void (async () => {
      for (;;) await clock.sleep(10, { upkeep: true, signal: stop.signal });
    })().catch(() => undefined);
    void clock.sleep(35);
    expect(await clock.untilRest(1000)).toBe(true);
    expect(clock.now()).toBe(35);
    stop.abort();
    expect(clock.pending().working).toBe(0);
  });
  it('waits for work outside before it goes on', async () => {
    const clock = new SimulatedClock({ start: 0 });
    const order: string[] = [];
    void clock.outside(new Promise((resolve) => setTimeout(resolve, 20))).then(() => order.push('outside'));
    void clock.sleep(1).then(() => order.push('timer'));
    await clock.advance(10);
    expect(order).toEqual(['outside', 'timer']);
  });
  it('rejects a sleeper with the reason of its signal', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending().working).toBe(0);
  });
  it('gives the same run whatever idle turns lie between its steps', async () => {
    const runs = [0, 1, 2].map(async (seed) => {
      const random = seededRandom(seed);
      const clock = new SimulatedClock({ start: 0, extraTurns: () => Math.floor(random.next() * 4) });
      const trace: string[] = [];
      const worker = async (name: string, step: number) => {
        for (let i = 0; i < 5; i++) {
          await clock.sleep(step);
          trace.push(`${name}${clock.now()}`);
        }
      };
      void worker('x', 3);
      void worker('y', 5);
      await clock.advance(100);
      return trace.join(' ');
    });
    expect(new Set(await Promise.all(runs)).size).toBe(1);
  });
});

describe('the real clock', () => {
  it('ends a sleep at once when its signal is aborted', async () => {
    const stop = new AbortController();
    const sleeping = realClock().sleep(60_000, { signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow('stop');
  });
  it('does not wake before a time that is longer than a timer can be', async () => {
    const stop = new AbortController();
    let woke = false;
    void realClock()
      .sleep(2 ** 32, { signal: stop.signal })
      .then(
        () => (woke = true),
        () => undefined,
      );
    await realClock().sleep(20);
    expect(woke).toBe(false);
    stop.abort();
  });
});

test('times are written as Kubernetes writes them', () => {
  const at = { now: () => Date.UTC(2026, 10, 20, 23, 37, 1, 5) };
  expect([timestamp(at), microTimestamp(at)]).toEqual(['2026-11-20T23:37:01Z', '2026-11-20T23:37:01.005000Z']);
  expect([parseTime('2026-11-20T23:37:01Z'), parseTime('x'), parseTime(undefined)]).toEqual([
    Date.UTC(2026, 10, 20, 23, 37, 1),
    undefined,
    undefined,
  ]);
});
