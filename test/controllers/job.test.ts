import { timestamp } from '../../src/base/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Job, Pod } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, jobOf, namespace } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const get = () => admin.get(Job, { namespace, name: 'work' });
const pods = async () => (await admin.list(Pod, { namespace, labelSelector: 'job-name=work' })).items;
const conditions = async () => ((await get()).status?.conditions ?? []).map((each) => `${each.type}=${each.status} ${each.reason}`);
const finished = async () => (await conditions()).some((each) => /^(Complete|Failed)=True/.test(each));

describe('a Job', () => {
  it('runs one pod to its end and is complete', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '5s' } }));
    await cluster.settle();
    const { status } = await get();
    expect({ ...status, conditions: undefined }).toEqual({
      startTime: '2026-01-01T00:00:00Z',
      completionTime: '2026-01-01T00:00:05Z',
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: undefined,
    });
    expect(await conditions()).toEqual(['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']);
    const [pod] = await pods();
    expect(pod?.metadata.finalizers).toBeUndefined();
    expect(await eventsOf(admin, 'Job', 'work')).toEqual(
      expect.arrayContaining([`SuccessfulCreate: Created pod: ${pod?.metadata.name}`, 'Completed: Job completed']),
    );
  });

  it('runs no more pods at once than its parallelism, and as many as its completions', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '5s' }, spec: { completions: 5, parallelism: 2 } }));
    const active: number[] = [];
    while (!(await finished())) {
      active.push((await pods()).filter((pod) => pod.status?.phase === 'Pending' || pod.status?.phase === 'Running').length);
      await cluster.clock.advance(500);
    }
    expect(Math.max(...active)).toBe(2);
    expect((await get()).status?.succeeded).toBe(5);
    expect(await pods()).toHaveLength(5);
  });

  it('as a work queue begins nothing more after the first success', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '5s' }, spec: { parallelism: 3 } }));
    await cluster.settle();
    expect((await get()).status?.succeeded).toBe(3);
    expect((await conditions()).at(-1)).toBe('Complete=True CompletionsReached');
  });

  it('tries again with back-off and fails at its limit', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '1' }, spec: { backoffLimit: 2 } }));
    await cluster.settle();
    const created = (await pods()).map((pod) => pod.metadata.creationTimestamp).sort();
    expect(created).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:00:11Z', '2026-01-01T00:00:32Z']);
    expect(await conditions()).toEqual(['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded']);
    expect((await get()).status).toMatchObject({ failed: 3, uncountedTerminatedPods: {} });
    expect(await eventsOf(admin, 'Job', 'work')).toContain('Warning BackoffLimitExceeded: Job has reached the specified backoff limit');
  });

  it('counts restarts in place against its limit', async () => {
    await admin.create(
      Job,
      jobOf('work', { script: { run: '1s', exit: '1' }, pod: { restartPolicy: 'OnFailure' }, spec: { backoffLimit: 2 } }),
    );
    await cluster.settle();
    expect((await conditions()).at(-1)).toBe('Failed=True BackoffLimitExceeded');
    expect((await get()).status?.failed).toBe(1);
  });

  it('fails at its deadline and ends its pods', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { activeDeadlineSeconds: 20, parallelism: 2, completions: 2 } }));
    await cluster.settle();
    expect(await conditions()).toEqual(['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded']);
    expect((await get()).status).toMatchObject({ failed: 2, terminating: 0 });
    expect((await pods()).filter((pod) => pod.status?.phase === 'Running')).toEqual([]);
    expect(await eventsOf(admin, 'Job', 'work')).toContain('Warning DeadlineExceeded: Job was active longer than specified deadline');
  });

  it('that is suspended has no pods, and goes on when it is resumed', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '10s' } }));
    await cluster.clock.advance(3_000);
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = true));
    await cluster.clock.advance(40_000);
    expect(await pods()).toEqual([]);
    expect(await conditions()).toEqual(['Suspended=True JobSuspended']);
    expect((await get()).status?.failed).toBeUndefined();
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = false));
    await cluster.settle();
    expect((await conditions())[0]).toBe('Suspended=False JobResumed');
    expect((await conditions()).at(-1)).toBe('Complete=True CompletionsReached');
    expect(await eventsOf(admin, 'Job', 'work')).toEqual(expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']));
  });

  it('counts a pod that somebody deletes as failed, and runs another', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '10s' } }));
    await cluster.clock.advance(3_000);
    const [pod] = await pods();
    await admin.delete(Pod, { namespace, name: pod?.metadata.name ?? '' });
    await cluster.settle();
    expect((await get()).status).toMatchObject({ failed: 1, succeeded: 1 });
    expect((await conditions()).at(-1)).toBe('Complete=True CompletionsReached');
  });

  it('goes ttlSecondsAfterFinished after its end, with its pods', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1s' }, spec: { ttlSecondsAfterFinished: 30 } }));
    await cluster.clock.advance(25_000);
    expect(await finished()).toBe(true);
    await cluster.clock.advance(10_000);
    expect((await admin.list(Job)).items).toEqual([]);
    expect(await pods()).toEqual([]);
  });

  it('that is deleted lets its pods go', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { completions: 3, parallelism: 3 } }));
    await cluster.clock.advance(3_000);
    await admin.delete(Job, { namespace, name: 'work' });
    await cluster.settle();
    expect(await pods()).toEqual([]);
  });
});

