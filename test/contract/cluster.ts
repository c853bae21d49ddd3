import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigMap, Deployment, Namespace, Secret } from '../../src/api/kinds.generated.ts';
import type { KubeObject, WatchEvent } from '../../src/api/object.ts';
import { isAlreadyExists, isConflict, isInvalid, isNotFound, StatusError } from '../../src/api/status.ts';
import { clone } from '../../src/base/json.ts';
import { bytesOf } from '../../src/client/body.ts';
import type { Connection } from '../../src/client/connect.ts';

export interface ClusterSubject {
  readonly cluster: Connection;
  /** A name that no other run uses. */
  readonly namespace: string;
  close(): Promise<void>;
}

const configMap = (namespace: string, name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, labels },
  data,
});
function deployment(namespace: string, name: string, replicas: number): Deployment {
  const labels = { app: name };
  const container = { name: 'app', image: 'registry.example/app:1' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      paused: true,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  } as unknown as Deployment;
}
async function failureOf(work: Promise<unknown>): Promise<StatusError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError)) throw error;
  return error;
}

/** What `Cluster` promises, whatever server is behind it. Run over the embedded one in process and by socket, and over real ones. */
export function clusterContract(name: string, make: () => Promise<ClusterSubject>): void {
  describe(`cluster contract: ${name}`, () => {
    let subject: ClusterSubject;
    let cluster: Connection;
    let ns: string;
    beforeAll(async () => {
      subject = await make();
      ({ cluster, namespace: ns } = subject);
      await cluster.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } } as Namespace);
    });
    afterAll(async () => {
      await cluster.delete(Namespace, { namespace: '', name: ns });
      await subject.close();
    });
    const at = (object: string) => ({ namespace: ns, name: object });
    const it2 = { cluster: () => cluster, namespace: () => ns, at };
    describe('discovery', () => discovery(it2));
    describe('writes', () => writes(it2));
    describe('apply', () => applying(it2));
    describe('lists and watches', () => reading(it2));
    describe('deletion', () => deleting(it2));
  });
}
interface Under {
  cluster(): Connection;
  namespace(): string;
  at(name: string): { namespace: string; name: string };
}

function discovery({ cluster }: Under): void {
  it('a manifest finds its kind, an unknown one finds none', async () => {
    expect(await cluster().kindOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      plural: 'deployments',
      namespaced: true,
    });
    expect(await cluster().kindOf({ apiVersion: 'v1', kind: 'Namespace' })).toMatchObject({
      group: '',
      plural: 'namespaces',
      namespaced: false,
    });
    expect(await cluster().kindOf({ apiVersion: 'apps/v1', kind: 'Deploymint' })).toBeUndefined();
    expect(await cluster().kindOf({ apiVersion: 'nowhere.example/v1', kind: 'Deployment' })).toBeUndefined();
  });
  it('kinds that cannot be listed are not among the kinds', async () => {
    const kinds = (await cluster().kinds()).map((kind) => `${kind.group}/${kind.kind}`);
    expect(kinds).toEqual(expect.arrayContaining(['/Pod', '/Namespace', 'apps/Deployment']));
    expect(kinds).not.toContain('authorization.k8s.io/SubjectAccessReview');
    expect(kinds).not.toContain('/Binding');
  });
  it('the OpenAPI document of a group version describes its kinds', async () => {
    const document = (await cluster().openapi('apps', 'v1')) as { openapi: string; components: { schemas: Record<string, unknown> } };
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.components.schemas)).toContain('io.k8s.api.apps.v1.Deployment');
  });
  it('it says its version', async () => {
    expect(await cluster().version()).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+/) as string });
  });
}

