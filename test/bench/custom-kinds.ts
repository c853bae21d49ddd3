import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { stringify } from 'yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { startControlPlane } from '../../src/controlplane/start.ts';
import { steer } from './daemon.ts';
import { median, timed, type Row } from './measure.ts';

const definitions = 200;
const usedKinds = 10;

/** A schema as operators have them: some 100 fields and 20 KB, lists by keys, patterns, defaults and rules. */
function definition(index: number): KubeObject {
  const text = (more: object = {}) => ({ type: 'string', description: 'What this says of the thing that it belongs to.', ...more });
  const part = (name: string) => ({
    type: 'object',
    description: `Part ${name} of what is wanted.`,
    required: ['name'],
    properties: {
      name: text({ maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
      mode: text({ enum: ['Always', 'Never', 'IfNotPresent'], default: 'Always' }),
      count: { type: 'integer', minimum: 0, maximum: 1000, default: 1 },
      limits: {
        type: 'object',
        additionalProperties: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
      },
      ports: {
        type: 'array',
        maxItems: 20,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port'],
        items: {
          type: 'object',
          required: ['port'],
          properties: { port: { type: 'integer' }, protocol: text({ default: 'TCP' }), name: text() },
        },
      },
      when: text({ format: 'date-time' }),
    },
    'x-kubernetes-validations': [{ rule: "self.count > 0 || self.mode == 'Never'", message: 'what is not there may not always be' }],
  });
  const properties = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`part${at}`, part(`part${at}`)]));
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties }, status: { type: 'object', properties: { ready: { type: 'boolean' } } } },
  };
  const plural = `things${index}`;
  const spec = {
    group: `g${index % 20}.bench.example`,
    scope: 'Namespaced',
    names: { plural, kind: `Thing${index}` },
    versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } }],
  };
  const metadata = { name: `${plural}.${spec.group}` };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec } as KubeObject;
}
function thing(index: number): KubeObject {
  const spec = { part0: { name: 'a', ports: [{ port: 80 }] }, part1: { name: 'b', limits: { cpu: 1, memory: '1Gi' } } };
  return {
    apiVersion: `g${index % 20}.bench.example/v1`,
    kind: `Thing${index}`,
    metadata: { name: 'one', namespace: 'default' },
    spec,
  } as KubeObject;
}
const all = Array.from({ length: definitions }, (_, index) => definition(index));
const used = Array.from({ length: usedKinds }, (_, index) => thing(index * 7));

/** A folder of 200 custom kinds of which ten are used, planned with no cluster by a process of its own; and what they cost within one. */
export async function customKinds(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-kinds-'));
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { stdio: 'ignore' });
    git('init', '-q', '-b', 'main');
    all.forEach((object, index) => writeFileSync(join(folder, `definition-${index}.yaml`), stringify(object)));
    for (const value of ['a', 'b']) {
      writeFileSync(join(folder, 'things.yaml'), used.map((object) => stringify(named(object, value))).join('---\n'));
      git('add', '-A');
      git('commit', '-q', '-m', 'change');
    }
    const runs: number[] = [];
    for (let run = 0; run < 3; run++) runs.push(await timed(() => Promise.resolve(plan(folder))));
    return [
      { name: `plan of ${definitions} custom kinds, cold`, value: median(runs) / 1000, unit: 's', line: '<= 3' },
      ...(await within()),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
function plan(folder: string): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [steer, 'plan', folder, '--from', 'HEAD~1', '--to', 'HEAD', '-o', 'json'],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  // 2 says that there is something to do.
  if (status !== 0 && status !== 2) throw new Error(`steer plan ended with ${status}:\n${stdout.slice(-500)}${stderr}`);
}

function named(object: KubeObject, label: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { value: label } } };
}

/** Counted where Ajv is set up: once for each custom kind whose schema it compiles. */
async function within(): Promise<Row[]> {
  let compiled = 0;
  const addKeyword = Ajv.prototype.addKeyword;
  Ajv.prototype.addKeyword = function (this: Ajv, ...args: Parameters<typeof addKeyword>) {
    if (typeof args[0] === 'object' && args[0].keyword === 'quantity') compiled++;
    return addKeyword.apply(this, args);
  };
  const clock = new SimulatedClock();
  const plane = await startControlPlane({
    clock,
    random: seededRandom(1),
    log: silentLog,
    version: '0',
    controllers: [],
    scheduler: false,
  });
  const cluster = plane.cluster();
  const kind = {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  };
  await cluster.create(kind, definition(9999));
  const built = compiled;
  const before = heapMb();
  const definedMs = await timed(async () => {
    for (const object of all) await cluster.create(kind, object);
  });
  const idleMb = heapMb() - before;
  for (const [index, object] of used.entries()) {
    const group = object.apiVersion.split('/')[0] as string;
    await cluster.create({ group, version: 'v1', kind: object.kind, plural: `things${index * 7}`, namespaced: true }, object);
  }
  const rows: Row[] = [
    { name: `custom kinds compiled, of ${definitions} with ${usedKinds} used`, value: compiled - built, unit: '', line: `<= ${usedKinds}` },
    { name: 'a custom kind: from definition to served', value: definedMs / definitions, unit: 'ms' },
    { name: 'a custom kind that nobody uses, heap', value: (idleMb * 1024) / definitions, unit: 'KiB' },
  ];
  await plane.stop();
  Ajv.prototype.addKeyword = addKeyword;
  return rows;
}
function heapMb(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
