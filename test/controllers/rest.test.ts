import { expect, it } from 'vitest';
import { Deployment, Pod, Service } from '../../src/api/kinds.generated.ts';
import { startCluster } from '../support/cluster.ts';
import { deploymentOf, edit, serviceOf } from './workloads.ts';

it('Deployments at rest cost nothing: no write, no timer but upkeep', async () => {
  const cluster = await startCluster({ nodes: 0, scheduler: false });
  const admin = cluster.cluster();
  for (let at = 0; at < 40; at++) {
    await admin.create(Deployment, deploymentOf(`web-${at}`, { replicas: 1, spec: { progressDeadlineSeconds: 60 } }));
    await admin.create(Service, serviceOf(`web-${at}`));
  }
  // Until the events have expired as well.
  await cluster.clock.advance(3 * 3600_000);
  const before = cluster.store.revision();
  await cluster.clock.advance(24 * 3600_000);
  expect(cluster.store.revision()).toBe(before);
  expect(cluster.clock.pending().working).toBe(0);
  await cluster.stop();
});

it('scaling writes as much for each pod of 400 as of 50', async () => {
  const writes = async (replicas: number) => {
    const cluster = await startCluster({ nodes: 0, scheduler: false });
    const admin = cluster.cluster();
    await admin.create(Deployment, deploymentOf('web', { replicas: 1 }));
    await admin.create(Service, serviceOf('web'));
    await cluster.clock.advance(10_000);
    const before = cluster.store.revision();
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = replicas));
    await cluster.clock.advance(10_000);
    const up = cluster.store.revision();
    expect((await admin.list(Pod)).items).toHaveLength(replicas);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 0));
    await cluster.clock.advance(10_000);
    expect((await admin.list(Pod)).items).toEqual([]);
    const down = cluster.store.revision();
    await cluster.stop();
    return [(up - before) / replicas, (down - up) / replicas];
  };
  const [few, many] = [await writes(50), await writes(400)];
  for (const direction of [0, 1]) expect(many[direction]).toBeLessThanOrEqual((few[direction] ?? 0) * 1.2);
});