describe('a Job that is suspended', () => {
  it('from the beginning starts when it is resumed, and its deadline counts from then', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { suspend: true, activeDeadlineSeconds: 20 } }));
    await cluster.clock.advance(100_000);
    expect((await get()).status?.startTime).toBeUndefined();
    const suspended = (await get()).status?.conditions;
    expect(suspended).toEqual([
      {
        type: 'Suspended',
        status: 'True',
        reason: 'JobSuspended',
        message: 'Job suspended',
        lastProbeTime: '2026-01-01T00:00:00Z',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = false));
    await cluster.clock.advance(19_000);
    expect((await get()).status).toMatchObject({ startTime: '2026-01-01T00:01:40Z', active: 1 });
    await cluster.settle();
    expect((await conditions()).at(-1)).toBe('Failed=True DeadlineExceeded');
  });

  it('and resumed again starts anew', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { activeDeadlineSeconds: 60 } }));
    await cluster.clock.advance(50_000);
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = true));
    await cluster.clock.advance(50_000);
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = false));
    await cluster.clock.advance(50_000);
    expect((await get()).status).toMatchObject({ startTime: '2026-01-01T00:01:40Z', active: 1 });
    expect(await conditions()).toEqual(['Suspended=False JobResumed']);
  });
});

describe('the place of a pod that goes', () => {
  const going = async (podReplacementPolicy: 'TerminatingOrFailed' | 'Failed') => {
    await admin.create(Job, jobOf('work', { script: { run: '1h', stop: '20s' }, spec: { podReplacementPolicy } }));
    await cluster.clock.advance(3_000);
    const [pod] = await pods();
    await admin.delete(Pod, { namespace, name: pod?.metadata.name ?? '' });
    await cluster.clock.advance(12_000);
    const { active, terminating, failed } = (await get()).status ?? {};
    return { active, terminating, failed, pods: (await pods()).length };
  };

  it('is taken at once', async () => {
    // After the back-off of 10 s, for it counts as failed at once too.
    expect(await going('TerminatingOrFailed')).toEqual({ active: 1, terminating: 1, failed: 1, pods: 2 });
  });

  it('is taken when it has gone, where only failed pods are replaced', async () => {
    expect(await going('Failed')).toEqual({ active: undefined, terminating: 1, failed: undefined, pods: 1 });
    await cluster.clock.advance(25_000);
    expect((await get()).status).toMatchObject({ active: 1, terminating: 0, failed: 1 });
  });
});

it('a Job that somebody else looks after is left alone', async () => {
  await admin.create(Job, jobOf('work', { spec: { managedBy: 'batch.example/elsewhere' } }));
  await cluster.settle();
  expect(await pods()).toEqual([]);
  expect((await get()).status).toBeUndefined();
});

