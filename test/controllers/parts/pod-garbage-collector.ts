import { Node, Pod } from '../../../src/api/kinds.generated.ts';
import { isNotFound } from '../../../src/api/status.ts';
import { randomInt } from '../../../src/base/random.ts';
import { podOf } from '../workloads.ts';
import { forEver, makeLoneNode, makePodOn } from './lone-nodes.ts';
import { withCalls, withResults } from './mutant.ts';
import { differs, Seen, type Part, type World } from './part.ts';

const namespace = 'pod-garbage-collector';
const nodes = ['brief-1', 'brief-2', 'brief-3'];
const stays = 'lasting-1';
const held = 'held';

/** Nodes are taken away, and their pods with them; a pod without a node that somebody holds counts as failed. Others are left alone. */
export const podGarbageCollector: Part = {
  name: namespace,
  begin: async (world) => {
    for (const node of [...nodes, stays]) {
      await makeLoneNode(world, namespace, node);
      await makePodOn(world, { namespace, node, name: `on-${node}` }, [forEver]);
    }
  },
  steps: [
    (world) => takeAway(world, nodes[randomInt(world.random, nodes.length)] ?? ''),
    async ({ api }) => {
      const pod = podOf(held, {});
      const metadata = { ...pod.metadata, namespace, finalizers: ['demo.example/hold'] };
      if ((await api.list(Pod, { namespace })).items.some((one) => one.metadata.name === held)) return;
      await api.create(Pod, { ...pod, metadata, spec: { ...pod.spec, nodeSelector: { no: 'such' } } });
      await api.delete(Pod, { namespace, name: held });
    },
  ],
  end: async (world) => {
    for (const node of nodes) await takeAway(world, node);
  },
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    return (write) => {
      const gone = pods.take(write) && write.after === undefined ? write.before?.metadata.name : undefined;
      return gone === `on-${stays}` ? `${gone} is collected, though its node is there` : undefined;
    };
  },
  broken: async ({ api }) => {
    const { items } = await api.list(Pod, { namespace });
    const waiting = items.find(({ metadata }) => metadata.name === held);
    return [
      ...differs(
        'pods',
        items.map(({ metadata }) => metadata.name).filter((name) => name !== held),
        [`on-${stays}`],
      ),
      ...differs('a pod that is held', waiting?.status?.phase ?? 'Failed', 'Failed'),
    ];
  },
  mutants: {
    'never comes back after the quarantine': withResults('pod-garbage-collector', () => undefined),
    'does not say how a pod has ended': withCalls('pod-garbage-collector', () => ({ update: (_kind, object) => Promise.resolve(object) })),
  },
};

async function takeAway({ api }: World, name: string): Promise<void> {
  try {
    await api.delete(Node, { namespace: '', name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