function writes({ cluster, namespace, at }: Under): void {
  it('create answers the stored, frozen object, and a second time AlreadyExists', async () => {
    const made = await cluster().create(ConfigMap, configMap(namespace(), 'made', { a: '1' }));
    expect(made.metadata).toMatchObject({ name: 'made', uid: expect.any(String) as string, resourceVersion: expect.any(String) as string });
    expect([Object.isFrozen(made), Object.isFrozen(made.data)]).toEqual([true, true]);
    expect(await cluster().get(ConfigMap, at('made'))).toEqual(made);
    const again = await failureOf(cluster().create(ConfigMap, configMap(namespace(), 'made')));
    expect([isAlreadyExists(again), again.message]).toEqual([true, 'configmaps "made" already exists']);
  });
  it('what a caller hands over stays the caller’s', async () => {
    const mine = configMap(namespace(), 'mine', { a: '1' });
    await cluster().create(ConfigMap, mine);
    mine.data = { changed: 'later' };
    expect(mine.metadata.uid).toBeUndefined();
    expect((await cluster().get(ConfigMap, at('mine'))).data).toEqual({ a: '1' });
  });
  it('a generated name starts with its prefix', async () => {
    const made = await cluster().create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: namespace(), generateName: 'gen-' },
    } as ConfigMap);
    expect(made.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });
  it('what is not there is NotFound, with its name in the details', async () => {
    const missing = await failureOf(cluster().get(ConfigMap, at('missing')));
    expect(isNotFound(missing)).toBe(true);
    expect(missing.details).toMatchObject({ name: 'missing', kind: 'configmaps' });
    expect(isNotFound(await failureOf(cluster().delete(ConfigMap, at('missing'))))).toBe(true);
    expect(isNotFound(await failureOf(cluster().update(ConfigMap, configMap(namespace(), 'missing'))))).toBe(true);
    const lost = cluster().create(ConfigMap, configMap(`${namespace()}-no`, 'x'));
    expect(isNotFound(await failureOf(lost))).toBe(true);
  });
  it('an update of an old state is a Conflict and changes nothing', async () => {
    const first = await cluster().create(ConfigMap, configMap(namespace(), 'stale', { a: '1' }));
    const second = await cluster().update(ConfigMap, { ...clone(first), data: { a: '2' } });
    const stale = await failureOf(cluster().update(ConfigMap, { ...clone(first), data: { a: '3' } }));
    expect(isConflict(stale)).toBe(true);
    expect(await cluster().get(ConfigMap, at('stale'))).toEqual(second);
  });
  it('twelve writers at once lose no update', async () => {
    await cluster().create(ConfigMap, configMap(namespace(), 'counter', { n: '0' }));
    const add = async (): Promise<void> => {
      for (;;) {
        const found = clone(await cluster().get(ConfigMap, at('counter'))) as ConfigMap;
        found.data = { n: String(Number(found.data?.['n']) + 1) };
        try {
          await cluster().update(ConfigMap, found);
          return;
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 12 }, add));
    expect((await cluster().get(ConfigMap, at('counter'))).data).toEqual({ n: '12' });
  });
  it('a merge patch sets and removes, a JSON patch does what its operations say', async () => {
    await cluster().create(ConfigMap, configMap(namespace(), 'patched', { a: '1', b: '2' }));
    const merged = await cluster().patch(ConfigMap, at('patched'), { data: { a: null, c: '3' } });
    expect(merged.data).toEqual({ b: '2', c: '3' });
    const edited = await cluster().patch(ConfigMap, at('patched'), [
      { op: 'test', path: '/data/b', value: '2' },
      { op: 'replace', path: '/data/b', value: '4' },
    ]);
    expect(edited.data).toEqual({ b: '4', c: '3' });
    const failed = await failureOf(cluster().patch(ConfigMap, at('patched'), [{ op: 'test', path: '/data/b', value: 'no' }]));
    expect(failed.code).toBe(422);
  });
  it('a dry run answers what would be and stores nothing', async () => {
    const tried = await cluster().create(ConfigMap, configMap(namespace(), 'dry'), { dryRun: true });
    expect(tried.metadata.uid).toEqual(expect.any(String));
    expect(isNotFound(await failureOf(cluster().get(ConfigMap, at('dry'))))).toBe(true);
  });
  it('what is invalid says which fields', async () => {
    const wrong = deployment(namespace(), 'wrong', -1);
    const failure = await failureOf(cluster().create(Deployment, wrong));
    expect(isInvalid(failure)).toBe(true);
    expect(failure.details?.causes?.map((cause) => cause.field)).toContain('spec.replicas');
  });
  it('strict validation refuses a field that the kind does not have', async () => {
    const odd = { ...configMap(namespace(), 'odd'), nonsense: 1 } as ConfigMap;
    const failure = await failureOf(cluster().create(ConfigMap, odd, { fieldValidation: 'Strict' }));
    expect([failure.code, failure.message]).toEqual([400, expect.stringContaining('unknown field "nonsense"') as string]);
  });
  it('the text of a Secret comes back encoded', async () => {
    const made = await cluster().create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: namespace(), name: 'hidden' },
      stringData: { password: 'swordfish' },
    } as Secret);
    expect([made.data, made.stringData]).toEqual([{ password: Buffer.from('swordfish').toString('base64') }, undefined]);
  });
  it('status and scale are written by themselves', async () => {
    await cluster().create(Deployment, deployment(namespace(), 'sub', 1));
    const named = { kind: 'Deployment', apiVersion: 'apps/v1' };
    await cluster().patch(
      Deployment,
      at('sub'),
      { ...named, status: { observedGeneration: 7 }, spec: { replicas: 9 } },
      { subresource: 'status' },
    );
    const scaled = await cluster().patch(Deployment, at('sub'), { spec: { replicas: 0 } }, { subresource: 'scale' });
    expect((scaled as KubeObject).kind).toBe('Scale');
    const found = await cluster().get(Deployment, at('sub'));
    expect(found.spec?.replicas).toBe(0);
    expect(found.metadata.generation).toBe(2);
  });
  it('any other call can be sent as it is', async () => {
    const answer = await cluster().request({ method: 'GET', path: '/version' });
    const { gitVersion } = JSON.parse(Buffer.from(await bytesOf(answer.body)).toString()) as { gitVersion: string };
    expect([answer.status, gitVersion]).toEqual([200, (await cluster().version()).gitVersion]);
    const missing = await cluster().request({ method: 'GET', path: `/api/v1/namespaces/${namespace()}/configmaps/missing` });
    expect(missing.status).toBe(404);
  });
}

