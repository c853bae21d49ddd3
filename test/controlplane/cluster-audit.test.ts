import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import type { Change } from '../../src/store/store.ts';
import { auditChanges } from '../support/cluster-audit.ts';
import { startCluster } from '../support/cluster.ts';

const kinds = loadKinds();
function put(revision: number, more: object = {}): Change<KubeObject> {
  const value = deepFreeze({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'n', resourceVersion: String(revision) },
    ...more,
  }) as unknown as KubeObject;
  const entry = { key: 'core/configmaps/n/a', json: new Uint8Array(), size: 0, value: () => value, labels: {}, created: 1, revision };
  return { type: 'put', entry };
}
const metadata = (fieldsV1: object, resourceVersion = '1') => ({
  metadata: {
    name: 'a',
    namespace: 'n',
    resourceVersion,
    managedFields: [{ manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 }],
  },
});

test.each<{ what: string; changes: Change<KubeObject>[]; fault: RegExp | undefined }>([
  { what: 'nothing that is wrong', changes: [put(1), put(2)], fault: undefined },
  { what: 'a revision that does not rise', changes: [put(2), put(2)], fault: /revision 2 came after 2/ },
  { what: 'a resourceVersion that is another', changes: [put(1, metadata({}, '7'))], fault: /resourceVersion 7 at revision 1/ },
  { what: 'an object that its schema refuses', changes: [put(1, { data: { a: 5 } })], fault: /data/ },
  {
    what: 'fields that are owned and there',
    changes: [put(1, { data: { a: 'x' }, ...metadata({ 'f:data': { '.': {}, 'f:a': {} } }) })],
    fault: undefined,
  },
  {
    what: 'fields that are owned and not there',
    changes: [put(1, { data: {}, ...metadata({ 'f:data': { 'f:a': {} } }) })],
    fault: /m owns \.data\.a/,
  },
])('the audit of a test finds $what', ({ changes, fault }) => {
  if (fault === undefined) auditChanges(changes, kinds);
  else expect(() => auditChanges(changes, kinds)).toThrow(fault);
});

test('a timer that is left fails the test that made it', async () => {
  const cluster = await startCluster({ controllers: [], scheduler: false, nodes: 0 });
  const forgotten = new AbortController();
  const left = cluster.clock.sleep(1e9, { signal: forgotten.signal }).catch(() => undefined);
  await expect(cluster.stop()).rejects.toThrow('1 timers are left');
  forgotten.abort();
  await left;
});
