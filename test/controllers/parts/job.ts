import { Job, Pod, type JobSpec } from '../../../src/api/kinds.generated.ts';
import { isNotFound } from '../../../src/api/status.ts';
import { randomInt } from '../../../src/base/random.ts';
import { jobOf, type WorkloadOptions } from '../workloads.ts';
import { forgetful, withCalls, without } from './mutant.ts';
import { differs, isActive, Seen, type Part, type World } from './part.ts';

const namespace = 'job';
const most = 3;
const indexed = { completionMode: 'Indexed' as const, completions: 2, parallelism: 2 };

function create({ api }: World, name: string, script: WorkloadOptions['script'] & object, spec: Partial<JobSpec>) {
  const job = jobOf(name, { script, spec });
  return api.create(Job, { ...job, metadata: { ...job.metadata, namespace } });
}
const change = async ({ api }: World, spec: object): Promise<void> => {
  await api.patch(Job, { namespace, name: 'plain' }, { spec });
};

const outcome = async ({ api }: World, name: string) => {
  const { status } = await api.get(Job, { namespace, name });
  return [status?.conditions?.at(-1)?.type, status?.succeeded ?? 0, status?.failed ?? 0, status?.uncountedTerminatedPods ?? {}];
};

/** One that is widened, narrowed, stopped and resumed, one with indexes, one that fails and one that goes: each pod counts once. */
export const job: Part = {
  name: namespace,
  begin: async (world) => {
    await create(world, 'plain', { run: '9s' }, { completions: 3, parallelism: 2 });
    await create(world, 'indexed', { run: '6s' }, indexed);
    await create(world, 'failing', { run: '1s', exit: '1' }, { backoffLimit: 1 });
    await create(world, 'brief', {}, { completions: 0, ttlSecondsAfterFinished: 20 });
  },
  steps: [
    (world) => change(world, { parallelism: 1 + randomInt(world.random, most) }),
    (world) => change(world, { suspend: true }),
    (world) => change(world, { suspend: false }),
  ],
  end: (world) => change(world, { suspend: false, parallelism: most }),
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    return (write) => {
      if (!pods.take(write)) return undefined;
      const active = pods.all.filter((pod) => isActive(pod));
      const plain = active.filter((pod) => pod.metadata.labels?.['job-name'] === 'plain').length;
      if (plain > most) return `${plain} pods at once of ${most}`;
      const indexes = active.flatMap((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? []);
      return new Set(indexes).size < indexes.length ? `two pods of one index: ${indexes.join()}` : undefined;
    };
  },
  broken: async (world) => {
    const { items } = await world.api.list(Pod, { namespace });
    const phases = (name: string, phase: string) =>
      items.filter((pod) => pod.metadata.labels?.['job-name'] === name && pod.status?.phase === phase).length;
    const gone = await world.api.get(Job, { namespace, name: 'brief' }).then(() => false, isNotFound);
    return [
      ...differs('plain', await outcome(world, 'plain'), ['Complete', 3, 0, {}]),
      ...differs('indexed', await outcome(world, 'indexed'), ['Complete', 2, 0, {}]),
      ...differs('failing', await outcome(world, 'failing'), ['Failed', 0, 2, {}]),
      ...differs('its pods', phases('failing', 'Failed'), 2),
      ...differs('pods that are held', items.filter((pod) => pod.metadata.finalizers !== undefined).length, 0),
      ...differs('brief is gone', gone, true),
    ];
  },
  mutants: {
    'forgets at once what it has written': forgetful(namespace),
    'does not write down whom it is about to count': withCalls(namespace, (real) => ({
      update: (kind, object, options) => {
        const { status } = object as unknown as Job;
        return real.update(kind, { ...object, status: { ...status, uncountedTerminatedPods: {} } }, options);
      },
    })),
    'never deletes what has had its time': without('ttl-after-finished'),
  },
};
