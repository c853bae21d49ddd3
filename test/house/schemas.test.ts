import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadKinds, readSchemaFiles } from '../../src/kinds/load.ts';
import { strategies } from '../../src/kinds/strategies/index.ts';
import { jsonEqual } from '../../src/base/json.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { generatedPath, generateTypes, readSchemas } from './generate-types.ts';

type Node = Readonly<Record<string, unknown>>;
const files = readSchemaFiles();
const kinds = loadKinds(files);

describe('schemas/', () => {
  it('gives the types that are checked in', async () => {
    expect(readFileSync(generatedPath, 'utf8')).toBe(await generateTypes());
  });
  it('compiles for every kind', () => {
    expect(kinds.map((kind) => [kind.kind.kind, kind.schema.type])).toEqual(kinds.map((kind) => [kind.kind.kind, 'object']));
  });
  it('has a kind for every strategy', () => {
    const served = kinds.map(({ kind }) => kind);
    expect(
      strategies.map(({ kind }) => kind).filter((kind) => !served.some((one) => JSON.stringify(one) === JSON.stringify(kind))),
    ).toEqual([]);
  });
  it('has as many cells as columns', () => {
    const odd = kinds.filter(({ strategy, columns }) => {
      const bare = { apiVersion: '', kind: '', metadata: { name: 'a' }, spec: bareSpec, involvedObject: {}, endpoints: [] };
      return strategy?.cells !== undefined && strategy.cells(bare, 0).length !== columns.length;
    });
    expect(odd.map(({ kind }) => kind.kind)).toEqual([]);
  });
  it('describes kinds and their first two levels in words of its own', () => {
    const silent = kinds.flatMap(({ kind, schema }) => {
      const first = [...schema.properties].filter(([name]) => !['apiVersion', 'kind', 'metadata'].includes(name));
      const second = first.flatMap(([name, child]) =>
        [...child.properties].map(([field, grandchild]) => [`${name}.${field}`, grandchild] as const),
      );
      const all = [['', schema] as const, ...first, ...second];
      return all.filter(([, one]) => one.description === undefined).map(([path]) => `${kind.kind} ${path}`);
    });
    expect(silent).toEqual([]);
  });
});
const bareSpec = { containers: [], template: {}, selector: {}, scaleTargetRef: {}, source: {}, priorityLevelConfiguration: {} };

/** What a field says, however it is written: type, format, marks, and the definition that it leads to. */
interface Fact {
  readonly type: unknown;
  readonly format: unknown;
  readonly ref: string | undefined;
  readonly marks: Readonly<Record<string, unknown>>;
  readonly items: Fact | undefined;
  readonly values: Fact | undefined;
}
const marks = [
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
];

function factOf(node: Node, nameOf: (ref: string) => string): Fact {
  const only = (node['allOf'] as readonly Node[] | undefined)?.[0];
  const ref = (node['$ref'] ?? only?.['$ref']) as string | undefined;
  const below = (value: unknown) => (typeof value === 'object' && value !== null ? factOf(value as Node, nameOf) : undefined);
  return {
    type: node['type'],
    format: node['format'],
    ref: ref === undefined ? undefined : nameOf(ref),
    marks: Object.fromEntries(marks.filter((mark) => node[mark] !== undefined).map((mark) => [mark, node[mark]])),
    items: below(node['items']),
    values: below(node['additionalProperties']),
  };
}

const apiPrefix: Readonly<Record<string, string>> = {
  'apiregistration.k8s.io/v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  'flowcontrol.apiserver.k8s.io/v1': 'io.k8s.api.flowcontrol.v1',
  'rbac.authorization.k8s.io/v1': 'io.k8s.api.rbac.v1',
  'meta/v1': 'io.k8s.apimachinery.pkg.apis.meta.v1',
  'apiextensions.k8s.io/v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
};
function publishedName(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const title = String(files.resolve(path)['title']);
  return `${apiPrefix[folder] ?? `io.k8s.api.${folder.replace('.k8s.io', '').replace('/', '.')}`}.${title}`;
}
function ourRef(from: string): (ref: string) => string {
  return (ref) => publishedName(new URL(ref, `file:///${from}`).pathname.slice(1));
}
/** Definitions that stand in line in ours. */
const inline: Readonly<Record<string, Partial<Fact>>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'], format: 'quantity' },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {},
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: 'micro-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object' },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': {},
};
function expanded(fact: Fact): Fact {
  const { ref } = fact;
  const below = { items: fact.items && expanded(fact.items), values: fact.values && expanded(fact.values) };
  const known = ref === undefined ? undefined : inline[ref];
  return known === undefined ? { ...fact, ...below } : { ...fact, ...below, ...known, ref: undefined };
}

/** What Go has without being told: the documents name it where a field is no pointer. */
function isZero(value: unknown): boolean {
  return [undefined, '', 0, false].includes(value as string) || (typeof value === 'object' && jsonEqual(value, {}));
}
const inCode = 'a default that Kubernetes has in code';

