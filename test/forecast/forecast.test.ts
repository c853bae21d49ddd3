import { expect, test } from 'vitest';
import { deploymentOf } from '../controllers/workloads.ts';
import { forecastOf } from './merges.ts';

test('an image that changes restarts its Deployment, one pod more at a time, and nothing is lost', async () => {
  const told = await forecastOf({ base: [deploymentOf('web')], head: [deploymentOf('web', { image: 'web:2' })] });
  expect(told).toMatchObject({ ended: 'rest', coverage: { changed: 1, judged: 1, notJudged: [] } });
  expect(told.rollouts).toMatchObject([
    {
      workload: { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'web' },
      kind: 'restarts',
      because: [{ what: 'field', name: 'spec.template.spec.containers[main].image' }],
      ended: 3,
      started: 3,
      desired: 3,
      worst: { available: 3 },
      mostPods: 4,
    },
  ]);
  expect(told.rollouts[0]?.endMs).toBeGreaterThan(5_000);
});
