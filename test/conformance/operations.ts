import { expect } from 'vitest';
import { refused, withMetadata, type Client, type Conformance, type Live, type Resource } from './client.ts';

export interface Served {
  /** `apps/v1`, or `v1` for the core group. */
  readonly groupVersion: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Beside the plural, in the discovery document: `status`. */
  readonly subresources?: readonly string[];
}
interface GroupVersion {
  readonly groupVersion: string;
}
interface Group {
  readonly name: string;
  readonly versions: readonly GroupVersion[];
  readonly preferredVersion: GroupVersion;
}
interface ServedResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}
const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function groupsOf(client: Client): Promise<{ groups: readonly Group[] }> {
  return client.ok('GET', '/apis');
}
export function resourcesOf(client: Client, groupVersion: string): Promise<{ groupVersion: string; resources: readonly ServedResource[] }> {
  return client.ok('GET', groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`);
}

/** The group stands in /apis and /apis/<group>, the resource with every verb and its subresources in /apis/<group>/<version>. */
export async function expectDiscovered(client: Client, served: Served): Promise<void> {
  const { groupVersion, plural, kind, namespaced } = served;
  const [group = ''] = groupVersion.split('/');
  const { groups } = await groupsOf(client);
  const found = groups.find(({ name }) => name === group);
  expect(found?.versions.map((each) => each.groupVersion)).toContain(groupVersion);
  expect((await client.ok<Group>('GET', `/apis/${group}`)).versions.map((each) => each.groupVersion)).toContain(groupVersion);
  const { resources } = await resourcesOf(client, groupVersion);
  const resource = resources.find(({ name }) => name === plural);
  expect({ ...resource, verbs: [...(resource?.verbs ?? [])].sort() }).toMatchObject({ kind, namespaced, verbs: allVerbs });
  const names = resources.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining((served.subresources ?? []).map((sub) => `${plural}/${sub}`)));
}

/**
 * Create, get, list (in the namespace and across all), watch, patch, update, delete and deletecollection of one resource. `make` gives
 * the object of a name; `meanwhile` is run on one of three that are there.
 */
export async function expectOperations(
  { admin, until }: Conformance,
  served: Served & { namespace?: string },
  make: (name: string) => object,
  meanwhile: (resource: Resource, name: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { groupVersion, plural, kind, namespace } = served;
  const resource = admin.resource(groupVersion, plural, namespace);
  const mark = `of-${plural}`;
  const labelSelector = `special-label=${mark}`;
  const labelled = (name: string) =>
    withMetadata({ apiVersion: groupVersion, kind, ...make(name) } as Live, { labels: { 'special-label': mark } });
  const created = await resource.create(labelled('one'));
  expect(created).toMatchObject({ apiVersion: groupVersion, kind, metadata: { name: 'one', uid: expect.any(String) as string } });
  await refused(resource.create(labelled('one'))).then((status) => expect(status).toMatchObject({ code: 409, reason: 'AlreadyExists' }));
  for (const name of ['two', 'three']) await resource.create(labelled(name));
  expect((await resource.get('one')).metadata.uid).toBe(created.metadata.uid);
  const list = await resource.list({ labelSelector });
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['one', 'three', 'two']);
  expect(await admin.resource(groupVersion, plural).names(labelSelector)).toEqual(['one', 'three', 'two']);
  const watching = await resource.watch(list.metadata.resourceVersion, { labelSelector });
  const patched = await resource.patch('one', { metadata: { annotations: { patched: 'true' } } });
  expect(patched.metadata.annotations).toMatchObject({ patched: 'true' });
  const updated = await resource.update(withMetadata(await resource.get('one'), { annotations: { updated: 'true' } }));
  expect(updated.metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
  expect(updated.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
  await meanwhile(resource, 'one');
  await resource.delete('one');
  await until(async () => !(await resource.names(labelSelector)).includes('one'));
  expect(await refused(resource.get('one'))).toMatchObject({ code: 404, reason: 'NotFound' });
  await resource.deleteCollection(labelSelector);
  await until(async () => (await resource.names(labelSelector)).length === 0);
  await until(() => watching.events.filter(({ type }) => type === 'DELETED').length === 3);
  await watching.stop();
  const { events } = watching;
  expect(events.some(({ type, object }) => type === 'MODIFIED' && object.metadata.annotations?.['patched'] === 'true')).toBe(true);
  expect(events.some(({ type, object }) => type === 'MODIFIED' && object.metadata.annotations?.['updated'] === 'true')).toBe(true);
}

/** What get, patch and update of /status do: they are seen by later reads, and the annotation of a patch with them. */
export async function expectStatus(resource: Resource, name: string, patch: object, change: (live: Live) => Live): Promise<void> {
  const patched = await resource.patch(
    name,
    { metadata: { annotations: { patchedstatus: 'true' } }, status: patch },
    { subresource: 'status' },
  );
  expect(patched).toMatchObject({ metadata: { annotations: { patchedstatus: 'true' } }, status: patch });
  const wanted = change(await resource.get(name, 'status'));
  const updated = await resource.update(wanted, 'status');
  expect(updated.status).toEqual(wanted.status);
  expect((await resource.get(name)).status).toEqual(wanted.status);
  expect((await resource.get(name, 'status')).status).toEqual(wanted.status);
}
