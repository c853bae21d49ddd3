import { describe, expect, it } from 'vitest';
import { newSetSize, oldSetSizes, proportionalSizes, rolloutLimits, type Rollout, type SetSize } from '../../src/controllers/rollout.ts';

const rolling = (replicas: number, maxSurge: number, maxUnavailable: number): Rollout => ({
  replicas,
  strategy: 'RollingUpdate',
  maxSurge,
  maxUnavailable,
});
const set = (name: string, replicas: number, available = replicas, more: Partial<SetSize> = {}): SetSize => ({
  name,
  replicas,
  pods: replicas,
  available,
  unhealthy: replicas - available,
  created: `2026-01-01T00:00:0${name.length}Z`,
  maxReplicas: 0,
  ...more,
});

describe('rolloutLimits', () => {
  it.each([
    // replicas, maxSurge, maxUnavailable -> surge, unavailable
    [10, '25%', '25%', 3, 2],
    [1, '25%', '25%', 1, 0],
    [3, '34%', '33%', 2, 0],
    [10, 0, 0, 0, 1],
    [10, '0%', '0%', 0, 1],
    [1, 0, '50%', 0, 1],
    [5, 2, 10, 2, 5],
    [0, '25%', '25%', 0, 0],
    [4, '100%', 0, 4, 0],
    [7, '1%', 0, 1, 0],
  ])('%i replicas with surge %s and unavailable %s: %i more, %i fewer', (...row) => {
    const [replicas, maxSurge, maxUnavailable, surge, unavailable] = row;
    expect(rolloutLimits(replicas, { maxSurge, maxUnavailable })).toEqual({ maxSurge: surge, maxUnavailable: unavailable });
  });

  it('refuses what is no percentage', () => {
    expect(() => rolloutLimits(3, { maxSurge: 'many' })).toThrow('spec.strategy.rollingUpdate.maxSurge: Invalid value: "many"');
  });
});

describe('newSetSize', () => {
  it.each([
    // replicas, surge, old, new -> new
    [10, 0, 10, 0, 0],
    [10, 2, 10, 0, 2],
    [10, 2, 5, 0, 7],
    [10, 0, 10, 2, 2],
    [10, 2, 0, 12, 10],
    [10, 5, 3, 10, 10],
    [4, 1, 4, 1, 1],
  ])('%i wanted, surge %i, %i old and %i new: %i new', (...row) => {
    const [replicas, surge, old, current, expected] = row;
    const sets = [set('old', old), set('newer', current)];
    expect(newSetSize(rolling(replicas, surge, 1), sets, current)).toBe(expected);
  });

  it('of Recreate is all at once', () => {
    expect(newSetSize({ replicas: 7, strategy: 'Recreate', maxSurge: 0, maxUnavailable: 0 }, [], 0)).toBe(7);
  });

  it('counts pods of a set that was made smaller until they go', () => {
    expect(newSetSize(rolling(4, 1, 1), [set('old', 3, 3, { pods: 4 }), set('newer', 1)], 1)).toBe(1);
  });
});

describe('oldSetSizes', () => {
  it.each([
    // replicas, unavailable, old (available), new (available) -> old
    [10, 0, [10, 10], [0, 0], undefined],
    [10, 2, [10, 10], [0, 0], 8],
    [10, 0, [10, 10], [2, 2], 8],
    [10, 2, [10, 10], [2, 0], 8],
    [10, 2, [10, 8], [0, 0], 8],
    [10, 2, [8, 8], [4, 2], 6],
    [10, 2, [0, 0], [10, 10], undefined],
    [4, 1, [4, 0], [1, 0], 3],
    [4, 1, [4, 0], [2, 0], 3],
  ] as const)('%i wanted, %i may be missing, old %j, new %j: old %s', (...row) => {
    const [replicas, unavailable, old, current, expected] = row;
    const sizes = oldSetSizes(rolling(replicas, 2, unavailable), [set('old', old[0], old[1])], set('newer', current[0], current[1]));
    const unchanged = expected === undefined || expected === old[0];
    expect(sizes).toEqual(unchanged ? [] : [{ name: 'old', to: expected }]);
  });

  it('takes unhealthy pods first, oldest sets first', () => {
    const old = [set('bb', 3, 3), set('a', 3, 1)];
    expect(oldSetSizes(rolling(6, 0, 2), old, set('newer', 0, 0))).toEqual([{ name: 'a', to: 1 }]);
  });

  it('leaves pods of which no status has spoken: they may be available by now', () => {
    const old = set('old', 4, 1, { unhealthy: 1 });
    expect(oldSetSizes(rolling(4, 2, 2), [old], set('newer', 1, 1))).toEqual([{ name: 'old', to: 3 }]);
  });
});

describe('proportionalSizes', () => {
  it.each([
    // sizes (newest last), replicas before -> after, expected by name
    [{ a: 5, bb: 5 }, 10, 20, { a: 10, bb: 10 }],
    [{ a: 8, bb: 5 }, 10, 15, { a: 11, bb: 7 }, 3],
    [{ a: 10, bb: 10 }, 20, 10, { a: 5, bb: 5 }],
    [{ a: 5, bb: 5, ccc: 5 }, 15, 5, { a: 1, bb: 2, ccc: 2 }],
    [{ a: 1, bb: 9 }, 10, 0, { a: 0, bb: 0 }],
    [{ a: 1, bb: 1 }, 2, 3, { a: 1, bb: 2 }],
  ] as const)('%j of %i scaled to %i: %j', (...row) => {
    const [sizes, before, after, expected, surge = 0] = row as readonly [
      Record<string, number>,
      number,
      number,
      Record<string, number>,
      number?,
    ];
    const sets = Object.entries(sizes).map(([name, replicas]) => set(name, replicas, replicas, { maxReplicas: before + surge }));
    const scaled = proportionalSizes(rolling(after, surge, 1), sets, before);
    expect(Object.fromEntries(scaled.map((each) => [each.name, each.to]))).toEqual(expected);
    expect(scaled.reduce((sum, each) => sum + each.to, 0)).toBe(after === 0 ? 0 : after + surge);
  });
});

describe('a rollout, step by step', () => {
  it.each([
    [10, 3, 2],
    [1, 1, 0],
    [5, 0, 1],
    [7, 7, 7],
    [100, 25, 25],
  ])('of %i with surge %i and unavailable %i stays inside its limits and ends', (replicas, surge, unavailable) => {
    const rollout = rolling(replicas, surge, unavailable);
    let old = set('old', replicas);
    let current = set('newer', 0);
    let steps = 0;
    for (; steps < 1000 && (old.replicas > 0 || current.available < replicas); steps++) {
      const to = newSetSize(rollout, [old, current], current.replicas);
      // New pods take a step to be available.
      const available = current.replicas;
      current = { ...current, replicas: to, pods: to, available };
      const [shrunk] = oldSetSizes(rollout, [old], current);
      if (shrunk !== undefined) old = set('old', shrunk.to);
      expect(old.available + current.available).toBeGreaterThanOrEqual(replicas - unavailable);
      expect(old.replicas + current.replicas).toBeLessThanOrEqual(replicas + surge);
    }
    expect(steps).toBeLessThan(1000);
  });
});
