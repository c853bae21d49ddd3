import { afterEach } from 'vitest';
import type { Client, Conformance, Fields, Live, Resource } from './client.ts';

export interface Defined {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly versions: readonly DefinedVersion[];
  readonly labels?: Fields;
}
export interface DefinedVersion {
  readonly name: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  /** Whatever is known without it. */
  readonly schema?: Fields;
}
/** A schema that knows nothing and keeps everything. */
export const anything: Fields = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A CustomResourceDefinition; the first version is stored where none says that it is. */
export function definition({ group, plural, kind, versions, labels = {} }: Defined): Live {
  const stored = versions.find(({ storage }) => storage === true)?.name ?? versions[0]?.name;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: labels as Record<string, string> },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map(({ name, served = true, schema = anything }) => ({
        name,
        served,
        storage: name === stored,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      })),
    },
  };
}
export function definitions(client: Client): Resource {
  return client.resource('apiextensions.k8s.io/v1', 'customresourcedefinitions');
}

/** Makes definitions that are established, and deletes them after each test. */
export function defining(plane: Conformance): (defined: Defined) => Promise<Live> {
  const made: string[] = [];
  afterEach(async () => {
    const all = definitions(plane.admin);
    for (const name of made.splice(0)) await all.delete(name).catch(() => undefined); // a test may have deleted it itself
    await plane.until(async () => (await all.names()).every((name) => !name.endsWith('.example.com')));
  });
  return async (defined) => {
    const all = definitions(plane.admin);
    const { metadata } = await all.create(definition(defined));
    made.push(metadata.name);
    await plane.until(async () => isEstablished(await all.get(metadata.name)));
    return all.get(metadata.name);
  };
}
function isEstablished({ status }: Live): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some((each) => each.type === 'Established' && each.status === 'True');
}
