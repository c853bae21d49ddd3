import { Node, Pod, type Toleration } from '../../../src/api/kinds.generated.ts';
import { parseTime } from '../../../src/base/clock.ts';
import { randomInt } from '../../../src/base/random.ts';
import { edit } from '../workloads.ts';
import { forEver, makeLoneNode, makePodOn } from './lone-nodes.ts';
import { forgetful, withCalls, withResults } from './mutant.ts';
import { differs, type Part, type World } from './part.ts';

const namespace = 'taint-eviction';
const node = 'out-1';
const out = { key: 'out', effect: 'NoExecute' as const };
const briefSeconds = 40;
const failed: Toleration = { key: 'node.kubernetes.io/unreachable', operator: 'Exists' };
const tolerations: Readonly<Record<string, readonly Toleration[]>> = {
  none: [failed],
  brief: [failed, { key: 'out', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: briefSeconds }],
  all: [forEver],
};

/** A taint comes and goes; at last it stays, and all pods are told to go that do not tolerate it, and why. */
export const taintEviction: Part = {
  name: namespace,
  begin: (world) => makeLoneNode(world, namespace, node),
  steps: [
    async (world) => {
      const kinds = Object.keys(tolerations);
      const kind = kinds[randomInt(world.random, kinds.length)] ?? '';
      const name = `${kind}-${randomInt(world.random, 1_000_000)}`;
      await makePodOn(world, { namespace, node, name }, tolerations[kind] ?? []);
    },
    (world) => setTaint(world, world.random.next() < 0.7),
  ],
  end: async (world) => {
    await makePodOn(world, { namespace, node, name: 'brief-last' }, tolerations['brief'] ?? []);
    await setTaint(world, true);
  },
  watch:
    () =>
    ({ after }) => {
      const pod = after?.kind === 'Pod' && after.metadata.namespace === namespace ? after : undefined;
      const { name = '', deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod?.metadata ?? {};
      if (deletionTimestamp === undefined) return undefined;
      if (name.startsWith('all-')) return `${name}, which tolerates everything, is driven out`;
      const seconds = ((parseTime(deletionTimestamp) ?? 0) - (parseTime(creationTimestamp) ?? 0)) / 1000 - deletionGracePeriodSeconds;
      return name.startsWith('brief-') && seconds < briefSeconds ? `${name} is driven out after ${seconds} s` : undefined;
    },
  broken: async ({ api }) => {
    const state = (await api.list(Pod, { namespace })).items.map(({ metadata, status }) => {
      const told = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason;
      return [metadata.name, metadata.deletionTimestamp !== undefined, told];
    });
    const expected = state.map(([name]) => {
      const stays = String(name).startsWith('all-');
      return [name, !stays, stays ? undefined : 'DeletionByTaintManager'];
    });
    return differs('pods', state, expected);
  },
  mutants: {
    'never comes back for what it tolerates a while': withResults('taint-eviction', () => undefined),
    'deletes without a word': withCalls('taint-eviction', () => ({ update: (_kind, object) => Promise.resolve(object) })),
    'does not wait as long as pods tolerate': forgetful('taint-eviction'),
  },
};

async function setTaint({ api }: World, wanted: boolean): Promise<void> {
  await edit(api, Node, node, (object) => {
    const others = (object.spec.taints ?? []).filter(({ key }) => key !== out.key);
    object.spec.taints = wanted ? [...others, out] : others;
  });
}
