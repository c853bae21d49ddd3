import { expect, test } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { Expectations } from '../../src/reconcile/expectations.ts';

const make = () => {
  const clock = new SimulatedClock();
  return { clock, expectations: new Expectations(clock) };
};

test('nothing expected is satisfied', () => {
  expect(make().expectations.satisfied('shop/web')).toBe(true);
});

test('creations are satisfied when all were seen, and one more does no harm', () => {
  const { expectations } = make();
  expectations.expectCreations('shop/web', 2);
  const steps = [1, 2, 3].map(() => {
    expectations.creationObserved('shop/web');
    return expectations.satisfied('shop/web');
  });
  expect(steps).toEqual([false, true, true]);
});

test('a deletion that is seen twice counts once', () => {
  const { expectations } = make();
  expectations.expectDeletions('shop/web', ['a', 'b']);
  expectations.deletionObserved('shop/web', 'a');
  expectations.deletionObserved('shop/web', 'a');
  expect(expectations.satisfied('shop/web')).toBe(false);
  expectations.deletionObserved('shop/web', 'b');
  expect(expectations.satisfied('shop/web')).toBe(true);
});

test('keys do not disturb each other', () => {
  const { expectations } = make();
  expectations.expectCreations('shop/web', 1);
  expectations.creationObserved('shop/api');
  expect([expectations.satisfied('shop/web'), expectations.satisfied('shop/api')]).toEqual([false, true]);
});

test('after five minutes waiting ends', async () => {
  const { clock, expectations } = make();
  expectations.expectCreations('shop/web', 1);
  await clock.advance(5 * 60_000);
  expect(expectations.satisfied('shop/web')).toBe(false);
  await clock.advance(1);
  expect(expectations.satisfied('shop/web')).toBe(true);
});

test('what is forgotten is no longer waited for', () => {
  const { expectations } = make();
  expectations.expectCreations('shop/web', 1);
  expectations.forget('shop/web');
  expect(expectations.satisfied('shop/web')).toBe(true);
});

test('what is made and what is deleted in one pass is expected together', () => {
  const { expectations } = make();
  expectations.expectCreations('shop/web', 1);
  expectations.expectDeletions('shop/web', ['a']);
  expectations.deletionObserved('shop/web', 'a');
  expect(expectations.satisfied('shop/web')).toBe(false);
  expectations.creationObserved('shop/web');
  expect(expectations.satisfied('shop/web')).toBe(true);
});
