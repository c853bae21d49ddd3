import { Deployment, Pod, PodDisruptionBudget, ReplicaSet } from '../../../src/api/kinds.generated.ts';
import { keyOf } from '../../../src/api/object.ts';
import { budgetOf } from '../evictions.ts';
import { deploymentOf } from '../workloads.ts';
import { withCalls, withResults } from './mutant.ts';
import { differs, isActive, type Part } from './part.ts';

const namespace = 'pod-replacement';
const restarts = 2;

/** Two Deployments whose pods fail for ever: those of one are replaced again and again, those of the other their budget keeps. */
export const podReplacement: Part = {
  name: namespace,
  begin: async ({ api }) => {
    for (const name of ['replaced', 'kept']) {
      const made = deploymentOf(name, { replicas: 1, script: { ready: 'never', run: '1s', exit: '1' } });
      const { annotations } = made.spec.template.metadata!;
      made.spec.template.metadata!.annotations = { ...annotations, 'steersman.dev/replace-after-restarts': String(restarts) };
      await api.create(Deployment, { ...made, metadata: { ...made.metadata, namespace } });
    }
    const budget = budgetOf('kept', { maxUnavailable: 0 });
    await api.create(PodDisruptionBudget, { ...budget, metadata: { ...budget.metadata, namespace } });
  },
  steps: [],
  watch:
    () =>
    ({ after }) => {
      const { labels, deletionTimestamp, namespace: space, name } = after?.metadata ?? { name: '' };
      if (after?.kind !== 'Pod' || space !== namespace || labels?.['app'] !== 'kept') return undefined;
      return deletionTimestamp === undefined ? undefined : `${name} goes, though its budget keeps it`;
    },
  broken: async ({ api, clock }) => {
    const look = async () => (await api.list(Pod, { namespace, labelSelector: 'app=replaced' })).items.filter((pod) => isActive(pod));
    let active = await look();
    if (active.length === 0) {
      // One has just gone; who makes the next hears of it a little later.
      await clock.sleep(5000);
      active = await look();
    }
    const worn = active.filter(({ status }) => status?.containerStatuses?.some(({ restartCount }) => restartCount > restarts + 1));
    const [set] = (await api.list(ReplicaSet, { namespace, labelSelector: 'app=replaced' })).items;
    return [
      ...differs('pods', active.length, 1),
      ...worn.map((pod) => `${pod.metadata.name} is restarted for ever`),
      ...(set?.metadata.annotations?.['steersman.dev/avoid-nodes'] === undefined ? ['nobody says where new pods should not go'] : []),
    ];
  },
  mutants: {
    'never comes back': withResults('pod-replacement', () => undefined),
    'asks no budget': withCalls('pod-replacement', (real) => ({
      create: async (kind, object) => {
        await real.delete(kind, keyOf(object));
        return object;
      },
    })),
    'does not say where': withCalls('pod-replacement', (real) => ({ patch: (kind, key) => real.get(kind, key) })),
  },
};
