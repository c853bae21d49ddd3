import { describe, expect, it } from 'vitest';
import type { Job, JobSpec, JobStatus, Pod } from '../../src/api/kinds.generated.ts';
import { countReleased, maxUncounted, noteEnded, tally, trackingFinalizer } from '../../src/controllers/job/accounting.ts';
import { msUntilNextPod, noFailures, recordEnded } from '../../src/controllers/job/backoff.ts';
import { demandOf } from '../../src/controllers/job/demand.ts';
import { formatIndexes, indexAnnotation, parseIndexes, pendingIndexes } from '../../src/controllers/job/indexes.ts';

const now = Date.UTC(2026, 0, 1, 0, 10);
const job = (spec: Partial<JobSpec>, status: JobStatus = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'n', uid: 'job' },
  spec: { completions: 3, parallelism: 3, template: {}, ...spec },
  status,
});
const pod = (uid: string, phase: string, more: { free?: true; going?: true; index?: number; endedAt?: string } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: uid,
    uid,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(more.free === true ? {} : { finalizers: [trackingFinalizer] }),
    ...(more.going === true ? { deletionTimestamp: '2026-01-01T00:09:00Z' } : {}),
    ...(more.index === undefined ? {} : { annotations: { [indexAnnotation]: String(more.index) } }),
  },
  spec: { containers: [], nodeName: 'n1' },
  status: {
    phase,
    ...(more.endedAt === undefined
      ? {}
      : {
          containerStatuses: [
            {
              name: 'c',
              image: '',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode: 1, finishedAt: more.endedAt } },
            },
          ],
        }),
  },
});
const uids = (pods: readonly Pod[]) => pods.map((each) => each.metadata.uid);
const none = new Set<string>();

describe('tally', () => {
  it('counts a pod in the status, in its lists, or as new, but only once', () => {
    const status = { succeeded: 1, failed: 1, uncountedTerminatedPods: { succeeded: ['s2'], failed: ['f2'] } };
    const pods = [
      pod('s1', 'Succeeded', { free: true }),
      pod('s2', 'Succeeded'),
      pod('s3', 'Succeeded'),
      pod('f2', 'Failed'),
      pod('f3', 'Failed'),
      pod('gone', 'Running', { going: true }),
      pod('released', 'Failed'),
      pod('a', 'Running'),
    ];
    const counts = tally(job({}, status), pods, new Set(['released']));
    expect({
      ...counts,
      pods: undefined,
      job: undefined,
      active: uids(counts.active),
      newSucceeded: uids(counts.newSucceeded),
      newFailed: uids(counts.newFailed),
    }).toEqual({
      active: ['a'],
      terminating: 1,
      ready: 0,
      newSucceeded: ['s3'],
      newFailed: ['f3', 'gone'],
      succeeded: 3,
      failed: 4,
      doneIndexes: new Set(),
      failedIndexes: new Set(),
      replaceable: new Map(),
      released: new Set(['released']),
    });
  });

  it('does not count a pod that is going as failed where only failed ones are replaced', () => {
    const counts = tally(job({ podReplacementPolicy: 'Failed' }), [pod('gone', 'Running', { going: true })], none);
    expect(counts.failed).toBe(0);
  });
});

describe('counting', () => {
  it('first notes the uids, and raises the counters when the finalizers are gone', () => {
    const counts = tally(job({}), [pod('s', 'Succeeded'), pod('f', 'Failed'), pod('a', 'Running')], none);
    const noted = noteEnded(counts, {}, 'no');
    expect({ ...noted, release: uids(noted.release) }).toEqual({
      status: { uncountedTerminatedPods: { succeeded: ['s'], failed: ['f'] } },
      release: ['s', 'f'],
      more: false,
    });
    const partly = countReleased(noted.status, new Set(['f', 'a']));
    expect(partly).toEqual({ succeeded: 1, uncountedTerminatedPods: { failed: ['f'] } });
    expect(countReleased(partly, new Set(['a']))).toEqual({ succeeded: 1, failed: 1, uncountedTerminatedPods: {} });
    expect(countReleased(partly, new Set(['f']))).toEqual(partly);
  });

  it('noted twice is the same as noted once', () => {
    const pods = [pod('s', 'Succeeded'), pod('f', 'Failed')];
    const once = noteEnded(tally(job({}), pods, none), {}, 'no').status;
    expect(noteEnded(tally(job({}, once), pods, none), once, 'no').status).toEqual(once);
  });

  it.each([
    ['no', []],
    ['failed', ['a']],
    ['succeeded', []],
    ['deleted', []],
  ] as const)('a pod that still runs counts as failed only when the Job fails (%s)', (ending, failed) => {
    const noted = noteEnded(tally(job({}), [pod('a', 'Running')], none), {}, ending);
    expect(noted.status.uncountedTerminatedPods?.failed ?? []).toEqual(failed);
    expect(noted.release).toHaveLength(ending === 'no' ? 0 : 1);
  });

  it('notes 500 at once', () => {
    const pods = Array.from({ length: maxUncounted + 5 }, (_, at) => pod(`s${at}`, 'Succeeded'));
    const noted = noteEnded(tally(job({ completions: 1000 }), pods, none), {}, 'no');
    expect([noted.release.length, noted.more]).toEqual([maxUncounted, true]);
  });

  it('of an Indexed Job takes each index once', () => {
    const indexed = job({ completionMode: 'Indexed', completions: 4 });
    const pods = [
      pod('x', 'Succeeded', { index: 2 }),
      pod('y', 'Succeeded', { index: 0 }),
      pod('z', 'Succeeded', { index: 2 }),
      pod('w', 'Succeeded', { index: 9 }),
    ];
    const noted = noteEnded(tally(indexed, pods, none), {}, 'no');
    expect(noted.status).toEqual({ succeeded: 2, completedIndexes: '0,2', uncountedTerminatedPods: {} });
    expect(noted.release).toHaveLength(4);
  });
});

