import { expect, it } from 'vitest';
import { Node } from '../../src/api/kinds.generated.ts';
import { startCluster } from '../support/cluster.ts';

it('nodes are told how long they may keep what they read, the longer the more they are', async () => {
  const cluster = await startCluster({ nodes: 1, scheduler: false });
  const admin = cluster.cluster();
  const told = async () => [
    ...new Set((await admin.list(Node)).items.map(({ metadata }) => metadata.annotations?.['node.alpha.kubernetes.io/ttl'])),
  ];
  await cluster.settle();
  expect(await told()).toEqual(['0']);
  for (let at = 0; at < 100; at++) {
    await admin.create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name: `more-${at}` }, spec: {} });
  }
  await cluster.settle();
  const newest = await admin.get(Node, { namespace: '', name: 'more-99' });
  expect(newest.metadata.annotations?.['node.alpha.kubernetes.io/ttl']).toBe('15');
  await cluster.stop();
});
