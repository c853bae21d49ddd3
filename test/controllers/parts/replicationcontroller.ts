import { Pod, ReplicationController } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { podOf, replicationControllerOf } from '../workloads.ts';
import { forgetful, withCalls } from './mutant.ts';
import { differs, isActive, Seen, type Part } from './part.ts';

const namespace = 'replicationcontroller';
const name = 'rc';
const replicas = 3;

/** Three pods, beside which strays with its labels appear and from which some lose them: none is left to nobody, none is too many. */
export const replicationcontroller: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const object = replicationControllerOf(name, { replicas });
    await api.create(ReplicationController, { ...object, metadata: { ...object.metadata, namespace } });
  },
  steps: [
    async ({ api, random }) => {
      const stray = podOf(`stray-${randomInt(random, 1e9)}`, { app: name });
      await api.create(Pod, { ...stray, metadata: { ...stray.metadata, namespace } });
    },
    async ({ api, random }) => {
      const { items } = await api.list(Pod, { namespace, labelSelector: `app=${name}` });
      const freed = items[randomInt(random, Math.max(1, items.length))];
      if (freed !== undefined) await api.patch(Pod, { namespace, name: freed.metadata.name }, { metadata: { labels: { app: 'free' } } });
    },
  ],
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    return (write) => {
      if (!pods.take(write)) return undefined;
      const own = pods.all.filter(
        (pod) => isActive(pod) && pod.metadata.generateName !== undefined && pod.metadata.labels?.['app'] === name,
      );
      return own.length > replicas ? `${own.length} pods made of ${replicas}` : undefined;
    };
  },
  broken: async ({ api }) => {
    const pods = (await api.list(Pod, { namespace })).items.filter((pod) => isActive(pod));
    const { status } = await api.get(ReplicationController, { namespace, name });
    const owned = pods.filter((pod) => pod.metadata.ownerReferences !== undefined);
    return [
      ...differs('owned pods', owned.length, replicas),
      ...differs('labels of owned pods', [...new Set(owned.map((pod) => pod.metadata.labels?.['app']))], [name]),
      ...differs('orphans that match', pods.filter((pod) => pod.metadata.labels?.['app'] === name).length, replicas),
      ...differs('status', [status?.replicas, status?.readyReplicas, status?.availableReplicas], [replicas, replicas, replicas]),
    ];
  },
  mutants: {
    'lets nothing go and takes nothing on': withCalls('replicationcontroller', (real) => ({
      patch: async (kind, key) => real.get(kind, key),
    })),
    'forgets at once what it has written': forgetful('replicationcontroller'),
  },
};