/** Every fact of every definition that differs from the published one. */
function differences(published: Readonly<Record<string, Node>>): string[] {
  return files.paths
    .filter((path) => !path.startsWith('steersman.dev/'))
    .flatMap((path) => {
      const name = publishedName(path);
      const theirs = published[name];
      if (theirs === undefined) return [`${path}: not published`];
      const ours = files.resolve(path);
      const theirFields = (theirs['properties'] ?? {}) as Readonly<Record<string, Node>>;
      const ourFields = (ours['properties'] ?? {}) as Readonly<Record<string, Node>>;
      const found: string[] = [];
      const compare = (what: string, mine: unknown, other: unknown) => {
        if (JSON.stringify(mine) !== JSON.stringify(other))
          found.push(`${path}: ${what}: ${JSON.stringify(mine)}, published ${JSON.stringify(other)}`);
      };
      compare('fields', Object.keys(ourFields).sort(), Object.keys(theirFields).sort());
      compare('required', [...((ours['required'] ?? []) as string[])].sort(), [...((theirs['required'] ?? []) as string[])].sort());
      compare('type', ours['type'], theirs['type']);
      compare('map type', ours['x-kubernetes-map-type'], theirs['x-kubernetes-map-type']);
      for (const [field, theirNode] of Object.entries(theirFields)) {
        const ourNode = ourFields[field];
        if (ourNode === undefined) continue;
        const last = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);
        compare(field, expanded(factOf(ourNode, ourRef(path))), expanded(factOf(theirNode, last)));
        const theirDefault = isZero(theirNode['default']) ? undefined : theirNode['default'];
        if (theirDefault !== undefined || ourNode['default'] === undefined)
          compare(`default of ${field}`, ourNode['default'], theirDefault);
        else found.push(`${path}: ${inCode} of ${field}`);
      }
      return found;
    });
}

describe.skipIf(corpus === undefined)('beside what Kubernetes v1.35 publishes', () => {
  /** By folder: why it may differ. */
  const allowed: Readonly<Record<string, string>> = {
    'flowcontrol.apiserver.k8s.io/v1': 'the documents that were published leave this group out',
  };
  const isAllowed = (difference: string): boolean => difference.includes(inCode) || allowed[folderOf(difference)] !== undefined;
  const folderOf = (difference: string): string => difference.slice(0, difference.lastIndexOf('/', difference.indexOf(':')));

  it('schemas/ has the same fields, types, required fields, list and map marks and merge keys', () => {
    const found = differences(published());
    const unexplained = found.filter((one) => !isAllowed(one));
    console.info(
      `schemas/: ${files.paths.length} definitions, ${found.length} differences from the published ones, ${found.length - unexplained.length} with a reason`,
    );
    expect(unexplained).toEqual([]);
  });

  /** Made by the server for each kind (lists), or of no kind: written down in schema/openapi-fixed.ts, or in line. */
  const elsewhere =
    /List$|\.meta\.v1\.(APIResource|FieldsV1|MicroTime|Patch|Time|WatchEvent)$|\.JSON\w*$|\.(Quantity|IntOrString|RawExtension)$/;
  it('every definition that is published is one of ours', () => {
    const ours = new Set(files.paths.map(publishedName));
    expect(Object.keys(published()).filter((name) => !ours.has(name) && !elsewhere.test(name))).toEqual([]);
  });

  /** No full object of it was published. */
  const without: ReadonlySet<string> = new Set(['steersman.dev', 'apiregistration.k8s.io']);
  it.each(kinds.filter(({ kind }) => !without.has(kind.group)).map((kind) => [kind.kind.kind, kind] as const))(
    'no field of a full %s is unknown',
    (_name, { kind, schema }) => {
      const name = `${kind.group === '' ? 'core' : kind.group}.${kind.version}.${kind.kind}.json`;
      const path = ['v1.35.0', 'HEAD'].map((release) => corpusPath('suites/api-testdata', release, name)).find((one) => existsSync(one));
      if (path === undefined) throw new Error(`there is no full ${kind.kind}`);
      expect(dropUnknown(schema, JSON.parse(readFileSync(path, 'utf8')) as object).dropped).toEqual([]);
    },
  );
});

/** All published definitions, by name. */
function published(): Readonly<Record<string, Node>> {
  const folder = corpusPath('suites/openapi-v3/v1.35');
  const documents = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));
  const all: Record<string, Node> = {};
  for (const path of documents) {
    const document = JSON.parse(readFileSync(`${folder}/${path}`, 'utf8')) as { components: { schemas: Record<string, Node> } };
    Object.assign(all, document.components.schemas);
  }
  return all;
}

describe('the types', () => {
  it('are made of every file', () => {
    expect(readSchemas().map(({ path }) => path)).toEqual([...files.paths]);
  });
});
