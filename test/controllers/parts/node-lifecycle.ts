import { Node, Pod } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { forEver, forSeconds, makeLoneNode, makePodOn, speakFor } from './lone-nodes.ts';
import { misled, over, withCalls } from './mutant.ts';
import { differs, isReady, type Part } from './part.ts';

const namespace = 'node-lifecycle';
const nodes = ['dim-1', 'dim-2'];

/** Nodes that are heard now and then and at last no more: they are unknown, tainted, and their pods are not ready and go. */
export const nodeLifecycle: Part = {
  name: namespace,
  begin: async (world) => {
    for (const node of nodes) {
      await makeLoneNode(world, namespace, node);
      await speakFor(world, node);
      await makePodOn(world, { namespace, node, name: `short-${node}` }, forSeconds(30));
      await makePodOn(world, { namespace, node, name: `long-${node}` }, [forEver]);
    }
  },
  steps: [
    async (world) => speakFor(world, nodes[randomInt(world.random, nodes.length)] ?? ''),
    async ({ clock, random }) => clock.sleep(randomInt(random, 40_000)),
  ],
  watch:
    () =>
    ({ after }) => {
      const pod = after?.kind === 'Pod' && after.metadata.namespace === namespace ? after : undefined;
      const going = pod?.metadata.name.startsWith('long-') === true && pod.metadata.deletionTimestamp !== undefined;
      return going ? `${pod.metadata.name}, which tolerates everything, is driven out` : undefined;
    },
  broken: async ({ api }) => {
    const rules: string[] = [];
    for (const name of nodes) {
      const { spec, status } = await api.get(Node, { namespace: '', name });
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      rules.push(...differs(`${name} is ready`, [ready?.status, ready?.reason], ['Unknown', 'NodeStatusUnknown']));
      const taints = (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
      const unreachable = 'node.kubernetes.io/unreachable';
      rules.push(...differs(`taints of ${name}`, taints, ['lone:NoSchedule', `${unreachable}:NoSchedule`, `${unreachable}:NoExecute`]));
    }
    const pods = (await api.list(Pod, { namespace })).items;
    const state = pods.map((pod) => [pod.metadata.name, isReady(pod), pod.metadata.deletionTimestamp !== undefined]);
    const expected = ['long', 'short'].flatMap((kind) => nodes.map((node) => [`${kind}-${node}`, false, kind === 'short']));
    return [...rules, ...differs('pods', state, expected)];
  },
  mutants: {
    'takes the word of a node for good': misled('node-lifecycle', ({ clock }) => {
      const begun = clock.now();
      return { clock: over(clock, { now: () => begun }) };
    }),
    'leaves the pods of a lost node as they are': withCalls('node-lifecycle', (real) => ({
      update: (kind, object, options) => (kind.kind === 'Pod' ? Promise.resolve(object) : real.update(kind, object, options)),
    })),
    'never taints': withCalls('node-lifecycle', (real) => ({ patch: (kind, key) => real.get(kind, key) })),
  },
};
