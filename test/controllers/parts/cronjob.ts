import { CronJob, Job, type CronJobSpec, type JobSpec } from '../../../src/api/kinds.generated.ts';
import { parseTime } from '../../../src/base/clock.ts';
import { nameSuffix } from '../../../src/base/random.ts';
import { finishOf } from '../../../src/controllers/job/conditions.ts';
import { jobOf } from '../workloads.ts';
import { misled, over, withCalls } from './mutant.ts';
import { differs, Seen, type Part, type World } from './part.ts';

const namespace = 'cronjob';
const timeAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

function create({ api }: World, name: string, job: Partial<JobSpec>, spec: Partial<CronJobSpec>) {
  const jobTemplate = { spec: jobOf('', { spec: job }).spec };
  return api.create(CronJob, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace },
    spec: { schedule: '* * * * *', jobTemplate, ...spec },
  });
}

async function brokenNow({ api, clock }: World): Promise<string[]> {
  const [brief, alone] = await Promise.all(['brief', 'alone'].map((name) => api.get(CronJob, { namespace, name })));
  const { items } = await api.list(Job, { namespace });
  const running = items.filter((job) => finishOf(job) === undefined).map((job) => job.metadata.name);
  const listed = [brief, alone].flatMap((each) => each?.status?.active?.map(({ name = '' }) => name) ?? []);
  const sinceLast = clock.now() - (parseTime(brief?.status?.lastScheduleTime) ?? 0);
  return [
    ...differs('the list of those that run', listed.toSorted(), running.toSorted()),
    ...(sinceLast > 63_000 ? [`the last Job was made ${sinceLast / 1000} s ago`] : []),
    ...differs('more than one is kept', items.length - running.length > 1, false),
  ];
}

const change = ({ api }: World, name: string, spec: object) => api.patch(CronJob, { namespace, name }, { spec });

/** One whose Jobs go as soon as they have ended, and one whose Jobs may not overlap: never two for one time, never two at once. */
export const cronjob: Part = {
  name: namespace,
  begin: async (world) => {
    // Neither has pods: one has nothing to do, the other waits for its deadline.
    await create(world, 'brief', { completions: 0 }, { successfulJobsHistoryLimit: 0 });
    await create(world, 'alone', { completions: 1, parallelism: 0, activeDeadlineSeconds: 65 }, { concurrencyPolicy: 'Forbid' });
  },
  steps: [
    async (world) => void (await change(world, 'brief', { suspend: true })),
    // What was missed meanwhile is made up for at once.
    async (world) => void (await change(world, 'brief', { suspend: false })),
    async (world) => void (await change(world, 'alone', { startingDeadlineSeconds: 100 + Math.floor(world.random.next() * 100) })),
    // Jobs are made once a minute: users who only wait give each of them the chance to meet a fault between its two writes.
    ({ clock }) => clock.sleep(120_000),
  ],
  end: async (world) => void (await change(world, 'brief', { suspend: false })),
  watch: () => {
    const made = new Set<string>();
    const jobs = new Seen<Job>('Job', namespace);
    return (write) => {
      if (!jobs.take(write)) return undefined;
      if (write.before === undefined && write.after !== undefined) {
        const { annotations, ownerReferences } = write.after.metadata;
        const slot = `${ownerReferences?.[0]?.name} at ${annotations?.[timeAnnotation]}`;
        if (made.has(slot)) return `a second Job of ${slot}`;
        made.add(slot);
      }
      const running = jobs.all.filter((job) => job.metadata.ownerReferences?.[0]?.name === 'alone' && finishOf(job) === undefined);
      return running.length > 1 ? `${running.length} Jobs of alone at once` : undefined;
    };
  },
  broken: async (world) => {
    // A Job may just have begun or ended, of which late caches do not tell yet; seconds later another one may have.
    for (let look = 0; look < 2; look++) {
      if ((await brokenNow(world)).length === 0) return [];
      await world.clock.sleep(5_000);
    }
    return brokenNow(world);
  },
  mutants: {
    'names its Jobs by chance': misled(namespace, ({ cluster, random }) => ({
      cluster: over(cluster, {
        create: (kind, object, options) => {
          const metadata = { ...object.metadata, name: `${object.metadata.name}-${nameSuffix(random)}` };
          return cluster.create(kind, { ...object, metadata }, options);
        },
      }),
    })),
    'does not write down which of its Jobs run': withCalls(namespace, (real) => ({
      update: (kind, object, options) => {
        const { active: _, ...status } = (object as unknown as CronJob).status ?? {};
        return real.update(kind, { ...object, status }, options);
      },
    })),
    'wakes only when something changes': misled(namespace, () => ({})).map((controller) =>
      controller.name === namespace ? neverLater(controller) : controller,
    ),
  },
};

type Controller = ReturnType<typeof misled>[number];
function neverLater(controller: Controller): Controller {
  return {
    ...controller,
    start: (context) => {
      const reconcile = controller.start(context);
      return async (key, signal) => void (await reconcile(key, signal));
    },
  };
}
