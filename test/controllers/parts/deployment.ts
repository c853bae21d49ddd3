import { Deployment, Pod, ReplicaSet } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { deploymentOf } from '../workloads.ts';
import { forgetful, misled, over } from './mutant.ts';
import { differs, isActive, isReady, Seen, type Part, type World } from './part.ts';

const namespace = 'deployment';
const name = 'web';
const replicas = 3;
const rollingUpdate = { maxSurge: 1, maxUnavailable: 1 };
const imageOf = (pod: Pod) => pod.spec.containers[0]?.image;

function setImage({ api }: World, image: string) {
  return api.patch(Deployment, { namespace, name }, { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });
}

/** A template that changes in the middle of its rollouts: never more pods than the surge, never fewer ready ones than allowed. */
export const deployment: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const object = deploymentOf(name, { replicas, script: { ready: '1s' }, spec: { strategy: { rollingUpdate } } });
    await api.create(Deployment, { ...object, metadata: { ...object.metadata, namespace } });
  },
  steps: [async (world) => void (await setImage(world, `web:${randomInt(world.random, 4)}`))],
  end: async (world) => void (await setImage(world, 'web:last')),
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    const sets = new Seen<ReplicaSet>('ReplicaSet', namespace);
    let begun = false;
    return (write) => {
      // What the sets are told; for a moment there may be more pods, as with Kubernetes, until those too many are deleted.
      const asked = sets.take(write) ? sets.all.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0) : 0;
      if (asked > replicas + rollingUpdate.maxSurge) return `${asked} pods asked for with a surge of ${rollingUpdate.maxSurge}`;
      if (!pods.take(write)) return undefined;
      const ready = pods.all.filter((pod) => isActive(pod) && isReady(pod)).length;
      begun ||= ready === replicas;
      return begun && ready < replicas - rollingUpdate.maxUnavailable ? `${ready} of ${replicas} ready` : undefined;
    };
  },
  broken: async ({ api }) => {
    const { status, metadata } = await api.get(Deployment, { namespace, name });
    const pods = (await api.list(Pod, { namespace })).items.filter((pod) => isActive(pod));
    const sets = (await api.list(ReplicaSet, { namespace })).items.filter(({ spec }) => (spec.replicas ?? 0) > 0);
    return [
      ...differs(
        'images',
        pods.map((pod) => imageOf(pod)),
        pods.slice(0, replicas).map(() => 'web:last'),
      ),
      ...differs('status', [status?.replicas, status?.updatedReplicas, status?.availableReplicas], [replicas, replicas, replicas]),
      ...differs('observed generation', status?.observedGeneration, metadata.generation),
      ...differs('sets with pods', sets.length, 1),
    ];
  },
  mutants: {
    'forgets at once what it has written': forgetful('deployment'),
    'takes every pod for a ready one': misled('deployment', (context) => ({
      informer: (kind, scope) => {
        const informer = context.informer(kind, scope);
        if (kind.kind !== ReplicaSet.kind) return informer;
        const allReady = <T>(object: T): T => {
          const set = object as unknown as ReplicaSet;
          return { ...set, status: { ...set.status, replicas: set.spec.replicas ?? 0, availableReplicas: set.spec.replicas ?? 0 } } as T;
        };
        return over(informer, { ownedBy: (uid) => informer.ownedBy(uid).map((set) => allReady(set)) });
      },
    })),
  },
};
