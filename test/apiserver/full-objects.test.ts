import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../src/api/object.ts';
import { storeKey } from '../../src/apiserver/entry-fields.ts';
import { storedForm } from '../../src/apiserver/stored-version.ts';
import { normalise } from '../../src/schema/normalise.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { builtInKinds, startApiServer, type TestServer } from '../support/api-server.ts';
import { corpus, corpusPath } from '../support/corpus.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api.stop());

function fullObject(group: string, version: string, kind: string): KubeObject | undefined {
  const name = `${group === '' ? 'core' : group}.${version}.${kind}.json`;
  const path = ['v1.35.0', 'HEAD'].map((release) => corpusPath('suites/api-testdata', release, name)).find((one) => existsSync(one));
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as KubeObject);
}
const stored = builtInKinds().filter(({ kind, computed }) => computed === undefined && !kind.group.endsWith('steersman.dev'));
/** No full object of it was published. */
const without = ['APIService'];

type Status = KubeObject & { readonly status?: unknown };
/** What happens to an object on its way, as in Kubernetes. */
const changes: Readonly<Record<string, (sent: KubeObject, answered: Status) => KubeObject>> = {
  // What was measured is kept whole beside the one number that this version has for it.
  'autoscaling/v1 HorizontalPodAutoscaler': (sent) => {
    const measured = [{ type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 5, currentAverageValue: '0' } }];
    const annotations = { ...sent.metadata.annotations, 'autoscaling.alpha.kubernetes.io/current-metrics': JSON.stringify(measured) };
    return { ...sent, metadata: { ...sent.metadata, annotations } };
  },
  // The server looks after definitions at once.
  'apiextensions.k8s.io/v1 CustomResourceDefinition': (sent, { metadata, status }) =>
    ({
      ...sent,
      metadata: { ...sent.metadata, ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }) },
      status,
    }) as KubeObject,
};

describe.skipIf(corpus === undefined)('an object with every field set', () => {
  it('is there for every stored kind', () => {
    const missing = stored.filter(({ kind }) => fullObject(kind.group, kind.version, kind.kind) === undefined);
    expect(missing.map(({ kind }) => kind.kind)).toEqual(without);
  });

  it.each(
    stored
      .filter(({ kind }) => !without.includes(kind.kind))
      .map((kind) => [`${apiVersionOf(kind.kind)} ${kind.kind.kind}`, kind] as const),
  )('%s goes through the store and comes out whole', async (title, kind) => {
    const object = fullObject(kind.kind.group, kind.kind.version, kind.kind.kind) as KubeObject;
    const { value, dropped } = dropUnknown(kind.schema, object);
    expect(dropped).toEqual([]);
    const name = `full-${kind.kind.version}${kind.kind.group}`;
    const { namespace: _, resourceVersion: _own, ...rest } = value.metadata;
    const metadata = { ...rest, name, ...(kind.kind.namespaced && { namespace: 'default' }) };
    const sent = normalise(kind.schema, { ...value, metadata });
    const key = storeKey(kind, { namespace: kind.kind.namespaced ? 'default' : '', name });
    const { revision } = await api.store.put(key, storedForm(kind, sent), 0);
    const { group, version, namespaced, plural } = kind.kind;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const answer = await api.request('GET', `${root}/${namespaced ? 'namespaces/default/' : ''}${plural}/${name}`);
    const whole = { ...sent, metadata: { ...metadata, resourceVersion: String(revision) } };
    const changed = changes[title] ?? ((same: KubeObject) => same);
    expect(answer.object).toEqual(changed(whole, answer.object as KubeObject));
  });
});
