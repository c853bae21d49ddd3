import { describe, expect, it } from 'vitest';
import type { Transport } from '../../src/api/http.ts';
import { CronJob, Job } from '../../src/api/kinds.generated.ts';
import { keyOf } from '../../src/api/object.ts';
import { timestamp } from '../../src/base/clock.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { adminUser } from '../../src/controlplane/identities.ts';
import { cronjob } from '../../src/controllers/cronjob.ts';
import { finishOf } from '../../src/controllers/job/conditions.ts';
import type { Controller } from '../../src/reconcile/controller.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import { startCluster } from '../support/cluster.ts';
import { jobOf, namespace } from './workloads.ts';

/** Ends every Job at once, with success. */
const finisher: Controller = {
  name: 'finisher',
  reconciles: Job,
  start: (context) => async (key) => {
    const job = context.informer(Job).get(key);
    if (job === undefined || finishOf(job) !== undefined) return;
    const time = timestamp(context.clock);
    const of = (type: string) => ({ type, status: 'True' as const, reason: 'CompletionsReached', message: '', lastTransitionTime: time });
    const conditions = [of('SuccessCriteriaMet'), of('Complete')];
    const status = { startTime: time, completionTime: time, succeeded: 1, uncountedTerminatedPods: {}, conditions };
    await context.cluster.update(Job, { ...job, status }, { subresource: 'status' });
  },
};

/**
 * A year has half a million minutes, and upkeep something to do in each: without bookmarks, with watches that last and a store that looks
 * after its history once in a while it is over in seconds.
 */
const patient =
  (handle: Transport): Transport =>
  (request) =>
    handle({
      ...request,
      query: request.query.replace('allowWatchBookmarks=true&', '').replace(/timeoutSeconds=\d+/, 'timeoutSeconds=40000000'),
    });

describe('a year of CronJobs', () => {
  it('over both changes of the clocks', async () => {
    const clock = new SimulatedClock({ start: Date.UTC(2026, 0, 1) });
    const store = openMemoryStore({ codec: objectCodec, clock, historyMs: 3 * 3_600_000 });
    const cluster = await startCluster({ clock, store, nodes: 0, scheduler: false, controllers: [cronjob], between: patient });
    cluster.run(finisher, adminUser);
    const admin = cluster.cluster();
    const made: Record<string, string[]> = {};
    const create = async (name: string, schedule: string, timeZone: string) => {
      made[name] = [];
      const spec = { schedule, timeZone, jobTemplate: { spec: jobOf('').spec } };
      await admin.create(CronJob, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name, namespace }, spec });
    };
    await create('skipped', '30 2 * * *', 'Europe/Berlin');
    await create('before', '30 1 * * *', 'Europe/Berlin');
    await create('new-york', '30 1 * * *', 'America/New_York');
    await create('sydney', '0 3 * * *', 'Australia/Sydney');
    await create('weekdays', '0 9 * * Mon-Fri', 'Europe/London');
    await create('quarters', '0 0 1 */3 *', 'UTC');
    await clock.advance(365 * 86_400_000);
    for (const change of cluster.changes) {
      if (change.type !== 'put' || change.previous !== undefined) continue;
      const object = change.entry.value() as Job;
      const at = object.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'];
      if (object.kind === 'Job' && at !== undefined) made[object.metadata.ownerReferences?.[0]?.name ?? '']?.push(at);
    }
    const counts = Object.fromEntries(Object.entries(made).map(([name, times]) => [name, times.length]));
    expect(counts).toEqual({ skipped: 365, before: 365, 'new-york': 366, sydney: 365, weekdays: 261, quarters: 3 });
    const around = (name: string, day: string) => made[name]?.filter((time) => time.startsWith(day));
    // The hour that is left out, and the one that comes twice.
    expect(around('skipped', '2026-03-29')).toEqual([]);
    expect(around('skipped', '2026-10-25')).toEqual(['2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00']);
    expect(around('before', '2026-03-29')).toEqual(['2026-03-29T01:30:00+01:00']);
    expect(around('before', '2026-10-25')).toEqual(['2026-10-25T01:30:00+02:00']);
    expect(around('new-york', '2026-11-01')).toEqual(['2026-11-01T01:30:00-04:00', '2026-11-01T01:30:00-05:00']);
    expect(around('sydney', '2026-10-04')).toEqual(['2026-10-04T03:00:00+11:00']);
    expect(made['quarters']).toEqual(['2026-04-01T00:00:00Z', '2026-07-01T00:00:00Z', '2026-10-01T00:00:00Z']);
    expect((await admin.list(Job)).items.map((job) => keyOf(job).name)).toHaveLength(6 * 3);
    await cluster.stop();
    await store.close();
  });
});
