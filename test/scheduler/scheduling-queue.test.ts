import { expect, test } from 'vitest';
import { plugins } from '../../src/scheduler/plugins/index.ts';
import { SchedulingQueue } from '../../src/scheduler/scheduling-queue.ts';
import { facts, pod } from './builders.ts';
import { podFacts } from '../../src/scheduler/pod-facts.ts';

const make = (): SchedulingQueue => new SchedulingQueue(plugins);
const drain = (queue: SchedulingQueue): string[] => {
  const names: string[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) names.push(next.name);
  return names;
};
const rejected = (...names: string[]): Set<string> => new Set(names);

test('pods come by priority, then in the order in which they came', () => {
  const queue = make();
  for (const [name, priority] of [
    ['a', 0],
    ['b', 10],
    ['c', 0],
    ['d', 10],
    ['e', -5],
  ] as const)
    queue.add(facts({ name, priority }));
  expect(drain(queue)).toEqual(['b', 'd', 'a', 'c', 'e']);
});

test('a pod that is added again keeps its place, with its new state', () => {
  const queue = make();
  queue.add(facts({ name: 'a' }));
  queue.add(facts({ name: 'b' }));
  queue.add(facts({ name: 'a', labels: { new: 'yes' } }));
  const first = queue.pop();
  expect([first?.name, first?.labels, drain(queue)]).toEqual(['a', { new: 'yes' }, ['b']]);
});

test('a pod whose priority changed goes to its new place', () => {
  const queue = make();
  queue.add(facts({ name: 'a' }));
  queue.add(facts({ name: 'b' }));
  queue.add(facts({ name: 'b', priority: 5 }));
  expect(drain(queue)).toEqual(['b', 'a']);
});

test('a pod that was taken out is not tried', () => {
  const queue = make();
  const a = facts({ name: 'a' });
  queue.add(a);
  queue.remove(a.uid);
  expect([drain(queue), queue.has(a.uid)]).toEqual([[], false]);
});

test.each([
  { by: ['NodeResourcesFit'], hint: 'podRemoved' as const, moved: true },
  { by: ['NodeResourcesFit'], hint: 'podPlaced' as const, moved: false },
  { by: ['NodePorts'], hint: 'podRemoved' as const, moved: true },
  { by: ['InterPodAffinity'], hint: 'podPlaced' as const, moved: true },
  { by: ['PodTopologySpread', 'NodeAffinity'], hint: 'podPlaced' as const, moved: true },
  { by: ['NodeAffinity'], hint: 'podRemoved' as const, moved: false },
  { by: ['TaintToleration'], hint: undefined, moved: true },
])('what $by turned away is moved by $hint: $moved', ({ by, hint, moved }) => {
  const queue = make();
  queue.rest(facts({ name: 'a' }), rejected(...by), 0);
  queue.move(60_000, hint);
  expect(drain(queue)).toEqual(moved ? ['a'] : []);
});

test('a pod that is moved too early waits for the end of its back-off, which doubles up to 10 s', () => {
  const queue = make();
  const delays: number[] = [];
  let now = 0;
  for (let attempt = 0; attempt < 9; attempt++) {
    queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), now);
    queue.move(now);
    expect(drain(queue)).toEqual([]);
    const at = queue.wake(now) ?? NaN;
    delays.push(at - now);
    now = at;
    expect(queue.wake(now)).toBeUndefined();
    expect(drain(queue)).toEqual(['a']);
  }
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test('after half a minute of rest back-off begins anew', () => {
  const queue = make();
  for (const now of [0, 100, 300]) queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), now);
  queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 40_000);
  queue.move(40_000);
  expect(queue.wake(40_000)).toBe(40_100);
});

test('a pod that changed is tried at once, whatever it waited for', () => {
  const queue = make();
  queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 0);
  queue.add(facts({ name: 'a', requests: { cpu: '1m' } }));
  expect(drain(queue)).toEqual(['a']);
});

test('a refreshed pod goes on resting, and comes back with its new state', () => {
  const queue = make();
  queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 0);
  const next = { ...pod({ name: 'a' }), status: { phase: 'Pending' as const } };
  queue.refresh(podFacts(next));
  expect(drain(queue)).toEqual([]);
  queue.move(1000);
  expect(queue.pop()?.pod).toBe(next);
});

test('those who rested for long come back though nothing helped', () => {
  const queue = make();
  queue.rest(facts({ name: 'old' }), rejected('NodeAffinity'), 0);
  queue.rest(facts({ name: 'new' }), rejected('NodeAffinity'), 200_000);
  queue.moveOld(300_000, 300_000);
  expect([drain(queue), queue.counts()]).toEqual([['old'], { active: 0, backoff: 0, unschedulable: 1 }]);
});
