import { createHash } from 'node:crypto';
import { createComponents, reversed, type Components } from './openapi-components.ts';
import { fixedReferences } from './openapi-fixed.ts';
import { pathsOf, type OpenApiKind } from './openapi-paths.ts';

export type { OpenApiKind } from './openapi-paths.ts';
type Json = Record<string, unknown>;

/** The OpenAPI v3 documents of one set of kinds. Each is made when it is first asked for; the same kinds give the same bytes. */
export interface OpenApiV3 {
  /** What `/openapi/v3` answers: each group version and where its document is, with its hash. */
  index(): { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> };
  /** `path` as in the index: `api/v1`, `apis/apps/v1`. Undefined when no kind is served there. */
  document(path: string): OpenApiDocument | undefined;
}
export interface OpenApiDocument {
  readonly json: string;
  /** Changes when the document does; upper-case hex. */
  readonly hash: string;
}

export function openApiV3(kinds: readonly OpenApiKind[]): OpenApiV3 {
  const byPath = new Map<string, OpenApiKind[]>();
  for (const served of kinds) {
    const { group, version } = served.kind;
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    byPath.set(path, [...(byPath.get(path) ?? []), served]);
  }
  const made = new Map<string, OpenApiDocument>();
  const document = (path: string): OpenApiDocument | undefined => {
    const served = byPath.get(path);
    if (served === undefined) return undefined;
    const known = made.get(path) ?? written(openApiDocument(path, served));
    made.set(path, known);
    return known;
  };
  const index = () => {
    const urls = [...byPath.keys()].sort().map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${document(path)?.hash}` }]);
    return { paths: Object.fromEntries(urls) as Record<string, { serverRelativeURL: string }> };
  };
  return { index, document };
}

function written(document: Json): OpenApiDocument {
  const json = JSON.stringify(document);
  return { json, hash: createHash('sha256').update(json).digest('hex').toUpperCase() };
}

/** The document of one group version; `path` as in the index. */
export function openApiDocument(path: string, kinds: readonly OpenApiKind[]): Json {
  const components = createComponents();
  const paths: Json = {};
  for (const served of [...kinds].sort((a, b) => (a.kind.plural < b.kind.plural ? -1 : 1))) {
    const object = objectOf(served, components);
    const list = served.computed?.verbs.includes('list') === false ? object : listOf(served, object, components);
    Object.assign(paths, pathsOf({ served, root: `/${path}`, object, list, components }));
  }
  if (kinds.some(({ computed }) => computed === undefined)) for (const name of fixedReferences) components.fixed(name);
  const ordered = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: ordered,
    components: { schemas: components.all() },
  };
}

function objectOf(served: OpenApiKind, components: Components): Json {
  const { group, version, kind } = served.kind;
  if (!served.custom) return components.refer(served.schema);
  const gvk = [{ group, kind, version }];
  return components.add(`${reversed(group)}.${version}.${kind}`, () => ({
    ...components.refer(served.schema),
    'x-kubernetes-group-version-kind': gvk,
  }));
}

function listOf(served: OpenApiKind, object: Json, components: Components): Json {
  const { group, version } = served.kind;
  const name = String(object['$ref']).replace('#/components/schemas/', '');
  return components.add(name.replace(/[^.]+$/, served.listKind), () => ({
    description: `A list of ${served.kind.kind}.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: 'The version of the schema of this object.' },
      items: { type: 'array', items: object, description: 'The objects.' },
      kind: { type: 'string', description: 'What the object is.' },
      metadata: components.fixed('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'),
    },
    'x-kubernetes-group-version-kind': [{ group, kind: served.listKind, version }],
  }));
}
