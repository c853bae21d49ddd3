import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyText, type ObjectKey } from '../../src/api/object.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Result, WorkQueue } from '../../src/reconcile/controller.ts';
import { createWorkQueue } from '../../src/reconcile/work-queue.ts';

let clock: SimulatedClock;
let ending: AbortController;
let queue: WorkQueue;
let running: Promise<void> | undefined;
beforeEach(() => {
  clock = new SimulatedClock({ start: 0 });
  ending = new AbortController();
  queue = createWorkQueue({ clock, signal: ending.signal });
  running = undefined;
});
afterEach(async () => {
  ending.abort();
  await running;
  expect(clock.pending()).toEqual({ all: 0, working: 0 });
});

const key = (name: string): ObjectKey => ({ namespace: 'shop', name });
function run(work: (key: ObjectKey) => Promise<Result> | Result, concurrency = 1): void {
  running = queue.run(async (each) => work(each), { concurrency, signal: ending.signal });
}
/** Works on nothing: remembers names with the time. */
function record(result: () => Result = () => undefined): string[] {
  const seen: string[] = [];
  run((each) => {
    seen.push(`${clock.now()} ${each.name}`);
    return result();
  });
  return seen;
}

describe('the four promises', () => {
  test('fair: keys come in the order in which they were added', async () => {
    const seen = record();
    for (const name of ['c', 'a', 'b']) queue.add(key(name));
    await clock.untilRest(1000);
    expect(seen).toEqual(['0 c', '0 a', '0 b']);
  });

  test('stingy: a key added several times before its turn is worked on once, in its first place', async () => {
    for (const name of ['a', 'b', 'a', 'a']) queue.add(key(name));
    const seen = record();
    await clock.untilRest(1000);
    expect(seen).toEqual(['0 a', '0 b']);
  });

  test('one worker per key, however many there are', async () => {
    const busy = new Set<string>();
    let most = 0;
    run(async (each) => {
      expect(busy.has(keyText(each))).toBe(false);
      busy.add(keyText(each));
      most = Math.max(most, busy.size);
      queue.add(each.name === 'a' && clock.now() < 50 ? each : key('b'), 0);
      await clock.sleep(10);
      busy.delete(keyText(each));
      if (clock.now() > 100) ending.abort();
    }, 8);
    queue.add(key('a'));
    queue.add(key('b'));
    queue.add(key('c'));
    await clock.untilRest(1000);
    expect(most).toBe(3);
  });

  test('a key added while it is worked on is worked on once more, after that', async () => {
    const seen: string[] = [];
    run(async (each) => {
      seen.push(`${clock.now()} start`);
      if (seen.length === 1) for (let times = 0; times < 3; times++) queue.add(each);
      await clock.sleep(10);
      seen.push(`${clock.now()} end`);
    }, 4);
    queue.add(key('a'));
    await clock.untilRest(1000);
    expect(seen).toEqual(['0 start', '10 end', '10 start', '20 end']);
  });
});

describe('delays', () => {
  test('bring a key when they are over', async () => {
    const seen = record();
    queue.add(key('late'), 500);
    queue.add(key('soon'), 100);
    await clock.untilRest(1000);
    expect(seen).toEqual(['100 soon', '500 late']);
  });

  test('of one key: the earliest counts', async () => {
    const seen = record();
    queue.add(key('a'), 500);
    queue.add(key('a'), 200);
    queue.add(key('a'), 300);
    await clock.untilRest(1000);
    expect(seen).toEqual(['200 a']);
  });

  test('that are upkeep do not keep the clock from resting', async () => {
    const seen = record();
    queue.add(key('a'), 500, { upkeep: true });
    expect(await clock.untilRest(1000)).toBe(true);
    expect([clock.now(), seen]).toEqual([0, []]);
    await clock.advance(500);
    expect(seen).toEqual(['500 a']);
  });

  test('asked for by a result are replaced by what a later work says', async () => {
    const results: Result[] = [{ requeueAfterMs: 1000 }, { requeueAfterMs: 300 }, undefined];
    const seen = record(() => results.shift());
    queue.add(key('a'));
    queue.add(key('a'), 100);
    await clock.untilRest(5000);
    expect(seen).toEqual(['0 a', '100 a', '400 a']);
  });
});

describe('failures', () => {
  test('bring a key back after 5 ms, then twice as late each time, up to 1000 s', async () => {
    const at: number[] = [];
    run(() => {
      at.push(clock.now());
      throw new Error('no');
    });
    queue.add(key('a'));
    await clock.advance(3_000_000);
    const gaps = at.slice(1).map((time, index) => time - (at[index] as number));
    expect(gaps.slice(0, 6)).toEqual([5, 10, 20, 40, 80, 160]);
    expect(gaps.slice(-2)).toEqual([655_360, 1_000_000]);
  });

  test('are forgotten with the first success', async () => {
    const at: number[] = [];
    run(() => {
      at.push(clock.now());
      if (at.length !== 3) throw new Error('no');
    });
    queue.add(key('a'));
    await clock.advance(15);
    queue.add(key('a'));
    await clock.advance(5);
    expect(at).toEqual([0, 5, 15, 15, 20]);
  });

  test('of one key do not hold up others', async () => {
    const seen: string[] = [];
    run((each) => {
      seen.push(each.name);
      if (each.name === 'bad' && seen.length < 4) throw new Error('no');
    });
    queue.add(key('bad'));
    queue.add(key('good'));
    await clock.untilRest(1000);
    expect(seen).toEqual(['bad', 'good', 'bad', 'bad']);
  });
});

describe('the end', () => {
  test('waits for what is under way and takes up nothing new', async () => {
    const seen: string[] = [];
    run(async (each) => {
      seen.push(`start ${each.name}`);
      await clock.sleep(100);
      seen.push(`end ${each.name}`);
    });
    queue.add(key('a'));
    queue.add(key('b'));
    await loopTurn();
    ending.abort();
    let ended = false;
    void running?.then(() => (ended = true));
    await clock.advance(50);
    expect(ended).toBe(false);
    await clock.advance(50);
    expect([ended, seen]).toEqual([true, ['start a', 'end a']]);
    queue.add(key('c'));
    queue.add(key('c'), 10);
  });
});
