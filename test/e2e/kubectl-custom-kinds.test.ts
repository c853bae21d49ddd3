import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { tempFolder } from '../support/git-servers.ts';
import { startUp, type Up } from '../support/steer-up.ts';

type Loose = Record<string, unknown>;

// Of the versions that are here, the oldest that reads OpenAPI v3 and the newest.
const modern = findKubectls().filter(({ old }) => !old);
const kubectls = modern.filter((_program, index) => index === 0 || index === modern.length - 1);
const folder = tempFolder('steer-kubectl-kinds-');
let up: Up;

beforeAll(async () => {
  up = await startUp(folder.path, { folder: folder.path });
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

/** Each kubectl has kinds of its own. */
function names({ version }: KubectlProgram): { group: string; plural: string; kind: string; short: string } {
  const suffix = version.replace('.', 'x');
  return { group: `demo${suffix}.example`, plural: 'shelves', kind: 'Shelf', short: 'sh' };
}
function definition(program: KubectlProgram): object {
  const { group, plural, kind, short } = names(program);
  const spec = {
    type: 'object',
    description: 'What the shelf shall be like.',
    required: ['colour'],
    properties: {
      colour: { type: 'string', description: 'Its colour.', enum: ['red', 'blue'] },
      count: { type: 'integer', minimum: 0, default: 1, description: 'How many boards it has.' },
      most: { type: 'integer', default: 10 },
      slots: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, size: { type: 'integer' } } },
      },
    },
    'x-kubernetes-validations': [
      { rule: 'self.count <= self.most', message: 'there is no room for so many' },
      { rule: 'self.colour == oldSelf.colour', message: 'a shelf keeps its colour', fieldPath: '.colour' },
    ],
  };
  const version = {
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: 'Holds things.',
        properties: { spec, status: { type: 'object', properties: { count: { type: 'integer' } } } },
      },
    },
    subresources: { status: {}, scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count' } },
    selectableFields: [{ jsonPath: '.spec.colour' }],
    additionalPrinterColumns: [
      { name: 'Colour', type: 'string', jsonPath: '.spec.colour' },
      { name: 'Count', type: 'integer', jsonPath: '.spec.count' },
      { name: 'Wide', type: 'integer', jsonPath: '.spec.most', priority: 1 },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind, shortNames: [short], categories: ['furniture'] },
      versions: [
        { name: 'v1', served: true, storage: true, ...version },
        { name: 'v1beta1', served: true, storage: false, deprecated: true, ...version },
      ],
    },
  };
}

