import { ControllerRevision, DaemonSet, Node, Pod } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { daemonSetOf } from '../workloads.ts';
import { forgetful, misled, over, withCalls } from './mutant.ts';
import { differs, isActive, isReady, Seen, type Part, type World } from './part.ts';

const namespace = 'daemonset';
const name = 'agent';
const nodes = ['node-1', 'node-2', 'node-3'];

function patch({ api }: World, spec: object) {
  return api.patch(DaemonSet, { namespace, name }, { spec });
}
const image = (tag: string) => ({ template: { spec: { containers: [{ name: 'main', image: `agent:${tag}` }] } } });
/** The only node that its affinity leaves. */
const targetOf = (pod: Pod) =>
  pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
const surge = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };

/** A pod on each of three nodes, with a template that changes in the middle of its rollouts: two on a node only while it surges, and no gap. */
export const daemonset: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const set = daemonSetOf(name, { script: { ready: '1s' }, spec: surge });
    await api.create(DaemonSet, { ...set, metadata: { ...set.metadata, namespace } });
  },
  steps: [
    async (world) => void (await patch(world, image(String(randomInt(world.random, 3))))),
    async ({ api, random }) => {
      const label = random.next() < 0.5 ? 'yes' : 'no';
      await api.patch(
        Node,
        { namespace: '', name: nodes[randomInt(random, nodes.length)] ?? '' },
        { metadata: { labels: { nightly: label } } },
      );
    },
  ],
  end: async (world) => void (await patch(world, image('last'))),
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    let begun = false;
    return (write) => {
      if (!pods.take(write)) return undefined;
      const active = pods.all.filter((pod) => isActive(pod));
      const ready = active.filter((pod) => isReady(pod)).length;
      begun ||= ready === nodes.length;
      if (begun && ready < nodes.length) return `${ready} of ${nodes.length} ready with a surge`;
      const crowded = nodes.find((node) => active.filter((pod) => targetOf(pod) === node).length > 2);
      return crowded === undefined ? undefined : `more than two pods on ${crowded}`;
    };
  },
  broken: async ({ api }) => {
    const { status, metadata } = await api.get(DaemonSet, { namespace, name });
    const active = (await api.list(Pod, { namespace })).items.filter((pod) => isActive(pod));
    const numbers = (await api.list(ControllerRevision, { namespace })).items.map(({ revision }) => revision);
    const { desiredNumberScheduled, updatedNumberScheduled, numberAvailable, numberMisscheduled } = status ?? {};
    return [
      ...differs('nodes', active.map((pod) => pod.spec.nodeName).sort(), nodes),
      ...differs('images', [...new Set(active.map((pod) => pod.spec.containers[0]?.image))], ['agent:last']),
      ...differs('status', [desiredNumberScheduled, updatedNumberScheduled, numberAvailable, numberMisscheduled], [3, 3, 3, 0]),
      ...differs('revisions of one number', new Set(numbers).size, numbers.length),
      ...differs('observed generation', status?.observedGeneration, metadata.generation),
    ];
  },
  mutants: {
    'takes every pod for an available one': misled('daemonset', (context) => ({
      informer: (kind, scope) => {
        const informer = context.informer(kind, scope);
        if (kind.kind !== Pod.kind) return informer;
        const ready = <T>(object: T): T => {
          const pod = object as unknown as Pod | undefined;
          const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2000-01-01T00:00:00Z' }];
          return (pod === undefined ? undefined : { ...pod, status: { ...pod.status, phase: 'Running', conditions } }) as T;
        };
        return over(informer, {
          ownedBy: (uid) => informer.ownedBy(uid).map((pod) => ready(pod)),
          onChange: (listener) => informer.onChange((object, previous) => listener(ready(object), previous)),
        });
      },
    })),
    'takes a refused create for a made one': withCalls('daemonset', (real) => ({
      create: (kind, object, options) =>
        kind.kind === ControllerRevision.kind ? real.create(kind, object, options) : real.create(kind, object, options).catch(() => object),
    })),
    'never deletes': withCalls('daemonset', () => ({ delete: () => Promise.resolve() })),
    'forgets at once what it has written': forgetful('daemonset'),
  },
};
