import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, type Fields, type Live, type Resource } from './client.ts';
import { job } from './workloads.ts';

const plane = conformance();
const minute = 60_000;

/** A CronJob of every minute, whose Jobs run for five of them. */
async function everyMinute(spec: Fields): Promise<{ cronJobs: Resource; jobs: Resource; active(): Promise<readonly string[]> }> {
  const namespace = await plane.namespace();
  const cronJobs = plane.admin.resource('batch/v1', 'cronjobs', namespace);
  const jobs = plane.admin.resource('batch/v1', 'jobs', namespace);
  const jobTemplate = { spec: job('', {}, { run: '5m' }).spec };
  const kind = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'minutely' } };
  await cronJobs.create({ ...kind, spec: { schedule: '*/1 * * * ?', jobTemplate, ...spec } } as Live);
  const active = async () => {
    const listed = (fieldsOf(await cronJobs.get('minutely'), 'status')['active'] ?? []) as { name: string }[];
    return listed.map(({ name }) => name);
  };
  return { cronJobs, jobs, active };
}

describe('apps/cronjob.go', () => {
  it('[sig-apps] CronJob should schedule multiple jobs concurrently', async () => {
    const { jobs, active } = await everyMinute({ concurrencyPolicy: 'Allow' });
    await plane.until(async () => (await active()).length === 2, 3 * minute);
    const { items } = await jobs.list();
    expect(items.map(({ metadata }) => metadata.name)).toEqual(await active());
  });

  it('[sig-apps] CronJob should not schedule jobs when suspended', async () => {
    const { jobs, active } = await everyMinute({ concurrencyPolicy: 'Allow', suspend: true });
    await plane.cluster.clock.advance(5 * minute);
    expect(await active()).toEqual([]);
    expect((await jobs.list()).items).toEqual([]);
  });

  it('[sig-apps] CronJob should not schedule new jobs when ForbidConcurrent', async () => {
    const { jobs, active } = await everyMinute({ concurrencyPolicy: 'Forbid' });
    await plane.until(async () => (await active()).length === 1, 2 * minute);
    const [first] = await active();
    await plane.cluster.clock.advance(2 * minute);
    expect(await active()).toEqual([first]);
    expect((await jobs.list()).items).toHaveLength(1);
  });

  it('[sig-apps] CronJob should replace jobs when ReplaceConcurrent', async () => {
    const { jobs, active } = await everyMinute({ concurrencyPolicy: 'Replace' });
    await plane.until(async () => (await active()).length === 1, 2 * minute);
    const [first] = await active();
    await plane.until(async () => (await active()).some((name) => name !== first), 2 * minute);
    expect(await active()).toHaveLength(1);
    await plane.until(async () => (await jobs.list()).items.every(({ metadata }) => metadata.name !== first));
  });
});