describe('an Indexed Job', () => {
  it('is made longer and shorter while it runs', async () => {
    const spec = { completionMode: 'Indexed' as const, completions: 3, parallelism: 3 };
    await admin.create(Job, jobOf('work', { script: { run: '60s' }, spec }));
    await cluster.clock.advance(5_000);
    const indexes = async () =>
      (await pods())
        .filter((pod) => pod.metadata.deletionTimestamp === undefined)
        .map((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'])
        .toSorted();
    const resize = (size: number) =>
      edit(admin, Job, 'work', (job) => void Object.assign(job.spec, { completions: size, parallelism: size }));
    await resize(5);
    await cluster.clock.advance(5_000);
    expect(await indexes()).toEqual(['0', '1', '2', '3', '4']);
    await resize(2);
    await cluster.clock.advance(5_000);
    expect(await indexes()).toEqual(['0', '1']);
    await cluster.settle();
    expect((await get()).status).toMatchObject({ succeeded: 2, completedIndexes: '0,1' });
    expect((await get()).status?.failed).toBeUndefined();
  });

  it('runs each index once', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '2s' }, spec: { completionMode: 'Indexed', completions: 5, parallelism: 2 } }));
    await cluster.settle();
    expect((await get()).status).toMatchObject({ succeeded: 5, completedIndexes: '0-4' });
    const indexes = (await pods()).map((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']).sort();
    expect(indexes).toEqual(['0', '1', '2', '3', '4']);
    const [first] = (await pods()).filter((pod) => pod.metadata.name.startsWith('work-0-'));
    expect(first?.spec.hostname).toBe('work-0');
    expect(first?.spec.containers[0]?.env).toEqual([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
      },
    ]);
  });
});

