import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Kind } from '../../src/api/object.ts';
import { jsonEqual } from '../../src/base/json.ts';
import { openApiV3, type OpenApiKind } from '../../src/schema/openapi.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { inline, readSchema, schemaOf } from './schemas.ts';
import { shelf } from './story.ts';

type Json = Record<string, unknown>;
interface Document {
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Record<string, Json> };
}

interface Facts {
  readonly plural: string;
  readonly scope: string;
  readonly verbs?: readonly string[];
  readonly subresources?: Record<string, object>;
}

const folder = join(import.meta.dirname, '../../schemas');
const kinds: OpenApiKind[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json') && !path.startsWith('steersman/'))
  .sort()
  .flatMap((path) => {
    const json = readSchema(path);
    const facts = json['x-kubernetes-resource'] as Facts | undefined;
    if (facts === undefined) return [];
    const { status, scale, ...others } = facts.subresources ?? {};
    const gvk = json['x-kubernetes-group-version-kind'] as Pick<Kind, 'group' | 'version' | 'kind'>;
    const subresources = {
      ...(status !== undefined && { status: true as const }),
      ...(scale !== undefined && { scale }),
      others: Object.keys(others),
    };
    const computed = facts.verbs === undefined ? {} : { computed: { verbs: facts.verbs } };
    const kind: Kind = { ...gvk, plural: facts.plural, namespaced: facts.scope === 'Namespaced' };
    return [
      { kind, listKind: `${kind.kind}List`, schema: schemaOf(path.replace(/\.json$/, '')), subresources, custom: false, ...computed },
    ];
  });
const custom: OpenApiKind = {
  kind: { group: 'demo.example', version: 'v1', kind: 'Shelf', plural: 'shelves', namespaced: true },
  listKind: 'ShelfList',
  schema: shelf,
  subresources: { status: true },
  custom: true,
};
const documents = openApiV3([...kinds, custom]);
const read = (path: string) => JSON.parse(documents.document(path)?.json ?? 'null') as Document;
const paths = Object.keys(documents.index().paths);

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(refsIn)];
}

describe.each(paths)('the document %s', (path) => {
  const document = read(path);

  it('refers only to components that it has', () => {
    const missing = refsIn(document).filter((ref) => document.components.schemas[ref.replace('#/components/schemas/', '')] === undefined);
    expect(missing).toEqual([]);
  });

  it('lets kubectl find each kind: a PATCH with fieldValidation, and a component that names it', () => {
    for (const served of [...kinds, custom].filter(({ computed }) => computed === undefined)) {
      const { group, version, kind, plural, namespaced } = served.kind;
      if (path !== (group === '' ? `api/${version}` : `apis/${group}/${version}`)) continue;
      const operation = document.paths[`/${path}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`]?.['patch'] as Json;
      expect(operation['x-kubernetes-group-version-kind']).toEqual({ group, version, kind });
      expect((operation['parameters'] as { name: string }[]).map(({ name }) => name)).toEqual([
        'dryRun',
        'fieldManager',
        'fieldValidation',
        'force',
      ]);
      expect(Object.keys((operation['requestBody'] as { content: Json }).content)).toEqual([
        'application/apply-patch+yaml',
        'application/json-patch+json',
        'application/merge-patch+json',
        ...(served.custom ? [] : ['application/strategic-merge-patch+json']),
      ]);
      const named = Object.values(document.components.schemas).filter((one) =>
        jsonEqual(one['x-kubernetes-group-version-kind'], [{ group, version, kind }]),
      );
      expect(named.length, kind).toBe(1);
    }
  });
});

it('the same kinds give the same bytes, in whatever order they come', () => {
  const other = openApiV3([custom, ...kinds].reverse());
  expect(other.index()).toEqual(documents.index());
});

it('the index names each document with its hash', () => {
  expect(documents.index().paths['apis/apps/v1']?.serverRelativeURL).toBe(
    `/openapi/v3/apis/apps/v1?hash=${documents.document('apis/apps/v1')?.hash}`,
  );
  expect(documents.document('apis/none/v1')).toBeUndefined();
});

it('a custom kind is described in place, its metadata by reference', () => {
  const { schemas } = read('apis/demo.example/v1').components;
  const component = schemas['example.demo.v1.Shelf'] as { properties: Record<string, Json> };
  expect(component.properties['metadata']).toEqual({ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' });
  expect((component.properties['status'] as { properties: Json }).properties).toEqual({ seen: { type: 'integer' } });
});

it('a recursive custom schema cannot be, and a plain one without properties is described too', () => {
  const free: OpenApiKind = { ...custom, schema: inline({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, true) };
  const component = (JSON.parse(openApiV3([free]).document('apis/demo.example/v1')?.json ?? '') as Document).components.schemas[
    'example.demo.v1.Shelf'
  ];
  expect(component).toMatchObject({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
});

describe.skipIf(corpus === undefined)('beside the documents of a real server', () => {
  const shared = paths.filter((path) => path !== 'apis/demo.example/v1' && corpus !== undefined && readable(path));
  it('there are some to compare', () => {
    expect(shared.length).toBeGreaterThan(5);
  });

  test.each(shared)('%s has no component and no path of its own invention', (path) => {
    const theirs = JSON.parse(readFileSync(corpusPath('suites/openapi-v3/v1.35', `${path}.json`), 'utf8')) as Document;
    const ours = read(path);
    expect(Object.keys(ours.components.schemas).filter((name) => theirs.components.schemas[name] === undefined)).toEqual([]);
    expect(Object.keys(ours.paths).filter((one) => theirs.paths[one] === undefined)).toEqual([]);
    for (const [where, operations] of Object.entries(ours.paths)) {
      for (const [verb, operation] of Object.entries(operations)) {
        if (verb === 'parameters') continue;
        const their = theirs.paths[where]?.[verb] ?? {};
        expect([where, verb, operation['operationId'], operation['x-kubernetes-action']]).toEqual([
          where,
          verb,
          their['operationId'],
          their['x-kubernetes-action'],
        ]);
      }
    }
  });
  function readable(path: string): boolean {
    return readdirSync(corpusPath('suites/openapi-v3/v1.35'), { recursive: true, encoding: 'utf8' }).includes(`${path}.json`);
  }
});
