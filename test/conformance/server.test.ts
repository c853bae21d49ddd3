import { describe, expect, it } from 'vitest';
import { conformance, type Client, type LiveList } from './client.ts';
import { groupsOf, resourcesOf } from './operations.ts';

const plane = conformance();
const discoveryTypes = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
interface DiscoveryList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly { readonly resource: string; readonly verbs: readonly string[] }[];
    }[];
  }[];
}

/** `group/version/plural` of everything that an aggregated document lists. */
async function aggregated(client: Client, path: string): Promise<string[]> {
  const document = await client.ok<DiscoveryList>('GET', path, { headers: { accept: discoveryTypes } });
  return document.items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources }) => resources.map(({ resource }) => `${metadata.name ?? ''}/${version}/${resource}`)),
  );
}
const some = ['/v1/namespaces', '/v1/pods', '/v1/events', '/v1/services'];
const someOfGroups = [
  'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  'apiextensions.k8s.io/v1/customresourcedefinitions',
  'apiregistration.k8s.io/v1/apiservices',
  'apps/v1/deployments',
  'batch/v1/cronjobs',
  'certificates.k8s.io/v1/certificatesigningrequests',
  'coordination.k8s.io/v1/leases',
  'discovery.k8s.io/v1/endpointslices',
  'networking.k8s.io/v1/ingresses',
  'node.k8s.io/v1/runtimeclasses',
  'policy/v1/poddisruptionbudgets',
  'rbac.authorization.k8s.io/v1/clusterroles',
  'scheduling.k8s.io/v1/priorityclasses',
  'storage.k8s.io/v1/csinodes',
];

describe('apimachinery/aggregated_discovery.go', () => {
  it('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers', async () => {
    for (const path of ['/api', '/apis']) {
      const answer = await plane.admin.call('GET', path, { headers: { accept: discoveryTypes } });
      expect(answer).toMatchObject({ status: 200, object: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' } });
      expect(answer.headers['content-type']).toBe(discoveryTypes);
    }
    expect(await aggregated(plane.admin, '/api')).toEqual(expect.arrayContaining(some));
    expect(await aggregated(plane.admin, '/apis')).toEqual(expect.arrayContaining(someOfGroups));
  });

  it('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface', async () => {
    const everything = [...(await aggregated(plane.admin, '/api')), ...(await aggregated(plane.admin, '/apis'))].sort();
    const { groups } = await groupsOf(plane.admin);
    const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))];
    const plain = await Promise.all(versions.map((each) => resourcesOf(plane.admin, each)));
    const listed = plain.flatMap(({ groupVersion, resources }) =>
      resources.filter(({ name }) => !name.includes('/')).map(({ name }) => `${groupVersion === 'v1' ? '/v1' : groupVersion}/${name}`),
    );
    expect(everything).toEqual(listed.sort());
  });
});

describe('apimachinery/discovery.go', () => {
  it('[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup', async () => {
    const { groups } = await groupsOf(plane.admin);
    expect(groups.length).toBeGreaterThan(10);
    for (const { name, versions } of groups) {
      for (const { groupVersion } of versions) {
        expect(groupVersion.split('/')[0]).toBe(name);
        const list = await resourcesOf(plane.admin, groupVersion);
        expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion });
        expect(list.resources.filter((each) => each.name !== '' && each.kind !== '' && each.verbs.length > 0)).not.toEqual([]);
      }
    }
  });

  it('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup', async () => {
    const { groups } = await groupsOf(plane.admin);
    for (const { name, versions, preferredVersion } of groups) {
      expect(versions).toContainEqual(preferredVersion);
      expect(await plane.admin.ok('GET', `/apis/${name}`)).toMatchObject({ kind: 'APIGroup', name, versions, preferredVersion });
    }
  });
});

describe('apimachinery/server_version.go', () => {
  it('[sig-api-machinery] server version should find the server version', async () => {
    const version = await plane.admin.ok<{ major: string; minor: string }>('GET', '/version');
    expect(version.major).toMatch(/^\d+$/);
    expect(version.minor).toMatch(/^\d+$/);
  });
});

describe('apimachinery/table_conversion.go', () => {
  it('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', async () => {
    const answer = await plane.admin.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'list', resource: 'nodes' } },
      },
    });
    expect(answer).toMatchObject({ status: 406, object: { kind: 'Status', reason: 'NotAcceptable' } });
  });
});

const numberOfTemplates = 400;
describe('apimachinery/chunking.go', () => {
  const template = (name: string) => ({
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name },
    template: { spec: { containers: [{ name: 'test', image: 'test2' }] } },
  });
  async function templates(count: number) {
    const of = plane.admin.resource('v1', 'podtemplates', await plane.namespace());
    const names = Array.from({ length: count }, (_, at) => `template-${String(at).padStart(4, '0')}`);
    await Promise.all(names.map((name) => of.create(template(name))));
    return { of, names };
  }

  it('[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls', async () => {
    const { of, names } = await templates(numberOfTemplates);
    const limit = 17;
    const seen: string[] = [];
    let first: LiveList | undefined;
    for (let token: string | undefined = ''; token !== undefined;) {
      const page: LiveList = await of.list({ limit, ...(token !== '' && { continue: token }) });
      first ??= page;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      expect(page.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      seen.push(...page.items.map(({ metadata }) => metadata.name));
      token = page.metadata.continue;
      expect(page.metadata.remainingItemCount ?? 0).toBe(numberOfTemplates - seen.length);
    }
    expect(seen).toEqual(names);
    const whole = await of.list();
    expect(whole.items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(whole.metadata.continue).toBeUndefined();
  });

  it('[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent', async () => {
    const { of, names } = await templates(40);
    const first = await of.list({ limit: 10 });
    expect(first).toMatchObject({ metadata: { remainingItemCount: 30 } });
    await of.delete('template-0015');
    await of.create(template('template-0012-new'));
    await plane.cluster.store.compact(plane.cluster.store.revision());
    const gone = await plane.admin.call('GET', of.path, { query: { limit: 10, continue: first.metadata.continue ?? '' } });
    expect(gone).toMatchObject({ status: 410, object: { reason: 'Expired' } });
    const { continue: token } = (gone.object as LiveList).metadata;
    expect(token).toEqual(expect.stringMatching(/./));
    const second = await of.list({ limit: 10, continue: token ?? '' });
    expect(second.metadata.remainingItemCount).toBe(20);
    const seen = [...first.items, ...second.items];
    for (let next = second.metadata.continue; next !== undefined;) {
      const page: LiveList = await of.list({ limit: 10, continue: next });
      expect(page.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
      seen.push(...page.items);
      next = page.metadata.continue;
      expect(page.metadata.remainingItemCount ?? 0).toBe(names.length - seen.length);
    }
    // One went and one came.
    const wanted = [...names.filter((name) => name !== 'template-0015'), 'template-0012-new'].sort();
    expect(seen.map(({ metadata }) => metadata.name)).toEqual(wanted);
  });
});
