import { ControllerRevision, Pod, StatefulSet } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { statefulSetOf } from '../workloads.ts';
import { misled, over, withCalls } from './mutant.ts';
import { differs, isActive, isReady, Seen, type Part, type World } from './part.ts';

const namespace = 'statefulset';
const name = 'db';
const most = 4;

function patch({ api }: World, spec: object) {
  return api.patch(StatefulSet, { namespace, name }, { spec });
}
const image = (tag: string) => ({ template: { spec: { containers: [{ name: 'main', image: `db:${tag}` }] } } });
const ordinalOf = (pod: Pod) => Number(pod.metadata.name.split('-').at(-1));

/**
 * A set that is scaled, changed, taken back and bereft of pods: ordinals are single, a pod is made only when all below it are ready, and a
 * change alone never takes two pods away.
 */
export const statefulset: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const set = statefulSetOf(name, { replicas: 3, script: { ready: '1s' } });
    await api.create(StatefulSet, { ...set, metadata: { ...set.metadata, namespace } });
  },
  steps: [
    async (world) => void (await patch(world, image(String(randomInt(world.random, 3))))),
    async (world) => void (await patch(world, { replicas: 1 + randomInt(world.random, most) })),
    async ({ api, random }) => {
      const { items } = await api.list(Pod, { namespace });
      const victim = items[randomInt(random, Math.max(1, items.length))];
      if (victim !== undefined) await api.delete(Pod, { namespace, name: victim.metadata.name });
    },
    async (world) => void (await patch(world, { updateStrategy: { rollingUpdate: { partition: randomInt(world.random, 3) } } })),
  ],
  // A template that there may have been before: its revision becomes the newest.
  end: async (world) => void (await patch(world, { replicas: 3, ...image('0'), updateStrategy: { rollingUpdate: { partition: 0 } } })),
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    return (write) => {
      const { before, after } = write;
      const known = [...pods.all];
      if (!pods.take(write)) return undefined;
      // As the controller could know it: a pod that somebody else has just taken away may not be in its cache yet.
      const made = before === undefined && after !== undefined ? (after as Pod) : undefined;
      const waiting = made === undefined ? [] : known.filter((pod) => ordinalOf(pod) < ordinalOf(made) && !wasReady(pod));
      if (made !== undefined && waiting.length > 0)
        return `${made.metadata.name} is made while ${waiting[0]?.metadata.name} has never been ready`;
      return undefined;
    };
  },
  broken: async ({ api }) => {
    const { status, metadata } = await api.get(StatefulSet, { namespace, name });
    const { items } = await api.list(Pod, { namespace });
    const { items: revisions } = await api.list(ControllerRevision, { namespace });
    const numbers = revisions.map(({ revision }) => revision);
    const newest = revisions.find(({ revision }) => revision === Math.max(...numbers))?.metadata.name;
    return [
      ...differs(
        'pods',
        items
          .filter((pod) => isActive(pod) && isReady(pod))
          .map((pod) => pod.metadata.name)
          .sort(),
        ['db-0', 'db-1', 'db-2'],
      ),
      ...differs('images', [...new Set(items.map((pod) => pod.spec.containers[0]?.image))], ['db:0']),
      ...differs('status', [status?.replicas, status?.readyReplicas, status?.updatedReplicas, status?.currentReplicas], [3, 3, 3, 3]),
      ...differs('revisions', [status?.currentRevision, status?.updateRevision], [newest, newest]),
      ...differs('revisions of one number', new Set(numbers).size, numbers.length),
      ...differs('observed generation', status?.observedGeneration, metadata.generation),
    ];
  },
  mutants: {
    'takes every pod for a ready one': misled('statefulset', (context) => ({
      informer: (kind, scope) => {
        const informer = context.informer(kind, scope);
        if (kind.kind !== Pod.kind) return informer;
        const ready = <T>(object: T): T => {
          const pod = object as unknown as Pod;
          const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2000-01-01T00:00:00Z' }];
          return { ...pod, status: { ...pod.status, phase: 'Running', conditions } } as T;
        };
        return over(informer, { ownedBy: (uid) => informer.ownedBy(uid).map((pod) => ready(pod)) });
      },
    })),
    'takes no heed of the order': misled('statefulset', (context) => ({
      informer: (kind, scope) => {
        const informer = context.informer(kind, scope);
        if (kind.kind !== StatefulSet.kind) return informer;
        const parallel = <T>(object: T): T => {
          const set = object as unknown as StatefulSet | undefined;
          return (set === undefined ? undefined : { ...set, spec: { ...set.spec, podManagementPolicy: 'Parallel' } }) as T;
        };
        return over(informer, { get: (key) => parallel(informer.get(key)) });
      },
    })),
    'never deletes': withCalls('statefulset', () => ({ delete: () => Promise.resolve() })),
    'never numbers a revision anew': withCalls('statefulset', (real) => ({
      update: (kind, object, options) =>
        kind.kind === ControllerRevision.kind ? Promise.resolve(object) : real.update(kind, object, options),
    })),
  },
};

/** Has it been ready since it was made? One that is going counts. */
function wasReady(pod: Pod): boolean {
  return isReady(pod) || pod.metadata.deletionTimestamp !== undefined;
}
