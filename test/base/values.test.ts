import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { AsyncQueue } from '../../src/base/async-queue.ts';
import { Backoff } from '../../src/base/backoff.ts';
import { formatAge, parseDuration } from '../../src/base/duration.ts';
import { Heap } from '../../src/base/heap.ts';
import { canonicalJson, clone, deepFreeze, jsonEqual, pointerToken, valueAt } from '../../src/base/json.ts';
import { createLog, type LogLine } from '../../src/base/log.ts';
import { nameSuffix, secureRandom, seededRandom, uuid } from '../../src/base/random.ts';

describe('JSON values', () => {
  it('are equal to their clones, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = clone(value);
        expect(jsonEqual(value, copy)).toBe(true);
        expect(canonicalJson(copy)).toBe(canonicalJson(value));
      }),
    );
  });
  test.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [{ a: [] }, { a: {} }, false],
    [null, undefined, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ hasOwnProperty: 1 }, { hasOwnProperty: 1 }, true],
  ])('%j and %j: equal is %s', (a, b, equal) => {
    expect(jsonEqual(a, b)).toBe(equal);
  });
  it('keep a key called __proto__ as their own', () => {
    const copy = clone(JSON.parse('{"__proto__":{"x":1}}') as Record<string, unknown>);
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect((copy as { x?: number }).x).toBeUndefined();
  });
  it('are frozen all through', () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(Object.isFrozen(value.a[0])).toBe(true);
  });
  it('are found by a path and escaped in a pointer', () => {
    expect(valueAt({ a: [{ b: 2 }] }, ['a', 0, 'b'])).toBe(2);
    expect(valueAt({ a: 1 }, ['a', 'b'])).toBeUndefined();
    expect(pointerToken('a/b~c')).toBe('a~1b~0c');
  });
});

describe('a queue', () => {
  it('delivers what was pushed before and after the reader came, then ends', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of queue) read.push(item);
    })();
    queue.push(2);
    queue.end();
    await reading;
    expect(read).toEqual([1, 2]);
  });
  it('ends a reader that is too slow, after what it had room for', async () => {
    const queue = new AsyncQueue<number>({ limit: 2, overflow: () => new Error('too slow') });
    [1, 2, 3].forEach((item) => queue.push(item));
    expect([(await queue.next()).value, (await queue.next()).value]).toEqual([1, 2]);
    await expect(queue.next()).rejects.toThrow('too slow');
  });
  it('keeps the order over many items', async () => {
    const queue = new AsyncQueue<number>();
    for (let i = 0; i < 5000; i++) queue.push(i);
    for (let i = 0; i < 5000; i++) expect((await queue.next()).value).toBe(i);
    expect(queue.size).toBe(0);
  });
});

test('a heap gives back in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a - b);
      for (const number of numbers) heap.push(number);
      const out = numbers.map(() => heap.pop());
      expect(out).toEqual([...numbers].sort((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

test.each([
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['1.5s', 1500],
  ['2d', 172_800_000],
])('the duration %s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
test.each(['', '5', 's', '5x', '5s ', '-5s'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is not a duration`);
});
test.each([
  [5_000, '5s'],
  [119_000, '119s'],
  [320_000, '5m20s'],
  [3_600_000, '60m'],
  [4 * 3_600_000, '4h'],
  [50 * 3_600_000, '2d2h'],
  [800 * 86_400_000, '2y70d'],
])('an age of %i ms reads %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

test('a back-off doubles up to its limit and is forgotten', () => {
  const backoff = new Backoff({ firstMs: 10, maxMs: 35 });
  expect([1, 2, 3, 4].map(() => backoff.nextMs('k'))).toEqual([10, 20, 35, 35]);
  backoff.forget('k');
  expect(backoff.nextMs('k')).toBe(10);
});

test('a seed repeats its sequence and seeds differ', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next);
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(uuid(secureRandom())).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(nameSuffix(seededRandom(1))).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('a log keeps its fields and drops what is below its level', () => {
  const lines: LogLine[] = [];
  const log = createLog((line) => lines.push(line), 'warn', { app: 'shop' });
  log.info('quiet');
  log.with({ step: 2 }).warn('loud', { x: 1 });
  expect(lines).toEqual([{ level: 'warn', message: 'loud', fields: { app: 'shop', step: 2, x: 1 } }]);
});
