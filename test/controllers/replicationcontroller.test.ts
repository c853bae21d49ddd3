import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HorizontalPodAutoscaler, Pod, ReplicationController } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, namespace, podOf, podsOf, replicationControllerOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: 2 });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const get = (name = 'web') => admin.get(ReplicationController, { namespace, name });
const scale = (replicas: number, name = 'web') =>
  edit(admin, ReplicationController, name, (object) => void (object.spec.replicas = replicas));
const names = async () => (await podsOf(admin, 'web')).map((pod) => pod.metadata.name).sort();

describe('a ReplicationController', () => {
  it('keeps the number of its pods: starts missing ones, stops surplus ones, and says so', async () => {
    await admin.create(ReplicationController, replicationControllerOf('web', { replicas: 3 }));
    await cluster.settle();
    const [first = ''] = await names();
    expect((await get()).status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    });
    await admin.delete(Pod, { namespace, name: first });
    await cluster.settle();
    expect(await names()).toHaveLength(3);
    await scale(1);
    await cluster.settle();
    expect(await names()).toHaveLength(1);
    const reasons = (await eventsOf(admin, 'ReplicationController', 'web')).map((event) => event.replace(/web-\w+$/, 'web-x'));
    const created = 'SuccessfulCreate: Created pod: web-x';
    const deleted = 'SuccessfulDelete: Deleted pod: web-x';
    expect(reasons).toEqual([created, created, created, created, deleted, deleted]);
  });

  it('takes the labels of its template for its selector where it has none', async () => {
    const object = replicationControllerOf('web', { replicas: 1 });
    delete object.spec.selector;
    await admin.create(ReplicationController, object);
    await cluster.settle();
    expect((await get()).spec.selector).toEqual({ app: 'web' });
    expect(await names()).toHaveLength(1);
  });

  it('adopts a pod that matches and removes one that is then too many; releases one that no longer matches', async () => {
    const { metadata } = await admin.create(ReplicationController, replicationControllerOf('web', { replicas: 2 }));
    await cluster.settle();
    await admin.create(Pod, podOf('stray', { app: 'web' }));
    await cluster.settle();
    const pods = await podsOf(admin, 'web');
    expect(pods.map((pod) => pod.metadata.ownerReferences?.[0]?.uid)).toEqual([metadata.uid, metadata.uid]);
    const released = pods[0]?.metadata.name ?? '';
    await edit(admin, Pod, released, (pod) => void (pod.metadata.labels = { app: 'free' }));
    await cluster.settle();
    expect((await admin.get(Pod, { namespace, name: released })).metadata.ownerReferences).toBeUndefined();
    expect(await names()).toHaveLength(2);
  });

  it('moves from one version to the next the classic way, with two controllers that are scaled in turn', async () => {
    const labelled = (name: string, image: string, replicas: number) => {
      const object = replicationControllerOf('web', { image, replicas });
      const labels = { app: 'web', version: name };
      object.metadata.name = name;
      return { ...object, spec: { ...object.spec, selector: labels, template: { ...object.spec.template, metadata: { labels } } } };
    };
    await admin.create(ReplicationController, labelled('one', 'web:1', 3));
    await cluster.settle();
    await admin.create(ReplicationController, labelled('two', 'web:2', 0));
    for (const count of [1, 2, 3]) {
      await scale(count, 'two');
      await cluster.settle();
      await scale(3 - count, 'one');
      await cluster.settle();
      expect(await names()).toHaveLength(3);
    }
    expect(new Set((await podsOf(admin, 'web')).map((pod) => pod.spec.containers[0]?.image))).toEqual(new Set(['web:2']));
  });

  it('is moved by an autoscaler', async () => {
    const containers = [{ name: 'main', image: 'web:1', resources: { requests: { cpu: '100m' } } }];
    await admin.create(
      ReplicationController,
      replicationControllerOf('web', { replicas: 1, script: { cpu: '100m' }, pod: { containers } }),
    );
    await admin.create(HorizontalPodAutoscaler, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' },
        maxReplicas: 2,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
      },
    });
    await cluster.clock.advance(420_000);
    expect((await get()).status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });
});
