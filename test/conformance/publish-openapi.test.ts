import { describe, it } from 'vitest';
import { conformance, type Fields } from './client.ts';
import { defining, definitions, type DefinedVersion } from './definitions.ts';

const plane = conformance();
const define = defining(plane);
/** A schema that can be told from others by its description. */
const schema = (description: string): Fields => ({
  type: 'object',
  description,
  properties: { spec: { type: 'object', properties: { bars: { type: 'array', items: { type: 'string' } } } } },
});
const version = (name: string): DefinedVersion => ({ name, schema: schema(`Foo in ${name}`) });
const foos = (group: string, versions: readonly DefinedVersion[], kind = 'Foo') => ({
  group,
  plural: `${kind.toLowerCase()}s`,
  kind,
  versions,
});

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Fields>> };
}
interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}
function describedIn(document: Document, { group, version: of, kind }: GroupVersionKind): unknown {
  const found = Object.values(document.components.schemas).find((each) => {
    const kinds = (each['x-kubernetes-group-version-kind'] ?? []) as GroupVersionKind[];
    return kinds.some((one) => one.group === group && one.version === of && one.kind === kind);
  });
  return found?.['description'];
}
/** What the document of its group version says of a kind; undefined where it is not there. */
async function published(of: GroupVersionKind): Promise<unknown> {
  const path = `apis/${of.group}/${of.version}`;
  const { paths } = await plane.admin.ok<{ paths: Record<string, { serverRelativeURL: string }> }>('GET', '/openapi/v3');
  const [url = ''] = (paths[path]?.serverRelativeURL ?? '').split('?');
  return url === '' ? undefined : describedIn(await plane.admin.ok<Document>('GET', url), of);
}
async function untilPublished(of: GroupVersionKind, description: string | undefined): Promise<void> {
  // Within a second, as all that a definition changes.
  await plane.until(async () => (await published(of)) === description, 1000);
}

describe('apimachinery/crd_publish_openapi.go', () => {
  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of different groups', async () => {
    await define(foos('group-a.example.com', [version('v1')]));
    await define(foos('group-b.example.com', [version('v1')]));
    for (const group of ['group-a.example.com', 'group-b.example.com'])
      await untilPublished({ group, version: 'v1', kind: 'Foo' }, 'Foo in v1');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group but different versions', async () => {
    const group = 'multi-ver.example.com';
    await define(foos(group, [version('v2'), version('v3')]));
    await define(foos(group, [version('v5')], 'Other'));
    await untilPublished({ group, version: 'v2', kind: 'Foo' }, 'Foo in v2');
    await untilPublished({ group, version: 'v3', kind: 'Foo' }, 'Foo in v3');
    await untilPublished({ group, version: 'v5', kind: 'Other' }, 'Foo in v5');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group and version but different kinds', async () => {
    const group = 'common-group.example.com';
    await define(foos(group, [version('v6')], 'First'));
    await define(foos(group, [version('v6')], 'Second'));
    for (const kind of ['First', 'Second']) await untilPublished({ group, version: 'v6', kind }, 'Foo in v6');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the published spec when one version gets renamed', async () => {
    const group = 'rename.example.com';
    const { metadata } = await define(foos(group, [version('v2'), version('v3')]));
    await untilPublished({ group, version: 'v3', kind: 'Foo' }, 'Foo in v3');
    await definitions(plane.admin).patch(metadata.name, [{ op: 'replace', path: '/spec/versions/1/name', value: 'v4' }], { type: 'json' });
    await untilPublished({ group, version: 'v4', kind: 'Foo' }, 'Foo in v3');
    await untilPublished({ group, version: 'v3', kind: 'Foo' }, undefined);
    await untilPublished({ group, version: 'v2', kind: 'Foo' }, 'Foo in v2');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes definition from spec when one version gets changed to not be served', async () => {
    const group = 'not-served.example.com';
    const { metadata } = await define(foos(group, [version('v5'), version('v6alpha1')]));
    await untilPublished({ group, version: 'v6alpha1', kind: 'Foo' }, 'Foo in v6alpha1');
    await definitions(plane.admin).patch(metadata.name, [{ op: 'replace', path: '/spec/versions/1/served', value: false }], {
      type: 'json',
    });
    await untilPublished({ group, version: 'v6alpha1', kind: 'Foo' }, undefined);
    await untilPublished({ group, version: 'v5', kind: 'Foo' }, 'Foo in v5');
  });
});
