import { Deployment, Pod, PodDisruptionBudget } from '../../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import { StatusError } from '../../../src/api/status.ts';
import { randomInt } from '../../../src/base/random.ts';
import { budgetOf } from '../evictions.ts';
import { deploymentOf } from '../workloads.ts';
import { misled, over, withCalls } from './mutant.ts';
import { differs, isReady, Seen, type Part, type World } from './part.ts';

const namespace = 'disruption';
const replicas = 4;
const least = 3;

/** Four pods of which three must stay: whoever evicts, and as often as he likes, never leaves fewer. */
export const disruption: Part = {
  name: namespace,
  begin: async (world) => {
    const made = deploymentOf('web', { replicas, script: { ready: '2s', stop: '1s' } });
    await world.api.create(Deployment, { ...made, metadata: { ...made.metadata, namespace } });
    const budget = budgetOf('web', { minAvailable: '75%' });
    await world.api.create(PodDisruptionBudget, { ...budget, metadata: { ...budget.metadata, namespace } });
  },
  steps: [
    async (world) => {
      for (let time = 0; time < 4; time++) {
        await evictOne(world);
        await world.clock.sleep(randomInt(world.random, 1_500));
      }
    },
  ],
  watch: () => {
    const pods = new Seen<Pod>('Pod', namespace);
    let complete = false;
    return (write) => {
      if (!pods.take(write)) return undefined;
      const healthy = pods.all.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
      complete ||= healthy === replicas;
      return complete && healthy < least ? `${healthy} healthy pods of ${least}` : undefined;
    };
  },
  broken: async ({ api }) => {
    const { status } = await api.get(PodDisruptionBudget, { namespace, name: 'web' });
    const { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed, disruptedPods } = status ?? {};
    return [
      ...differs('the budget', [expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed], [replicas, replicas, least, 1]),
      ...differs('disrupted pods', disruptedPods ?? {}, {}),
    ];
  },
  mutants: {
    'forgets evictions that were allowed': misled('disruption', (context) => ({
      informer: (kind, scope) => {
        const real = context.informer(kind, scope);
        return kind.kind === 'PodDisruptionBudget' ? over(real, { get: (key) => withoutEvictions(real.get(key)) }) : real;
      },
    })),
    'writes over what it has not read': withCalls('disruption', (real) => ({
      update: async (kind, object, options) => {
        const { namespace: space = '', name } = object.metadata;
        const { resourceVersion = '' } = (await real.get(kind, { namespace: space, name })).metadata;
        return real.update(kind, { ...object, metadata: { ...object.metadata, resourceVersion } }, options);
      },
    })),
  },
};

function withoutEvictions<T extends KubeObject>(object: Readonly<T> | undefined): Readonly<T> | undefined {
  if (object === undefined) return undefined;
  const { disruptedPods: _, ...status } = (object as { status?: { disruptedPods?: unknown } }).status ?? {};
  return { ...object, status };
}

async function evictOne({ api, random }: World): Promise<void> {
  const { items } = await api.list(Pod, { namespace });
  const pods = items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined);
  const name = pods[randomInt(random, Math.max(1, pods.length))]?.metadata.name;
  if (name === undefined) return;
  try {
    await api.create<KubeObject>(
      Pod,
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } },
      { subresource: 'eviction' },
    );
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'TooManyRequests') throw error;
  }
}
