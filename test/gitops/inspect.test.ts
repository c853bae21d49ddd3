import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { keyOf } from '../../src/api/object.ts';
import type { Connection } from '../../src/client/connect.ts';
import { applyBase } from '../../src/gitops/base-state.ts';
import { desiredOf } from '../../src/gitops/desired.ts';
import { inspect } from '../../src/gitops/inspect.ts';
import { listingReader, Shapes } from '../../src/gitops/live.ts';
import { kindLookup } from '../../src/gitops/reading.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
let cluster: Connection;
beforeEach(async () => {
  plane = await startCluster({ nodes: 0, controllers: [], scheduler: false });
  cluster = plane.cluster(undefined, 'test');
});
afterEach(() => plane.stop());

it('does not take for ours what others wrote between the read and the dry run', async () => {
  const application = { namespace: 'default', name: 'app' };
  const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' }, data: { a: '1' } };
  const manifests = [{ object, origin: { path: 'c.yaml', line: 1 }, blob: 'b' }];
  await applyBase(cluster, manifests, { application, namespace: 'default' });
  const live = listingReader(cluster);
  await live.list(ConfigMap);
  await cluster.patch(ConfigMap, keyOf(object), { metadata: { annotations: { written: 'meanwhile' } } });

  const desired = await desiredOf(manifests, { namespace: 'default', kindOf: kindLookup(cluster) });
  const target = { cluster, live, shapes: new Shapes(cluster) };
  const [found] = await inspect(target, desired, { application, respect: [], finished: new Set() });
  expect(found?.pair?.live).toEqual(found?.pair?.predicted);
  expect(found?.live?.metadata.annotations).toEqual({ written: 'meanwhile' });
});
