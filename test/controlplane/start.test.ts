import { afterEach, expect, test } from 'vitest';
import { Deployment, Namespace, Pod } from '../../src/api/kinds.generated.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

test('a Deployment becomes running pods', async () => {
  cluster = await startCluster();
  const api = cluster.cluster();
  await api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {} });
  await api.create(Deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  });
  await cluster.settle();
  const pods = await api.list(Pod, { namespace: 'shop' });
  expect(pods.items.map((pod) => [pod.spec.nodeName, pod.status?.phase])).toEqual(Array(3).fill(['node-1', 'Running']));
  expect((await api.get(Deployment, { namespace: 'shop', name: 'web' })).status?.readyReplicas).toBe(3);
  expect(cluster.troubles).toEqual([]);
});
