import { beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { EventCorrelator, type Correlated } from '../../src/reconcile/event-correlator.ts';

const about = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', uid: `uid-${name}` } });
let clock: SimulatedClock;
let correlator: EventCorrelator;
beforeEach(() => {
  clock = new SimulatedClock({ start: Date.UTC(2026, 0, 1) });
  correlator = new EventCorrelator(clock);
});
const observe = (name: string, message: string, reason = 'BackOff'): Correlated | undefined =>
  correlator.observe(about(name), 'Warning', { reason, message });

test('the same event again raises the count and the last time', async () => {
  observe('web', 'crashed');
  await clock.advance(90_000);
  expect(observe('web', 'crashed')).toMatchObject({ count: 2, first: '2026-01-01T00:00:00Z', last: '2026-01-01T00:01:30Z' });
});

test('another object, reason or message is another event', () => {
  expect([
    observe('web', 'crashed'),
    observe('api', 'crashed'),
    observe('web', 'other'),
    observe('web', 'crashed', 'Killing'),
  ]).toMatchObject(Array(4).fill({ count: 1 }));
});

test('more than ten messages of one reason become one event', () => {
  for (let number = 1; number <= 10; number++) observe('web', `message ${number}`);
  expect(observe('web', 'message 11')).toMatchObject({ count: 1, message: '(combined from similar events): message 11' });
  expect(observe('web', 'message 12')).toMatchObject({ count: 2, message: '(combined from similar events): message 12' });
  expect(observe('web', 'message 3')).toMatchObject({ count: 2, message: 'message 3' });
});

test('ten minutes later messages stand for themselves again', async () => {
  for (let number = 1; number <= 11; number++) observe('web', `message ${number}`);
  await clock.advance(600_001);
  expect(observe('web', 'message 12')).toMatchObject({ count: 1, message: 'message 12' });
});

test('25 events on one object at once are let through, then one in five minutes', async () => {
  const through = (): number => Array.from({ length: 40 }, () => observe('web', 'crashed')).filter((each) => each !== undefined).length;
  expect(through()).toBe(25);
  expect(observe('api', 'crashed')).toBeDefined();
  await clock.advance(300_000);
  expect(through()).toBe(1);
});
