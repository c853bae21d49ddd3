import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CronJob, Job, type CronJobSpec, type JobSpec } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, jobOf, namespace } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  // A Thursday.
  cluster = await startCluster({ clock: new SimulatedClock({ start: Date.UTC(2026, 0, 1, 11, 59, 30) }) });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

interface Setup extends Partial<CronJobSpec> {
  readonly run?: string;
  readonly exit?: string;
  readonly job?: Partial<JobSpec>;
}
const create = async ({ run = '5s', exit = '0', job = {}, ...spec }: Setup) => {
  const { spec: template } = jobOf('', { script: { run, exit }, spec: job });
  await admin.create(CronJob, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace },
    spec: { schedule: '* * * * *', jobTemplate: { metadata: { labels: { app: 'tick' } }, spec: template }, ...spec },
  });
};
const get = () => admin.get(CronJob, { namespace, name: 'tick' });
const change = (spec: Partial<CronJobSpec>) => edit(admin, CronJob, 'tick', (object) => void Object.assign(object.spec, spec));
const jobs = async () => (await admin.list(Job, { namespace, labelSelector: 'app=tick' })).items;
const slots = async () => (await jobs()).map((job) => job.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']);
const seconds = (count: number) => cluster.clock.advance(count * 1000);
const events = () => eventsOf(admin, 'CronJob', 'tick');

describe('a CronJob', () => {
  it('makes a Job at each time of its schedule', async () => {
    await create({});
    await seconds(29);
    expect(await jobs()).toEqual([]);
    await seconds(2);
    const [job] = await jobs();
    const cronJob = await get();
    expect(job?.metadata).toMatchObject({
      name: 'tick-29454480',
      labels: { app: 'tick' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T12:00:00Z' },
      creationTimestamp: '2026-01-01T12:00:00Z',
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: 'tick',
          uid: cronJob.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    const { name, uid } = job?.metadata ?? { name: '' };
    expect(cronJob.status).toEqual({
      active: [{ kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion: expect.any(String) }],
      lastScheduleTime: '2026-01-01T12:00:00Z',
    });
    await seconds(30);
    expect((await get()).status).toEqual({ lastScheduleTime: '2026-01-01T12:00:00Z', lastSuccessfulTime: '2026-01-01T12:00:05Z' });
    await seconds(60);
    expect(await events()).toEqual([
      'SuccessfulCreate: Created job tick-29454480',
      'SawCompletedJob: Saw completed job: tick-29454480, condition: Complete',
      'SuccessfulCreate: Created job tick-29454481',
      'SawCompletedJob: Saw completed job: tick-29454481, condition: Complete',
    ]);
  });

  it('follows the clocks of its time zone', async () => {
    await create({ schedule: '0 14 * * Thu', timeZone: 'Europe/Istanbul' });
    await seconds(60);
    expect(await slots()).toEqual([]);
    await change({ timeZone: 'Asia/Kolkata', schedule: '31 17 * * Thu' });
    await seconds(60);
    expect(await slots()).toEqual(['2026-01-01T17:31:00+05:30']);
  });

  it('that is suspended makes none, and makes up for one when it goes on', async () => {
    await create({ suspend: true });
    await seconds(600);
    expect(await jobs()).toEqual([]);
    await change({ suspend: false });
    await seconds(1);
    expect(await slots()).toEqual(['2026-01-01T12:09:00Z']);
  });

  it('with a new schedule does not make up for times that the old one did not have', async () => {
    await create({ schedule: '0 0 1 1 *' });
    await seconds(100);
    await change({ schedule: '0 12 * * *' });
    await seconds(3600);
    expect(await jobs()).toEqual([]);
  });

  it('that is deleted takes its Jobs along', async () => {
    await create({});
    await seconds(60);
    await admin.delete(CronJob, { namespace, name: 'tick' });
    await seconds(120);
    expect(await jobs()).toEqual([]);
  });
});

describe('while its last Job runs a CronJob', () => {
  const running = async () => (await jobs()).filter((job) => job.status?.completionTime === undefined).map((job) => job.metadata.name);

  it('makes another by Allow', async () => {
    await create({ run: '150s' });
    await seconds(31 + 120);
    expect(await running()).toEqual(['tick-29454480', 'tick-29454481', 'tick-29454482']);
    expect((await get()).status?.active).toHaveLength(3);
  });

  it('waits by Forbid, and then begins the last that was missed', async () => {
    await create({ run: '90s', concurrencyPolicy: 'Forbid' });
    await seconds(31 + 60);
    expect(await running()).toEqual(['tick-29454480']);
    expect(await events()).toContain(
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    await seconds(31);
    expect(await running()).toEqual(['tick-29454481']);
    expect((await jobs())[1]?.metadata.creationTimestamp).toBe('2026-01-01T12:01:30Z');
  });

  it('puts a new one in its place by Replace', async () => {
    await create({ run: '90s', concurrencyPolicy: 'Replace' });
    await seconds(31 + 60);
    expect(await running()).toEqual(['tick-29454481']);
    expect((await get()).status?.active?.map((each) => each.name)).toEqual(['tick-29454481']);
    expect((await events()).toSorted()).toEqual([
      'SuccessfulCreate: Created job tick-29454480',
      'SuccessfulCreate: Created job tick-29454481',
      'SuccessfulDelete: Deleted job tick-29454480',
    ]);
  });
});

describe('of finished Jobs a CronJob', () => {
  it('keeps three that succeeded, the newest', async () => {
    await create({});
    await seconds(31 + 5 * 60 + 20);
    expect((await jobs()).map((job) => job.metadata.name)).toEqual(['tick-29454483', 'tick-29454484', 'tick-29454485']);
    expect(await events()).toContain('SuccessfulDelete: Deleted job tick-29454481');
  });

  it('keeps one that failed, beside those that succeeded', async () => {
    await create({ exit: '1', job: { backoffLimit: 0 } });
    await seconds(31 + 4 * 60 + 20);
    expect((await jobs()).map((job) => job.metadata.name)).toEqual(['tick-29454484']);
    expect(await events()).toContain('SawCompletedJob: Saw completed job: tick-29454484, condition: Failed');
    expect((await get()).status?.lastSuccessfulTime).toBeUndefined();
  });

  it('keeps none where the limit is none', async () => {
    await create({ successfulJobsHistoryLimit: 0 });
    await seconds(31 + 60 * 3 + 20);
    expect(await jobs()).toEqual([]);
    expect((await get()).status).toEqual({ lastScheduleTime: '2026-01-01T12:03:00Z', lastSuccessfulTime: '2026-01-01T12:03:05Z' });
  });
});

describe('of Jobs that it did not make or lost a CronJob', () => {
  it('tells that one is unexpected, and does not begin another by its name', async () => {
    await create({ schedule: '* * * * *', concurrencyPolicy: 'Allow' });
    const { metadata } = await get();
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: metadata.uid ?? '', controller: true };
    const made = jobOf('by-hand', { script: { run: '1h' } });
    await admin.create(Job, { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } });
    await seconds(10);
    expect(await events()).toContain('Warning UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand');
    expect((await get()).status?.active).toBeUndefined();
  });

  it('lists one again that a controller made which died before it wrote so, and begins no other beside it', async () => {
    await create({ run: '10m', concurrencyPolicy: 'Forbid' });
    await seconds(100); // The next time has come as well.
    const { status: _, ...forgotten } = await get();
    await admin.update(CronJob, { ...forgotten, status: {} }, { subresource: 'status' });
    await seconds(90);
    expect((await jobs()).map((job) => job.metadata.name)).toEqual(['tick-29454480']);
    expect((await get()).status).toMatchObject({ active: [{ name: 'tick-29454480' }], lastScheduleTime: '2026-01-01T12:00:00Z' });
    expect(await events()).not.toContain('Warning UnexpectedJob: Saw a job that the controller did not create or forgot: tick-29454480');
  });

  it('tells that one has gone, and does not make it again', async () => {
    await create({ schedule: '0 * * * *', run: '1h' });
    await seconds(40);
    await admin.delete(Job, { namespace, name: 'tick-29454480' }, { propagation: 'Background' });
    await seconds(60);
    expect(await events()).toContain('MissingJob: Active job went missing: tick-29454480');
    expect((await get()).status).toEqual({ lastScheduleTime: '2026-01-01T12:00:00Z' });
    expect(await jobs()).toEqual([]);
  });

  it('leaves a Job of somebody else alone that has the name for a time', async () => {
    await admin.create(Job, jobOf('tick-29454480', { script: { run: '1h' } }));
    await create({});
    await seconds(40);
    expect(await jobs()).toEqual([]);
    expect((await get()).status).toBeUndefined();
  });
});

describe('times that were missed', () => {
  it('are not made up for beyond the starting deadline', async () => {
    await create({ schedule: '0 * * * *', startingDeadlineSeconds: 100, suspend: true });
    await seconds(30 + 101);
    await change({ suspend: false });
    await seconds(1);
    expect(await jobs()).toEqual([]);
    await change({ suspend: true });
    await seconds(3600 - 101);
    await seconds(60);
    await change({ suspend: false });
    await seconds(1);
    expect(await slots()).toEqual(['2026-01-01T13:00:00Z']);
  });

  it('and are too many are told, and the last of them is made up for', async () => {
    await create({ suspend: true });
    await seconds(30 + 101 * 60);
    await change({ suspend: false });
    await seconds(1);
    expect(await slots()).toEqual(['2026-01-01T13:41:00Z']);
    expect(await events()).toContain(
      'Warning TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    );
  });

  it('never come where the schedule has none', async () => {
    await create({ schedule: '0 0 30 2 *' });
    await seconds(60);
    expect(await events()).toEqual([
      'Warning InvalidSchedule: invalid schedule: 0 0 30 2 * : time difference between two schedules is less than 1 second',
    ]);
  });
});
