import { Pod, ReplicaSet } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { replicaSetOf } from '../workloads.ts';
import { forgetful, withCalls } from './mutant.ts';
import { differs, isActive, Seen, type Part } from './part.ts';

const namespace = 'replicaset';
const replicas = 4;

/** Four pods, of which somebody deletes one now and then: never five, and four at last. */
export const replicaset: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const set = replicaSetOf('set', { replicas });
    await api.create(ReplicaSet, { ...set, metadata: { ...set.metadata, namespace } });
  },
  steps: [
    async ({ api, random }) => {
      const { items } = await api.list(Pod, { namespace });
      const victim = items[randomInt(random, Math.max(1, items.length))];
      if (victim !== undefined) await api.delete(Pod, { namespace, name: victim.metadata.name });
    },
  ],
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    return (write) => {
      if (!pods.take(write)) return undefined;
      const active = pods.all.filter((pod) => isActive(pod)).length;
      return active > replicas ? `${active} pods of ${replicas}` : undefined;
    };
  },
  broken: async ({ api }) => {
    const pods = (await api.list(Pod, { namespace })).items.filter((pod) => isActive(pod));
    const { status } = await api.get(ReplicaSet, { namespace, name: 'set' });
    return [
      ...differs('pods', pods.length, replicas),
      ...differs('status', [status?.replicas, status?.readyReplicas, status?.availableReplicas], [replicas, replicas, replicas]),
    ];
  },
  mutants: {
    'takes a refused create for a made one': withCalls('replicaset', (real) => ({
      create: (kind, object, options) => real.create(kind, object, options).catch(() => object),
    })),
    'forgets at once what it has written': forgetful('replicaset'),
  },
};