describe.each(kubectls.map((program) => [program.version, program] as const))('custom kinds with kubectl %s', (_version, program) => {
  const { group, plural, short } = names(program);
  const full = `${plural}.${group}`;
  let kubectl: Kubectl;
  const shelf = (name: string, spec: Loose, version = 'v1'): string =>
    JSON.stringify({ apiVersion: `${group}/${version}`, kind: 'Shelf', metadata: { name }, spec });

  beforeAll(() => {
    kubectl = kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: 'default', folder: folder.path });
  });

  it('serves a kind as soon as its definition is applied', async () => {
    await kubectl.ok(['apply', '-f', '-'], JSON.stringify(definition(program)));
    // Nobody waits here for discovery to come round.
    expect((await kubectl.run(['get', full])).stderr).toContain('No resources found');
    await kubectl.ok(['wait', '--for=condition=Established', '--timeout=5s', 'crd', full]);
    expect(await kubectl.ok(['get', 'crd', full])).toMatch(/^NAME +CREATED AT\n\S+ +\d{4}-\d\d-\d\dT[\d:]+Z\n$/);
  });

  it('finds it by all its names, and in its category', async () => {
    const found = await kubectl.ok(['api-resources', `--api-group=${group}`]);
    expect(found).toMatch(new RegExp(`${plural} +${short} +${group}/v1 +true +Shelf`));
    expect(await kubectl.ok(['api-versions'])).toContain(`${group}/v1beta1`);
    await kubectl.ok(['apply', '-f', '-'], shelf('one', { colour: 'red' }));
    for (const name of [full, `shelf.${group}`, `${short}.${group}`])
      expect(await kubectl.ok(['get', name, '-o', 'name'])).toBe(`shelf.${group}/one\n`);
    expect(await kubectl.ok(['get', 'furniture', '-o', 'name'])).toContain(`shelf.${group}/one\n`);
  });

  it('explains its fields', async () => {
    const told = await kubectl.ok(['explain', `${plural}.spec`, `--api-version=${group}/v1`]);
    expect(told).toContain('How many boards it has.');
    expect(told).toMatch(/colour\s+<string> -required-/);
  });

  it('prints its columns', async () => {
    expect(await kubectl.ok(['get', full])).toMatch(/^NAME +COLOUR +COUNT +AGE\none +red +1 +\d+s\n$/);
    expect(await kubectl.ok(['get', full, '-o', 'wide'])).toMatch(/WIDE/);
  });

  it('refuses what its schema and rules refuse, in upstream’s words', async () => {
    expect(await kubectl.fails(['create', '-f', '-'], shelf('bad', { colour: 'green' }))).toContain(
      'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
    );
    expect(await kubectl.fails(['create', '-f', '-'], shelf('bad', { colour: 'red', count: 11 }))).toContain(
      `The Shelf "bad" is invalid: spec: Invalid value: "object": there is no room for so many`,
    );
    expect(await kubectl.fails(['create', '-f', '-'], shelf('bad', { colour: 'red', cuont: 1 }))).toContain('unknown field "spec.cuont"');
    expect(await kubectl.fails(['patch', full, 'one', '--type=merge', '-p', '{"spec":{"colour":"blue"}}'])).toContain(
      'spec.colour: Invalid value: "object": a shelf keeps its colour',
    );
  });

  it('scales, selects by fields, and applies by the keys of lists', async () => {
    await kubectl.ok(['scale', full, 'one', '--replicas=3']);
    expect(await kubectl.ok(['get', full, 'one', '-o', 'jsonpath={.spec.count} {.metadata.generation}'])).toBe('3 2');
    await kubectl.ok(['apply', '-f', '-'], shelf('two', { colour: 'blue' }));
    expect(await kubectl.ok(['get', full, '--field-selector=spec.colour=blue', '-o', 'name'])).toBe(`shelf.${group}/two\n`);
    const apply = (manager: string, slot: string) =>
      kubectl.ok(
        ['apply', '--server-side', `--field-manager=${manager}`, '-f', '-'],
        shelf('three', { colour: 'red', slots: [{ name: slot, size: 1 }] }),
      );
    await apply('a', 'left');
    await apply('b', 'right');
    expect(await kubectl.ok(['get', full, 'three', '-o', 'jsonpath={.spec.slots[*].name}'])).toBe('left right');
  });

  it('reads an object in another version, and is warned that it is deprecated', async () => {
    const { stdout, stderr } = await kubectl.run(['get', `shelves.v1beta1.${group}`, 'one', '-o', 'jsonpath={.apiVersion}']);
    expect(stdout).toBe(`${group}/v1beta1`);
    expect(stderr).toContain(`Warning: ${group}/v1beta1 Shelf is deprecated`);
  });

  it('refuses a definition whose rules cannot be', async () => {
    const broken = JSON.stringify(definition(program))
      .replaceAll('self.count <= self.most', 'self.size > 0')
      .replaceAll(plural, 'boards')
      .replaceAll('Shelf', 'Board')
      .replace('"sh"', '"bo"');
    expect(await kubectl.fails(['create', '-f', '-'], broken)).toMatch(/compilation failed: ERROR: <input>:1:5: undefined field 'size'/);
  });

  it('removes the objects with the definition', async () => {
    await kubectl.ok(['delete', 'crd', full]);
    expect(await kubectl.fails(['get', full])).toMatch(/the server doesn't have a resource type/);
    await kubectl.ok(['create', '-f', '-'], JSON.stringify(definition(program)));
    await kubectl.ok(['wait', '--for=condition=Established', '--timeout=5s', 'crd', full]);
    expect((await kubectl.run(['get', full])).stderr).toContain('No resources found');
  });
});
