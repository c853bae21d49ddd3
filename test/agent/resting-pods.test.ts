import { expect, it } from 'vitest';
import { Pod } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import { startCluster } from '../support/cluster.ts';

const key = { namespace: 'default', name: 'web' };
const podNamed = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'web:1' }] },
});

it('a simulated pod of which nothing happens is let go, and taken up as it was when something does', async () => {
  const cluster = await startCluster();
  const api = cluster.cluster();
  await api.create(Pod, podNamed('web'));
  await cluster.settle();
  const { status: before } = await api.get(Pod, key);
  expect(before?.phase).toBe('Running');
  await api.patch(Pod, key, { metadata: { labels: { touched: 'yes' } } });
  await cluster.settle();
  expect((await api.get(Pod, key)).status).toEqual(before);

  // Somebody else says that it is not ready: the node knows better.
  const conditions = before?.conditions?.map((one) => (one.type === 'Ready' ? { ...one, status: 'False' } : one)) ?? [];
  await api.patch(Pod, key, { status: { conditions } }, { subresource: 'status' });
  await cluster.settle();
  expect((await api.get(Pod, key)).status?.conditions?.find((one) => one.type === 'Ready')?.status).toBe('True');

  await api.create(Pod, podNamed('other'));
  await cluster.settle();
  expect((await api.get(Pod, { ...key, name: 'other' })).status?.podIP).not.toBe(before?.podIP);
  await api.delete(Pod, key);
  await cluster.settle();
  await expect(api.get(Pod, key)).rejects.toSatisfy(isNotFound);
  await cluster.stop();
});