function applying({ cluster, namespace, at }: Under): void {
  const apply = (manager: string, data: Record<string, string>, force = false) =>
    cluster().apply(
      ConfigMap,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: namespace(), name: 'applied' }, data } as ConfigMap,
      {
        fieldManager: manager,
        force,
      },
    );

  it('apply creates, changes, and takes away what is no longer applied', async () => {
    expect((await apply('one', { a: '1', b: '2' })).data).toEqual({ a: '1', b: '2' });
    expect((await apply('one', { a: '1' })).data).toEqual({ a: '1' });
  });
  it('a field of another manager is a Conflict that names manager and field, unless it is forced', async () => {
    const clash = await failureOf(apply('two', { a: '9' }));
    expect(isConflict(clash)).toBe(true);
    expect(clash.details?.causes).toEqual([
      { reason: 'FieldManagerConflict', message: expect.stringContaining('"one"') as string, field: '.data.a' },
    ]);
    expect((await apply('two', { a: '9' }, true)).data).toEqual({ a: '9' });
  });
  it('applying the same again changes nothing, not even the resource version', async () => {
    const before = await cluster().get(ConfigMap, at('applied'));
    expect((await apply('two', { a: '9' })).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });
}

function reading({ cluster, namespace, at }: Under): void {
  const read = (events: AsyncIterable<WatchEvent<Readonly<ConfigMap>>>, count: number): Promise<string[]> => take(events, count);
  it('lists select by label and field, and go on where a page ended', async () => {
    for (const name of ['l1', 'l2', 'l3']) await cluster().create(ConfigMap, configMap(namespace(), name, {}, { set: 'l', name }));
    const mine = { namespace: namespace(), labelSelector: 'set=l' };
    const names = (list: { items: readonly KubeObject[] }) => list.items.map((item) => item.metadata.name);
    const whole = await cluster().list(ConfigMap, mine);
    expect(names(whole)).toEqual(['l1', 'l2', 'l3']);
    expect(whole.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(names(await cluster().list(ConfigMap, { ...mine, labelSelector: 'set=l,name in (l1,l3)' }))).toEqual(['l1', 'l3']);
    expect(names(await cluster().list(ConfigMap, { namespace: namespace(), fieldSelector: 'metadata.name=l2' }))).toEqual(['l2']);
    const first = await cluster().list(ConfigMap, { ...mine, limit: 2 });
    await cluster().create(ConfigMap, configMap(namespace(), 'l21', {}, { set: 'l' }));
    const second = await cluster().list(ConfigMap, { ...mine, limit: 2, continue: first.continue as string });
    expect([names(first), names(second), second.continue]).toEqual([['l1', 'l2'], ['l3'], undefined]);
    expect(names(await cluster().list(ConfigMap, mine))).toEqual(['l1', 'l2', 'l21', 'l3']);
  });
  it('a watch tells every change after its revision, in order', async () => {
    const { resourceVersion } = await cluster().list(ConfigMap, { namespace: namespace() });
    const stop = new AbortController();
    const options = { namespace: namespace(), labelSelector: 'set=w', signal: stop.signal };
    const seen = read(cluster().watch(ConfigMap, resourceVersion, options), 5);
    await cluster().create(ConfigMap, configMap(namespace(), 'w1', {}, { set: 'w' }));
    await cluster().create(ConfigMap, configMap(namespace(), 'other', {}, { set: 'o' }));
    await cluster().patch(ConfigMap, at('w1'), { data: { a: '1' } });
    await cluster().patch(ConfigMap, at('other'), { metadata: { labels: { set: 'w' } } });
    await cluster().patch(ConfigMap, at('w1'), { metadata: { labels: { set: 'o' } } });
    await cluster().delete(ConfigMap, at('other'));
    expect(await seen).toEqual(['ADDED w1', 'MODIFIED w1', 'ADDED other', 'DELETED w1', 'DELETED other']);
    stop.abort();
    expect(await read(cluster().watch(ConfigMap, resourceVersion, options), 5)).toEqual([]);
    const again = new AbortController();
    const backlog = cluster().watch(ConfigMap, resourceVersion, { ...options, signal: again.signal });
    expect(await read(backlog, 2)).toEqual(['ADDED w1', 'MODIFIED w1']);
    again.abort();
  });
  it('an abort ends a watch that waits', async () => {
    const { resourceVersion } = await cluster().list(ConfigMap, { namespace: namespace() });
    const stop = new AbortController();
    const seen = read(
      cluster().watch(ConfigMap, resourceVersion, { namespace: namespace(), labelSelector: 'set=none', signal: stop.signal }),
      1,
    );
    await cluster().get(ConfigMap, at('l1'));
    stop.abort();
    expect(await seen).toEqual([]);
  });
}

async function take(events: AsyncIterable<WatchEvent<Readonly<ConfigMap>>>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    expect(Object.isFrozen(event.object)).toBe(true);
    if (seen.push(`${event.type} ${event.object.metadata.name}`) >= count) break;
  }
  return seen;
}

