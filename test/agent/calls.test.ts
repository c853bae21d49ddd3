import { beforeEach, expect, it } from 'vitest';
import { Calls } from '../../src/agent/calls.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';

let clock: SimulatedClock;
let calls: Calls;
/** Whether a wait is over. */
async function over(waiting: Promise<void>): Promise<boolean> {
  let done = false;
  void waiting.then(() => (done = true));
  await clock.advance(0);
  return done;
}
beforeEach(() => {
  clock = new SimulatedClock();
  calls = new Calls(clock);
});

it('begins with a call, which is taken once', () => {
  expect([calls.any, calls.take(), calls.any, calls.take()]).toEqual([true, true, false, false]);
});

it('a call ends a wait and is there to be taken; a stir ends it and leaves nothing to do', async () => {
  calls.take();
  for (const [how, called] of [
    ['call', true],
    ['stir', false],
  ] as const) {
    const waiting = calls.wait(undefined);
    expect(await over(waiting)).toBe(false);
    calls[how]();
    expect([await over(waiting), calls.take()]).toEqual([true, called]);
  }
});

it('what comes before the wait ends it at once', async () => {
  calls.take();
  calls.stir();
  expect(await over(calls.wait(undefined))).toBe(true);
});

it('a moment calls, whoever has stirred before it', async () => {
  calls.take();
  const at = clock.now() + 1000;
  const first = calls.wait(at);
  calls.stir();
  expect([await over(first), calls.take()]).toEqual([true, false]);
  const second = calls.wait(at);
  await clock.advance(999);
  expect(calls.any).toBe(false);
  await clock.advance(1);
  expect([await over(second), calls.take()]).toEqual([true, true]);
  expect(clock.pending().all).toBe(0);
});