describe('demand', () => {
  const demand = (of: Job, pods: readonly Pod[]) => {
    const { remove, make } = demandOf(tally(of, pods, none), now);
    return { remove: uids(remove), make };
  };
  const slots = (count: number) => Array.from({ length: count }, () => undefined);

  it.each<[string, Job, readonly Pod[], { remove: string[]; make: readonly (number | undefined)[] }]>([
    ['as many as parallelism', job({ completions: 10, parallelism: 2 }), [], { remove: [], make: slots(2) }],
    ['no more than completions are missing', job({ completions: 3 }, { succeeded: 2 }), [], { remove: [], make: slots(1) }],
    ['none for what has succeeded a moment ago', job({ completions: 1 }), [pod('s', 'Succeeded')], { remove: [], make: [] }],
    ['none when all run', job({}), [pod('a', 'Running'), pod('b', 'Running'), pod('c', 'Running')], { remove: [], make: [] }],
    ['fewer when parallelism shrinks', job({ parallelism: 1 }), [pod('a', 'Running'), pod('b', 'Pending')], { remove: ['b'], make: [] }],
    ['all away when suspended', job({ suspend: true }), [pod('a', 'Running')], { remove: ['a'], make: [] }],
    ['a work queue starts them all', job({ completions: undefined as never, parallelism: 4 }), [], { remove: [], make: slots(4) }],
    [
      'a work queue with a success starts none',
      job({ completions: undefined as never, parallelism: 4 }),
      [pod('s', 'Succeeded'), pod('a', 'Running')],
      { remove: [], make: [] },
    ],
    [
      'the lowest free indexes',
      job({ completionMode: 'Indexed', completions: 5, parallelism: 3 }, { completedIndexes: '0' }),
      [pod('a', 'Running', { index: 1 })],
      { remove: [], make: [2, 3] },
    ],
    [
      'away with a second pod of an index',
      job({ completionMode: 'Indexed' }),
      [pod('a', 'Running', { index: 1 }), pod('b', 'Pending', { index: 1 })],
      { remove: ['b'], make: [] },
    ],
    [
      'waits for pods that are going where only failed ones are replaced',
      job({ completions: 1, podReplacementPolicy: 'Failed' }),
      [pod('g', 'Running', { going: true })],
      { remove: [], make: [] },
    ],
  ])('%s', (_, of, pods, expected) => {
    expect(demand(of, pods)).toEqual(expected);
  });
});

describe('back-off', () => {
  const failed = (at: string) => pod(at, 'Failed', { endedAt: `2026-01-01T00:0${at}Z` });

  it.each([
    [0, 0],
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [7, 600_000],
    [50, 600_000],
  ])('after %i failures waits %i ms', (failures, ms) => {
    expect(msUntilNextPod({ failures, lastFailure: now }, now)).toBe(ms);
  });

  it('counts failures since the last success', () => {
    const two = recordEnded(noFailures, [], [failed('1:00'), failed('2:00')], now);
    expect(two).toEqual({ failures: 2, lastFailure: Date.UTC(2026, 0, 1, 0, 2) });
    expect(recordEnded(two, [], [failed('3:00')], now).failures).toBe(3);
    const success = pod('s', 'Succeeded', { endedAt: '2026-01-01T00:04:00Z' });
    expect(recordEnded(two, [success], [failed('3:00'), failed('5:00')], now)).toEqual({
      failures: 1,
      lastFailure: Date.UTC(2026, 0, 1, 0, 5),
    });
    expect(recordEnded(two, [success], [], now)).toEqual(noFailures);
  });
});

describe('indexes', () => {
  it.each([
    ['', []],
    ['0', [0]],
    ['0,1', [0, 1]],
    ['0-2,5', [0, 1, 2, 5]],
    ['1,3,5-7', [1, 3, 5, 6, 7]],
  ])('%s', (text, indexes) => {
    expect(formatIndexes(indexes)).toBe(text);
    expect([...parseIndexes(text, 100)]).toEqual(indexes);
  });

  it('beyond the completions do not count', () => {
    expect([...parseIndexes('0-9', 3)]).toEqual([0, 1, 2]);
    expect(pendingIndexes(5, new Set([0, 3]), 2)).toEqual([1, 2]);
  });
});