describe('policies', () => {
  const rule = (action: 'FailJob' | 'Ignore', values: number[]) => ({
    rules: [{ action, onExitCodes: { operator: 'In' as const, values } }],
  });

  it('a failure that fails the whole Job is not tried again', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '42' }, spec: { podFailurePolicy: rule('FailJob', [42]) } }));
    await cluster.settle();
    const [pod] = await pods();
    const last = (await get()).status?.conditions?.at(-1);
    expect([last?.type, last?.reason, last?.message]).toEqual([
      'Failed',
      'PodFailurePolicy',
      `Container main for pod default/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    ]);
    expect(await pods()).toHaveLength(1);
  });

  it('a failure that is ignored does not count against the limit', async () => {
    const spec = { backoffLimit: 0, podFailurePolicy: rule('Ignore', [3]) };
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '3' }, spec }));
    await cluster.clock.advance(60_000);
    expect((await pods()).length).toBeGreaterThan(1);
    expect((await get()).status?.failed).toBeUndefined();
    expect(await conditions()).toEqual([]);
  });

  it('an Indexed Job ends when the indexes that matter are done', async () => {
    const spec = {
      completionMode: 'Indexed' as const,
      completions: 4,
      parallelism: 2,
      successPolicy: { rules: [{ succeededIndexes: '0,1' }] },
    };
    await admin.create(Job, jobOf('work', { script: { run: '5s' }, spec }));
    await cluster.settle();
    expect(await conditions()).toEqual(['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy']);
    expect((await get()).status).toMatchObject({ succeeded: 2, completedIndexes: '0,1' });
  });
});

describe('what a policy says of conditions', () => {
  it('of a pod that was disrupted fails the Job, in words that name it', async () => {
    const rules = [{ action: 'FailJob' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { podFailurePolicy: { rules } } }));
    await cluster.clock.advance(3_000);
    const [pod] = await pods();
    // A condition without a time is an old one, which the disruption controller takes back.
    const lastTransitionTime = timestamp(cluster.clock);
    const disrupted = { type: 'DisruptionTarget', status: 'True', reason: 'Test', message: '', lastTransitionTime };
    const name = pod?.metadata.name ?? '';
    const conditionsOf = [...(pod?.status?.conditions ?? []), disrupted];
    await admin.patch(Pod, { namespace, name }, { status: { conditions: conditionsOf } }, { subresource: 'status' });
    await admin.delete(Pod, { namespace, name });
    await cluster.settle();
    const message = `Pod default/${name} has condition DisruptionTarget matching FailJob rule at index 0`;
    expect((await get()).status?.conditions?.at(-1)).toMatchObject({ type: 'Failed', reason: 'PodFailurePolicy', message });
    expect(await eventsOf(admin, 'Job', 'work')).toContain(`Warning PodFailurePolicy: ${message}`);
  });
});

describe('a limit for each index', () => {
  const indexed = { completionMode: 'Indexed' as const, completions: 2, parallelism: 2 };
  const byIndex = async () => {
    const all = [...(await pods())].sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1));
    const seen: Record<string, string[]> = {};
    for (const { metadata } of all) {
      const index = metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
      const failures = metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'] ?? '';
      const ignored = metadata.annotations?.['batch.kubernetes.io/job-index-ignored-failure-count'];
      (seen[index] ??= []).push(
        `${(metadata.creationTimestamp ?? '').slice(14, 19)} ${failures}${ignored === undefined ? '' : `+${ignored}`}`,
      );
    }
    return seen;
  };

  it('tries each index by itself, and fails when all indexes are over and some have failed', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '1' }, spec: { ...indexed, backoffLimitPerIndex: 1 } }));
    await cluster.settle();
    expect(await byIndex()).toEqual({ '0': ['00:00 0', '00:11 1'], '1': ['00:00 0', '00:11 1'] });
    expect((await get()).status).toMatchObject({ failedIndexes: '0,1', failed: 4, uncountedTerminatedPods: {} });
    expect(await conditions()).toEqual(['FailureTarget=True FailedIndexes', 'Failed=True FailedIndexes']);
    expect((await pods()).flatMap((pod) => pod.metadata.finalizers ?? [])).toEqual([]);
  });

  it('keeps the pod that failed last uncounted until another takes its place', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '1' }, spec: { ...indexed, backoffLimitPerIndex: 2 } }));
    await cluster.clock.advance(5000);
    expect((await get()).status?.failed).toBeUndefined();
    expect((await pods()).map((pod) => pod.metadata.finalizers)).toEqual([
      ['batch.kubernetes.io/job-tracking'],
      ['batch.kubernetes.io/job-tracking'],
    ]);
    await cluster.clock.advance(8000);
    expect((await get()).status).toMatchObject({ failed: 2, failedIndexes: '' });
    await cluster.settle();
  });

  it('ends the Job when more indexes have failed than may', async () => {
    const spec = { ...indexed, completions: 5, parallelism: 1, backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '1' }, spec }));
    await cluster.settle();
    expect((await get()).status).toMatchObject({ failedIndexes: '0,1', failed: 2 });
    const last = (await get()).status?.conditions?.at(-1);
    expect([last?.type, last?.reason, last?.message]).toEqual([
      'Failed',
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    ]);
  });

  it('by FailIndex an index fails at once, and by Ignore a failure is only counted aside', async () => {
    const policy = (action: 'FailIndex' | 'Ignore') => ({ rules: [{ action, onExitCodes: { operator: 'In' as const, values: [3] } }] });
    const spec = { ...indexed, completions: 1, parallelism: 1, backoffLimitPerIndex: 5 };
    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '3' }, spec: { ...spec, podFailurePolicy: policy('FailIndex') } }));
    await cluster.settle();
    expect(await byIndex()).toEqual({ '0': ['00:00 0'] });
    expect((await get()).status?.failedIndexes).toBe('0');
    await admin.delete(Job, { namespace, name: 'work' });
    await cluster.settle();

    await admin.create(Job, jobOf('work', { script: { run: '1s', exit: '3' }, spec: { ...spec, podFailurePolicy: policy('Ignore') } }));
    await cluster.clock.advance(40_000);
    expect((await byIndex())['0']?.map((each) => each.slice(6))).toEqual(['0', '0+1', '0+2']);
    expect((await get()).status).toMatchObject({ failedIndexes: '' });
    expect((await get()).status?.failed).toBeUndefined();
  });
});