function deleting({ cluster, namespace, at }: Under): void {
  it('a deletion that names another uid or revision is a Conflict', async () => {
    const made = await cluster().create(ConfigMap, configMap(namespace(), 'guarded'));
    expect(isConflict(await failureOf(cluster().delete(ConfigMap, at('guarded'), { uid: 'another' })))).toBe(true);
    expect(isConflict(await failureOf(cluster().delete(ConfigMap, at('guarded'), { resourceVersion: '1' })))).toBe(true);
    await cluster().delete(ConfigMap, at('guarded'), { uid: made.metadata.uid as string });
    expect(isNotFound(await failureOf(cluster().get(ConfigMap, at('guarded'))))).toBe(true);
  });
  it('a dry run deletes nothing', async () => {
    await cluster().create(ConfigMap, configMap(namespace(), 'kept'));
    await cluster().delete(ConfigMap, at('kept'), { dryRun: true });
    expect((await cluster().get(ConfigMap, at('kept'))).metadata.deletionTimestamp).toBeUndefined();
  });
  it('an object with finalizers stays, marked, until they are gone', async () => {
    const object = configMap(namespace(), 'final');
    object.metadata.finalizers = ['example.dev/hold'];
    await cluster().create(ConfigMap, object);
    await cluster().delete(ConfigMap, at('final'));
    expect((await cluster().get(ConfigMap, at('final'))).metadata.deletionTimestamp).toEqual(expect.any(String));
    await cluster().patch(ConfigMap, at('final'), { metadata: { finalizers: null } });
    expect(isNotFound(await failureOf(cluster().get(ConfigMap, at('final'))))).toBe(true);
  });
}
