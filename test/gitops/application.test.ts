import { afterEach, describe, expect, it } from 'vitest';
import { ConfigMap, Deployment } from '../../src/api/kinds.generated.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps;
afterEach(async () => world.stop());

const at = (name: string) => ({ namespace: 'default', name });

describe('a sync', () => {
  it('brings a commit to the cluster and says so', async () => {
    world = await startGitOps();
    const commit = world.source.commit('repo', { 'a.yaml': yaml(configMap('settings', { k: '1' }), deployment('web')) });
    await world.application('shop');
    await world.synced('shop', commit);
    const { status } = await world.app('shop');
    expect(status).toMatchObject({
      sync: 'Synced',
      health: 'Healthy',
      current: { number: 1, commit },
      inventory: { count: 2 },
      operation: { type: 'sync', phase: 'Succeeded' },
      message: `${commit.slice(0, 7)} is applied and healthy`,
    });
    const live = await world.client.get(ConfigMap, at('settings'));
    expect(live.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([['steersman', 'Apply']]);
    expect((await world.client.get(Deployment, at('web'))).status?.availableReplicas).toBe(2);
    expect((await world.revisions('shop')).map((each) => [each.metadata.name, each.status?.outcome])).toEqual([['shop-1', 'Succeeded']]);
  });
});
