import { describe, expect, it, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { fieldErrorText } from '../../src/api/status.ts';
import { customKinds } from '../../src/kinds/custom.ts';
import { createKindRegistry } from '../../src/kinds/registry.ts';
import { withDefaults } from '../../src/schema/defaults.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { validate } from '../../src/schema/validate.ts';
import { changed, kinds, stored, write, type Loose } from './write.ts';

const schema = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } },
    spec: {
      type: 'object',
      required: ['size'],
      properties: { size: { type: 'integer', minimum: 1 }, color: { type: 'string', default: 'red' } },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
};
const version = {
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' } },
  additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  selectableFields: [{ jsonPath: '.spec.color' }],
};
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'shelves.demo.example' },
  spec: {
    group: 'demo.example',
    scope: 'Namespaced',
    names: { plural: 'shelves', kind: 'Shelf', shortNames: ['sh'] },
    versions: [version],
  },
};

describe('a CustomResourceDefinition', () => {
  it('gets the names that follow from others', () => {
    const object = stored(definition);
    expect(object).toHaveProperty('spec.names', {
      plural: 'shelves',
      kind: 'Shelf',
      shortNames: ['sh'],
      singular: 'shelf',
      listKind: 'ShelfList',
    });
    expect(object).toHaveProperty('spec.conversion', { strategy: 'None' });
    expect(object).toHaveProperty('status.storedVersions', ['v1']);
  });

  const withSchema = (value: Loose): Loose =>
    changed(changed(definition, 'spec.versions.0.schema.openAPIV3Schema', value), 'spec.versions.0.selectableFields', undefined);
  // What all versions share, upstream takes for a part of the definition.
  const at = 'spec.validation.openAPIV3Schema';
  const spec = (value: Loose): Loose => withSchema({ type: 'object', properties: { spec: value } });
  test.each<[string, Loose, string[]]>([
    [
      'a name of its own',
      changed(definition, 'metadata.name', 'shelf.demo.example'),
      ['metadata.name: Invalid value: "shelf.demo.example": must be spec.names.plural+"."+spec.group'],
    ],
    [
      'no version to store',
      changed(definition, 'spec.versions.0.storage', false),
      ['spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version'],
    ],
    [
      'no schema',
      changed(definition, 'spec.versions.0.schema', undefined),
      ['spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ],
    ['no type at the root', withSchema({ properties: {} }), [`${at}.type: Required value: must not be empty at the root`]],
    ['a field without a type', spec({}), [`${at}.properties[spec].type: Required value: must not be empty for specified object fields`]],
    ['an array of nothing', spec({ type: 'array' }), [`${at}.properties[spec].items: Required value: must be specified`]],
    [
      'fields named and free',
      spec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
      [`${at}.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
    ],
    [
      'a type inside of anyOf',
      spec({ type: 'object', anyOf: [{ type: 'object' }] }),
      [`${at}.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    ['references', spec({ type: 'object', $ref: '#/x' }), [`${at}.properties[spec].$ref: Forbidden: $ref is not supported`]],
    [
      'a list by keys that are not there',
      spec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a'],
        items: { type: 'object', properties: { a: { type: 'string' } } },
      }),
      [
        `${at}.properties[spec].items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'a default that it would refuse',
      spec({ type: 'object', properties: { a: { type: 'integer', minimum: 1, default: 0 } } }),
      [expect.stringContaining(`${at}.properties[spec].properties[a].default: Invalid value: 0`) as string],
    ],
    [
      'a mark that nobody heeds',
      spec({ type: 'object', 'x-kubernetes-odd': true }),
      [expect.stringContaining(`${at}: Invalid value: "": `) as string],
    ],
    [
      'a pattern that is none',
      spec({ type: 'string', pattern: '(' }),
      [expect.stringContaining(`${at}.properties[spec].pattern: Invalid value: "(": must be a valid regular expression`) as string],
    ],
    [
      'a group of Kubernetes without leave',
      changed(changed(definition, 'spec.group', 'demo.k8s.io'), 'metadata.name', 'shelves.demo.k8s.io'),
      [expect.stringContaining('metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups') as string],
    ],
    [
      'a webhook to convert',
      changed(definition, 'spec.conversion', { strategy: 'Webhook' }),
      ['spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None"'],
    ],
  ])('is refused: %s', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });
  it('keeps what names its objects', () => {
    const old = stored(definition);
    const established = changed(old, 'status.conditions', [{ type: 'Established', status: 'True' }]);
    expect(write(changed(established, 'spec.scope', 'Cluster'), established).errors).toEqual([
      'spec.scope: Invalid value: "Cluster": field is immutable',
    ]);
  });
  it('keeps versions that objects were stored in', () => {
    const old = stored(definition);
    const { errors } = write(changed(old, 'spec.versions', [{ ...version, name: 'v2' }]), old);
    expect(errors).toEqual([
      expect.stringContaining('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions;') as string,
    ]);
  });
});

describe('the kind that it brings', () => {
  const [shelf] = customKinds(stored(definition));
  if (shelf === undefined) throw new Error('no kind');
  const object = { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 'a', namespace: 'shop' }, spec: { size: 2 } };

  it('has the names, columns and subresources of its definition', () => {
    expect(shelf).toMatchObject({
      kind: { group: 'demo.example', version: 'v1', kind: 'Shelf', plural: 'shelves', namespaced: true },
      singular: 'shelf',
      listKind: 'ShelfList',
      shortNames: ['sh'],
      custom: true,
      unconditionalUpdate: false,
      subresources: { status: true, scale: { specReplicas: '.spec.size', statusReplicas: '.status.replicas' } },
    });
    expect(shelf.columns.map((column) => column.name)).toEqual(['Name', 'Size']);
    expect(shelf.selectableFields['spec.color']?.(changed(object, 'spec.color', 'blue'))).toBe('blue');
  });
  it('shows the age when it names no columns', () => {
    const [plain] = customKinds(changed(stored(definition), 'spec.versions.0.additionalPrinterColumns', undefined));
    expect(plain?.columns.map((column) => column.name)).toEqual(['Name', 'Age']);
  });
  it('is served in no version that is not served', () => {
    expect(customKinds(changed(stored(definition), 'spec.versions.0.served', false))).toEqual([]);
  });
  it('fills, drops and checks as its schema says, and knows metadata', () => {
    expect(withDefaults(shelf.schema, object)).toHaveProperty('spec', { size: 2, color: 'red' });
    const odd = { ...object, metadata: { ...object.metadata, labels: { a: 'b' }, odd: 1 }, spec: { size: 2, odd: 1 } };
    expect(dropUnknown(shelf.schema, odd).dropped).toEqual(['metadata.odd', 'spec.odd']);
    const texts = (value: KubeObject) => validate(shelf.schema, value).map((error) => fieldErrorText(error));
    expect(texts(changed(object, 'spec.size', 0))).toEqual([expect.stringContaining('spec.size: Invalid value: 0')]);
    expect(texts(changed(object, 'spec', {}))).toEqual(['spec.size: Required value']);
  });
  it('holds its objects to a rule about their names', () => {
    const errors = shelf.strategy?.validate?.({ ...object, metadata: { ...object.metadata, name: 'too-long' } }, undefined) ?? [];
    expect(errors.map((error) => fieldErrorText(error))).toEqual(['metadata.name: Too long: may not be more than 5 bytes']);
  });
  it('comes and goes in the registry', () => {
    const registry = createKindRegistry(kinds.all());
    const before = registry.generation;
    registry.add(shelf);
    expect(registry.findKind('demo.example', 'v1', 'Shelf')).toBe(shelf);
    expect(registry.find('demo.example', 'v1', 'shelves')).toBe(shelf);
    expect(registry.all().at(-1)).toBe(shelf);
    registry.remove(shelf.kind);
    expect(registry.findKind('demo.example', 'v1', 'Shelf')).toBeUndefined();
    expect(registry.all()).toEqual(kinds.all());
    expect(registry.generation).toBe(before + 2);
  });
});
