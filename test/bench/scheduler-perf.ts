import type { Node, Pod } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import { SchedulingCore, type Outcome } from '../../src/scheduler/scheduling-core.ts';
import type { Row } from './measure.ts';

/** One case of scheduler_perf: what is there, what is measured, and what goes on meanwhile. */
export interface Workload {
  readonly name: string;
  /** Pods a second. */
  readonly threshold: number;
  readonly nodes: readonly Node[];
  /** Other objects, and namespaces. */
  prepare?(core: SchedulingCore): void;
  /** Scheduled before; those that cannot be stay in the queue. */
  readonly initial: readonly Pod[];
  readonly measured: readonly Pod[];
  /** Every so many milliseconds of the run, as the churn and delete operations of scheduler_perf. */
  readonly churn?: { readonly everyMs: number; step(run: PerfRun, round: number): void };
}

export interface PerfRun {
  readonly core: SchedulingCore;
  create(pod: Pod): void;
  delete(pod: Pod): void;
}

/** Made into facts, queued, a node chosen, the place taken, seen as bound; victims go at once. What the API server does is not counted. */
export function runWorkload(workload: Workload): Row {
  let elapsedMs = 0;
  const core = new SchedulingCore({
    clock: { now: () => 1_700_000_000_000 + elapsedMs },
    random: seededRandom(1),
    profiles: [createProfile({ schedulerName: 'default-scheduler' })],
    initialBackoffMs: 1000,
    maxBackoffMs: 10_000,
    budgets: () => [],
  });
  workload.prepare?.(core);
  for (const node of workload.nodes) core.setNode(node);
  const run = perfRun(core);
  for (const pod of workload.initial) run.create(pod);
  while (run.step()) continue;
  const wanted = new Set(workload.measured.map((pod) => pod.metadata.uid));
  const { churn } = workload;
  const began = process.hrtime.bigint();
  let rounds = 0;
  for (const pod of workload.measured) run.create(pod);
  for (let left = wanted.size; left > 0;) {
    elapsedMs = Number(process.hrtime.bigint() - began) / 1e6;
    if (churn !== undefined && elapsedMs >= (rounds + 1) * churn.everyMs) churn.step(run, rounds++);
    core.queue.wake(1_700_000_000_000 + elapsedMs);
    const outcome = run.step();
    if (outcome?.kind === 'bind' && wanted.has(outcome.pod.uid)) left--;
    else if (outcome === undefined) throw new Error(`${workload.name}: ${left} pods were not placed`);
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { name: workload.name, value: workload.measured.length / seconds, unit: 'pods/s', line: `>= ${workload.threshold}` };
}

function perfRun(core: SchedulingCore): PerfRun & { step(): Outcome | undefined } {
  const remove = (pod: Pod): void => core.removePod(pod.metadata.uid ?? '');
  return {
    core,
    create: (pod) => core.setPod(pod, undefined),
    delete: remove,
    step() {
      const outcome = core.next();
      if (outcome === undefined) return undefined;
      if (outcome.kind === 'bind') {
        const { pod } = outcome.pod;
        core.setPod({ ...pod, spec: { ...pod.spec, nodeName: outcome.node } }, pod);
      } else if (outcome.victims.length > 0) {
        for (const victim of outcome.victims) remove(victim.pod);
        core.preempted(outcome.pod.uid, true);
      }
      return outcome;
    },
  };
}
