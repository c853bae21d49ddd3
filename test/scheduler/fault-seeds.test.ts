import { expect, it, test } from 'vitest';
import { SchedulingCore } from '../../src/scheduler/scheduling-core.ts';
import { SchedulingQueue } from '../../src/scheduler/scheduling-queue.ts';
import { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { NodeState } from '../../src/scheduler/state/node-state.ts';
import { Relations } from '../../src/scheduler/state/relations.ts';
import { seedsFor } from '../support/seeds.ts';
import { schedulerStory } from './fault-story.ts';

const seeds = seedsFor({ soak: 1000, ci: 60, quick: 10 });

test('the scheduler keeps its rules under stale reads, missed events and crashes between two writes, seed by seed', async () => {
  const bad: unknown[] = [];
  let [faults, bound] = [0, 0];
  for (const seed of seeds) {
    const told = await schedulerStory(seed).catch((error: unknown) => ({ broken: [String(error)], faults: 0, bound: 0 }));
    if (told.broken.length > 0) bad.push({ seed, broken: told.broken });
    faults += told.faults;
    bound += told.bound;
  }
  process.stdout.write(`${seeds.length} seeds of the scheduler: ${faults} faults, ${bound} pods bound at last\n`);
  expect(bad).toEqual([]);
  expect(faults).toBeGreaterThan(5 * seeds.length);
  expect(bound).toBeGreaterThan(3 * seeds.length);
}, 30_000_000);

/** Replaces a method of all objects of a class; answers what puts it back. */
function broken<T extends object>(
  prototype: T,
  name: keyof T & string,
  make: (real: (...args: never[]) => unknown) => unknown,
): () => void {
  const real = prototype[name] as (...args: never[]) => unknown;
  Object.defineProperty(prototype, name, { value: make(real), configurable: true, writable: true });
  return () => void Object.defineProperty(prototype, name, { value: real, configurable: true, writable: true });
}

const mutants: Readonly<Record<string, () => () => void>> = {
  'wakes nobody': () => broken(SchedulingQueue.prototype, 'happened', () => () => 0),
  'does not count a pod before the cache shows it': () =>
    broken(
      ClusterState.prototype,
      'addPod',
      (real) =>
        function (this: ClusterState, facts: { pod: { spec: { nodeName?: string } }; uid: string }, node: string) {
          const placed: unknown = Reflect.apply(real, this, [facts, node] as never[]);
          if (facts.pod.spec.nodeName === undefined) this.removePod(facts.uid);
          return placed;
        },
    ),
  'never gives back what a pod took': () => broken(NodeState.prototype, 'remove', () => () => undefined),
  'does not count those that want to be alone': () => broken(Relations.prototype, 'add', () => () => undefined),
  'leaves a preempting pod blocked': () => broken(SchedulingCore.prototype, 'preempted', () => () => undefined),
};

it.each(Object.entries(mutants))('a scheduler that %s is caught', async (_wrong, breaks) => {
  const mend = breaks();
  try {
    for (let seed = 1; seed <= 40; seed++) {
      const told = await schedulerStory(seed).catch((error: unknown) => ({ broken: [String(error)] }));
      if (told.broken.length > 0) return;
    }
  } finally {
    mend();
  }
  expect.fail('40 seeds find nothing wrong');
});
