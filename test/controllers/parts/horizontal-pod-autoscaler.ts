import { ConfigMap, HorizontalPodAutoscaler, ReplicaSet } from '../../../src/api/kinds.generated.ts';
import { randomInt } from '../../../src/base/random.ts';
import { replicaSetOf } from '../workloads.ts';
import { misled, over, withCalls } from './mutant.ts';
import { differs, Seen, type Part, type World } from './part.ts';

const namespace = 'horizontal-pod-autoscaler';
const [min, max] = [1, 3];
const each = 10;

const queue = async ({ api }: World, length: number): Promise<void> => {
  await api.patch(ConfigMap, { namespace, name: 'queue' }, { data: { value: String(length) } });
};

/** The length of a queue says how many pods there are: never outside the bounds, and at last as many as it asks for. */
export const horizontalPodAutoscaler: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const labels = { 'metrics.steersman.dev/external': 'length' };
    await api.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'queue', namespace, labels },
      data: { value: '10' },
    });
    const set = replicaSetOf('set', { replicas: 1 });
    await api.create(ReplicaSet, { ...set, metadata: { ...set.metadata, namespace } });
    const external = { metric: { name: 'length' }, target: { type: 'AverageValue', averageValue: String(each) } };
    await api.create(HorizontalPodAutoscaler, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'set', namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set' },
        minReplicas: min,
        maxReplicas: max,
        metrics: [{ type: 'External', external }],
        behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
      },
    });
  },
  steps: [(world) => queue(world, each * randomInt(world.random, 6))],
  end: (world) => queue(world, each * 2),
  watch: () => {
    const sets = new Seen<ReplicaSet>('ReplicaSet', namespace);
    return (write) => {
      if (!sets.take(write)) return undefined;
      const replicas = sets.all[0]?.spec.replicas ?? 0;
      return replicas < min || replicas > max ? `${replicas} pods of ${min} to ${max}` : undefined;
    };
  },
  broken: async ({ api }) => {
    const set = await api.get(ReplicaSet, { namespace, name: 'set' });
    const { status } = await api.get(HorizontalPodAutoscaler, { namespace, name: 'set' });
    const conditions = status?.conditions?.map(({ type, status: is }) => `${type}=${is}`);
    return [
      ...differs('replicas', [set.spec.replicas, set.status?.readyReplicas], [2, 2]),
      ...differs('status', [status?.currentReplicas, status?.desiredReplicas], [2, 2]),
      ...differs('conditions', conditions, ['AbleToScale=True', 'ScalingActive=True', 'ScalingLimited=False']),
    ];
  },
  mutants: {
    'measures once and never again': misled(namespace, ({ cluster }) => {
      let kept: ReturnType<typeof cluster.list> | undefined;
      return {
        cluster: over(cluster, {
          // The answer is of the kind that was asked for first, and so is every later question.
          list: ((kind, options) => (kept ??= cluster.list(kind, options))) as typeof cluster.list,
        }),
      };
    }),
    'asks for one pod more than it may': withCalls(namespace, (real) => ({
      update: (kind, object, options) => {
        const { spec } = object as unknown as { spec: { replicas: number } };
        const more = options?.subresource === 'scale' ? { spec: { ...spec, replicas: spec.replicas + 1 } } : {};
        return real.update(kind, { ...object, ...more }, options);
      },
    })),
  },
};
