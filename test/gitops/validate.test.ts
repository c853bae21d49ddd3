import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invalid } from '../../src/api/status.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { judgeOf } from '../../src/gitops/judge.ts';
import { readManifests, type Validate } from '../../src/gitops/reading.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { problemText, RenderError, type Manifest } from '../../src/gitops/renderer.ts';
import { createPlainRenderer } from '../../src/gitops/renderers/plain.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { createValidate, mapServerErrors } from '../../src/gitops/validate.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

const signal = new AbortController().signal;
let plane: TestCluster;
let cluster: Cluster;
const validate = createValidate(new SimulatedClock());

beforeAll(async () => {
  plane = await startCluster({ controllers: [], scheduler: false, nodes: 0 });
  cluster = plane.cluster(undefined, 'test');
});
afterAll(() => plane.stop());

async function render(files: Readonly<Record<string, string>>): Promise<readonly Manifest[]> {
  const source = new MemorySource(new SimulatedClock());
  source.commit('r', files);
  const artifact = await source.resolve({ repo: 'r', path: '', revision: '', intervalMs: 1000 }, signal);
  return (await createPlainRenderer().render(artifact, '', signal)).manifests;
}
async function problems(files: Readonly<Record<string, string>>, options: { unserved?: 'error' | 'skip' } = {}): Promise<string[]> {
  const manifests = await render(files);
  const error: unknown = await validate(manifests, { cluster, namespace: 'shop', unserved: 'error', ...options }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (!(error instanceof RenderError)) throw new Error('no RenderError', { cause: error });
  return error.problems.map(problemText);
}

const deployment = (spec: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
${spec}`;

describe('validation', () => {
  it('finds nothing wrong with a good manifest, and puts it into the namespace', async () => {
    const manifests = await render({ 'a.yaml': `${deployment('')}  replicas: 2\n  paused: null\n` });
    const result = await validate(manifests, { cluster, namespace: 'shop', unserved: 'error' });
    expect(result.notes).toEqual([]);
    expect(result.manifests.map((manifest) => manifest.object.metadata)).toEqual([{ name: 'web', namespace: 'shop' }]);
    expect(result.manifests[0]?.position(['spec', 'replicas'])).toEqual({ line: 13, column: 13 });
  });

  it('names all that is wrong with file, line, column, value and what is allowed', async () => {
    const found = await problems({
      'web.yaml': deployment(`        ports:
        - containerPort: "eighty"
        imagePulPolicy: Always
        env:
        - {value: x}
  replicas: two
  strategi: {}
`),
      'svc.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 99999999999\n    protocol: TCPP\n',
    });
    expect(found).toEqual([
      'svc.yaml:6:11: Service web: spec.ports[0].port: Invalid value: 99999999999: must be between 1 and 65535, inclusive',
      'svc.yaml:6:11: Service web: spec.ports[0].port: Invalid value: 99999999999: must be a valid int32',
      'svc.yaml:7:15: Service web: spec.ports[0].protocol: Unsupported value: "TCPP": supported values: "SCTP", "TCP", "UDP"',
      'web.yaml:14:26: apps/Deployment web: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: "eighty": must be of type integer',
      'web.yaml:15:25: apps/Deployment web: spec.template.spec.containers[0].imagePulPolicy: unknown field: did you mean "imagePullPolicy"?',
      'web.yaml:17:11: apps/Deployment web: spec.template.spec.containers[0].env[0].name: Required value',
      'web.yaml:18:13: apps/Deployment web: spec.replicas: Invalid value: "two": must be of type integer',
      'web.yaml:19:3: apps/Deployment web: spec.strategi: unknown field: did you mean "strategy"?',
    ]);
  });

  it('names both places of an object that is written twice, also where one leaves the namespace out', async () => {
    const one = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n';
    expect(await problems({ 'a.yaml': one, 'b.yaml': `${one}  namespace: shop\n` })).toEqual([
      'b.yaml:4:9: ConfigMap shop/c: is written twice: also in "a.yaml", line 1',
    ]);
  });

  it('refuses names, namespaces, waves and hooks that cannot be', async () => {
    const found = await problems({
      'a.yaml': [
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: n1, namespace: x}',
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: No_Way, namespace: "-"}',
        'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: j-}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}',
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {steersman.dev/wave: one, steersman.dev/hook: Before}}',
      ].join('\n---\n'),
    });
    expect(found.map((line) => line.replace(/: Invalid value.*|: Required value.*|: Unsupported value.*/, ''))).toEqual([
      'a.yaml:3:33: Namespace x/n1: metadata.namespace',
      'a.yaml:7:18: ConfigMap -/No_Way: metadata.name',
      'a.yaml:7:37: ConfigMap -/No_Way: metadata.namespace',
      'a.yaml:11:1: batch/Job (no name): metadata.name',
      'a.yaml:16:55: ConfigMap c: metadata.annotations.steersman.dev/wave',
      'a.yaml:16:80: ConfigMap c: metadata.annotations.steersman.dev/hook',
    ]);
  });

  it('names what came after a removed version, and the kind that was probably meant', async () => {
    const of = (apiVersion: string, kind: string) => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}\n`;
    expect(
      await problems({
        'a.yaml': of('extensions/v1beta1', 'Deployment'),
        'b.yaml': of('apps/v1', 'Deploymnet'),
        'c.yaml': of('v1', 'Deployment'),
      }),
    ).toEqual([
      'a.yaml:2:7: extensions/Deployment x: Kubernetes 1.16 has removed extensions/v1beta1 Deployment; write apiVersion: apps/v1',
      'b.yaml:2:7: apps/Deploymnet x: the target does not serve apps/v1 Deploymnet; did you mean Deployment?',
      'c.yaml:2:7: Deployment x: the target does not serve v1 Deployment; it serves Deployment as apps/v1',
    ]);
  });

  it('leaves out what is not served when told so, and lists it', async () => {
    const manifests = await render({
      'a.yaml':
        'apiVersion: demo.example/v1\nkind: Shelf\nmetadata: {name: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n',
    });
    const { manifests: kept, notes } = await validate(manifests, { cluster, namespace: 'shop', unserved: 'skip' });
    expect(kept.map(({ object }) => object.kind)).toEqual(['ConfigMap']);
    expect(notes).toEqual(['demo.example/Shelf x ("a.yaml", line 1) is left out: the target does not serve demo.example/v1 Shelf']);
  });

  it('checks a custom object by the definition that comes with it', async () => {
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shelves.demo.example}
spec:
  group: demo.example
  scope: Cluster
  names: {kind: Shelf, plural: shelves, singular: shelf, listKind: ShelfList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [wood]
            properties:
              wood: {type: string, enum: [oak, ash]}
              height: {type: integer, minimum: 0, exclusiveMinimum: true}
              label: {type: string, pattern: "^(a+)+$"}
`;
    const shelf = (spec: string) => `apiVersion: demo.example/v1\nkind: Shelf\nmetadata: {name: s}\nspec: ${spec}\n`;
    expect(await problems({ 'crd.yaml': definition, 's.yaml': shelf('{wood: oak, height: 1, label: aaa}') })).toEqual([]);
    const found = await problems({
      'crd.yaml': definition,
      's.yaml': shelf(`{wood: elm, height: 0, colour: red, label: ${'a'.repeat(40)}!}`),
    });
    expect(found).toHaveLength(4);
    expect(found[0]).toMatch(/^s\.yaml:4:14: demo\.example\/Shelf s: spec\.wood: Unsupported value: "elm": .*"oak".*"ash"/);
    expect(found[1]).toMatch(/^s\.yaml:4:27: demo\.example\/Shelf s: spec\.height: Invalid value: 0/);
    expect(found[2]).toMatch(/spec\.colour: unknown field$/);
    expect(found[3]).toMatch(/spec\.label: Invalid value/);
    expect((await problems({ 'crd.yaml': definition, 's.yaml': shelf('{}') }))[0]).toMatch(/^s\.yaml:4:1: .*spec\.wood: Required value/);
  });

  it('never prints a value of a Secret', async () => {
    const found = await problems({
      's.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  a: "not base64 hunter2"\n  b: 12345678\nstringData:\n  c: {deep: hunter2}\ntype: 77\n',
    });
    expect(found.length).toBeGreaterThan(2);
    expect(found.join('\n')).not.toMatch(/hunter2|12345678/);
    expect(found[0]).toMatch(/^s\.yaml:5:6: Secret s: data\.a|^s\.yaml:5:6: Secret s: data\[a\]/);
  });

  it('puts a refusal of the server at the line of its field', async () => {
    const [manifest] = await render({ 'a.yaml': deployment('  replicas: 3\n') });
    const error = invalid({ group: 'apps', kind: 'Deployment' }, 'web', [
      { type: 'FieldValueInvalid', field: 'spec.replicas', value: 3, detail: 'must be less' },
      { type: 'FieldValueRequired', field: 'spec.template.spec.containers[0].name', detail: '' },
      { type: 'FieldValueInvalid', field: 'spec.selector.matchLabels[app]', value: 'web', detail: 'no' },
    ]);
    expect(mapServerErrors(error, manifest as Manifest).map(problemText)).toEqual([
      'a.yaml:13:13: apps/Deployment web: spec.replicas: Invalid value: 3: must be less',
      'a.yaml:11:15: apps/Deployment web: spec.template.spec.containers[0].name: Required value',
      'a.yaml:6:33: apps/Deployment web: spec.selector.matchLabels[app]: Invalid value: "web": no',
    ]);
  });

  it('says what the server alone can find, beside what the schemas find in other objects and what cannot be read at all', async () => {
    const crooked = deployment('').replace('name: web', 'name: crooked').replace('matchLabels: {app: web}', 'matchLabels: {app: other}');
    const files = { 'a.yaml': crooked, 'b.yaml': deployment('  replicas: many\n') };
    const judge = judgeOf(cluster, { namespace: 'shop', wait: (ms) => plane.clock.advance(ms) });
    const judged: Validate = (manifests, options) => validate(manifests as readonly Manifest[], { ...options, judge });
    const said = async (more: Readonly<Record<string, string>>) => {
      const source = new MemorySource(plane.clock);
      source.commit('r', { ...files, ...more });
      const reading = { sources: source, renderers: createRenderers(), validate: judged, cluster, signal };
      const spec = { repo: 'r', path: '', revision: '', intervalMs: 1000 };
      const error: unknown = await readManifests(reading, { source: spec, namespace: 'shop', unserved: 'error' }).catch(
        (thrown: unknown) => thrown,
      );
      return ((error as Error).cause as RenderError).problems.map(problemText);
    };
    const both = [
      expect.stringMatching(
        /^a\.yaml:\d+:\d+: apps\/Deployment shop\/crooked: spec\.template\.metadata\.labels: Invalid value: .*selector/,
      ),
      expect.stringMatching(/^b\.yaml:\d+:\d+: apps\/Deployment web: spec\.replicas: Invalid value: "many": must be of type integer/),
    ];
    expect(await said({})).toEqual(both);
    expect(await said({ 'c.yaml': 'a: [' })).toEqual([...both, expect.stringMatching(/^c\.yaml:1:/)]);
  });

  it('has a kind and a Namespace judged together with what needs them', async () => {
    const boat = JSON.stringify({
      apiVersion: 'sea.example/v1',
      kind: 'Boat',
      metadata: { name: 'b', namespace: 'harbour' },
      spec: { crew: 0 },
    });
    const schema = { type: 'object', properties: { spec: { type: 'object', properties: { crew: { type: 'integer', minimum: 1 } } } } };
    const definition = JSON.stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.sea.example' },
      spec: {
        group: 'sea.example',
        scope: 'Namespaced',
        names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    const files = { 'a.json': boat, 'b.json': definition, 'c.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: harbour}\n' };
    const judge = judgeOf(cluster, { namespace: 'shop', wait: (ms) => plane.clock.advance(ms) });
    const manifests = await render(files);
    const wrong: unknown = await validate(manifests, { cluster, namespace: 'shop', unserved: 'error', judge }).catch(
      (error: unknown) => error,
    );
    expect((wrong as RenderError).problems.map(problemText)).toEqual([expect.stringMatching(/^a\.json:.*spec\.crew: Invalid value: 0/)]);
    const better = await render({ ...files, 'a.json': boat.replace('"crew":0', '"crew":2') });
    expect((await validate(better, { cluster, namespace: 'shop', unserved: 'error', judge })).manifests).toHaveLength(3);
  });

  it('costs nothing for what it has checked before', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, at) => [`f${at}.yaml`, deployment('').replace('name: web', `name: web-${at}`)]),
    );
    const manifests = await render(files);
    const run = async () => {
      const begun = performance.now();
      await validate(manifests, { cluster, namespace: 'shop', unserved: 'error' });
      return performance.now() - begun;
    };
    await run();
    expect(Math.min(await run(), await run(), await run())).toBeLessThan(50);
  });
});

describe.skipIf(corpus === undefined)('validation of real manifests', () => {
  it('finds nothing wrong with the plain manifests of microservices-demo', async () => {
    const folder = corpusPath('gitops/microservices-demo/kubernetes-manifests');
    const files = Object.fromEntries(
      readdirSync(folder)
        .filter((name) => /ya?ml$/.test(name))
        .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    expect(await problems(files, { unserved: 'skip' })).toEqual([]);
  });
});
