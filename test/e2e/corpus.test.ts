import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, test } from 'vitest';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import type { Connection } from '../../src/client/connect.ts';
import { ReconcileError } from '../../src/reconcile/controller.ts';
import { applicationLabel, trackingValue } from '../../src/gitops/tracking.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { startPlannedCluster, troubles, wanted } from '../support/planned-cluster.ts';
import { root } from '../support/sources.ts';

const manifest = /\.(?:ya?ml|json)$/;

/** Every manifest below a folder, by path from it. */
function filesOf(folder: string): Record<string, string> {
  const paths = statSync(folder).isFile() ? [''] : (readdirSync(folder, { recursive: true }) as string[]).sort();
  const files = paths.filter((path) => manifest.test(join(folder, path)) && statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map((path) => [path === '' ? 'all.yaml' : path, readFileSync(join(folder, path), 'utf8')]));
}

/** Folders that hold manifests themselves, with only those. */
function foldersOf(folder: string): readonly string[] {
  const below = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => manifest.test(path));
  return [...new Set(below.map((path) => path.split('/').slice(0, -1).join('/')))].sort();
}

/** Syncs the files, then plans them again, as they are and spelled otherwise. Answers how many objects there were. */
async function syncTwice(files: Record<string, string>): Promise<number> {
  const world = await startPlannedCluster();
  try {
    const first = await world.planFiles(files);
    const blocked = first.steps.filter((step) => step.action === 'blocked').flatMap((step) => step.findings ?? []);
    if (blocked.length > 0) throw new ReconcileError('Blocked', blocked.map(({ message }) => message).join('; '));
    expect(troubles(await world.apply(first))).toEqual([]);
    const second = await world.planFiles(files);
    expect(wanted(second)).toEqual([]);
    const served = second.plan.summary.unchanged;
    if (served === 0) return 0;
    const respelled = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, respell(text)]));
    const live = second.steps.flatMap((step) => step.inspection?.live ?? []).map((object) => JSON.stringify(spelledOut(object)));
    for (const others of [respelled, { 'all.yaml': live.join('\n---\n') }]) {
      const third = await world.planFiles(others);
      expect(wanted(third)).toEqual([]);
      expect(third.plan.planId).toBe(second.plan.planId);
    }
    return served;
  } finally {
    await world.stop();
  }
}

/** A live object as a manifest: every default that the server filled in is in it. */
function spelledOut(live: KubeObject): object {
  const { name, namespace, labels, annotations } = live.metadata;
  const { [applicationLabel]: _ours, ...own } = labels ?? {};
  const { status: _status, ...rest } = live as KubeObject & { status?: unknown };
  return { ...rest, metadata: { name, namespace, labels: own, annotations } };
}

/** The same documents with the keys of each map the other way round, `1000m` for `1` and nulls that mean nothing. */
function respell(text: string): string {
  const documents = parseAllDocuments(text, { merge: true }).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : [value];
  });
  return documents.map((value) => JSON.stringify(other(value, []), undefined, 1)).join('\n---\n');
}
const quantities = new Set(['limits', 'requests']);
function other(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => other(item, path));
  if (typeof value !== 'object' || value === null) {
    const cpu = quantities.has(path.at(-2) ?? '') && path.at(-1) === 'cpu';
    if (!cpu) return value;
    const found = /^(\d+)(m?)$/.exec(String(value));
    return found === null ? value : found[2] === 'm' ? Number(found[1]) / 1000 : `${found[1]}000m`;
  }
  const entries = Object.entries(value).reverse();
  const out = Object.fromEntries(entries.map(([key, inner]) => [key, other(inner, [...path, key])]));
  return path.at(-1) === 'metadata' ? { deletionGracePeriodSeconds: null, ...out, ownerReferences: null } : out;
}

test('the plan right after a sync of sample-repo is empty, however it is spelled', async () => {
  expect(await syncTwice(filesOf(join(root, 'sample-repo/dev')))).toBeGreaterThan(7);
});

describe.skipIf(corpus === undefined)('the plan right after a sync is empty, however it is spelled', () => {
  test('of the plain manifests of microservices-demo', async () => {
    const { 'kustomization.yaml': _left, ...files } = filesOf(corpusPath('gitops/microservices-demo/kubernetes-manifests'));
    expect(await syncTwice(files)).toBe(35);
    expect(await syncTwice(filesOf(corpusPath('gitops/microservices-demo/release/kubernetes-manifests.yaml')))).toBe(35);
  });

  test('of podinfo as rendered', async () => {
    const { builds } = JSON.parse(readFileSync(corpusPath('rendered/podinfo.json'), 'utf8')) as {
      builds: Record<string, { ok: boolean; yaml?: string }>;
    };
    const counts: Record<string, number> = {};
    for (const [name, { yaml }] of Object.entries(builds)) if (yaml !== undefined) counts[name] = await syncTwice({ 'all.yaml': yaml });
    expect(counts).toEqual({ 'deploy/bases/backend': 3, kustomize: 3 });
  });

  test('of the guestbook and the other kubernetes-examples', async () => {
    const folder = corpusPath('gitops/kubernetes-examples');
    const counts = new Map<string, number>();
    const refused: string[] = [];
    const sync = async (path: string, files: Record<string, string>, instead: (error: Error) => unknown) => {
      try {
        counts.set(path, await syncTwice(files));
      } catch (error) {
        if (!(error instanceof ReconcileError)) throw new Error(`${path}: ${String(error)}`, { cause: error });
        await instead(error);
      }
    };
    for (const path of foldersOf(folder)) {
      const files = Object.entries(filesOf(join(folder, path))).filter(([name]) => !name.includes('/'));
      // Files that are alternatives of one another are applications of their own.
      await sync(path, Object.fromEntries(files), async () => {
        for (const [name, text] of files) {
          await sync(`${path}/${name}`, { [name]: text }, ({ message }) => refused.push(message.split('\n')[0] ?? ''));
        }
      });
    }
    const objects = [...counts.values()].reduce((sum, count) => sum + count, 0);
    console.log(`kubernetes-examples: ${objects} objects of ${counts.size} folders and files`);
    expect(counts.get('web/guestbook')).toBe(6);
    expect(objects).toBeGreaterThan(100);
    expect(refused).toEqual([
      expect.stringMatching(/^newrelic-config-template.yaml:7:11: this is a template/),
      expect.stringMatching(/^newrelic-config-template.yaml:7:11: this is a template/),
      'etcd-controller.yaml:12:3: the key "selector" is written twice',
      'etcd-discovery-controller.yaml:12:3: the key "selector" is written twice',
      'openshift-controller.yaml:12:3: the key "selector" is written twice',
      'quobyte-admin-secret.yaml:9:1: the key "type" is written twice',
      expect.stringMatching(/^etcd-controller-template.yaml:4:14: this is a template/),
      expect.stringMatching(/^etcd-service-template.yaml:4:14: this is a template/),
      expect.stringMatching(/^vtgate-controller-template.yaml:6:13: this is a template/),
      expect.stringMatching(/^vttablet-pod-template.yaml:4:9: .*metadata.name: Invalid value: "vttablet-{{uid}}"/),
      expect.stringMatching(/ReplicationController "sysdig-agent" is invalid: spec.selector: Required value/),
      expect.stringMatching(/^aws-ebs-web.yaml:12:21: .*protocol: Unsupported value: "tcp"/),
      expect.stringMatching(/^cinder-web.yaml:12:21: .*protocol: Unsupported value: "tcp"/),
      expect.stringMatching(/^fc.yaml:17:13: .*lun: Invalid value: "<ADD LUN ID Here>"/),
      expect.stringMatching(/^rbd.yaml:25:22: .*imageformat: unknown field/),
      expect.stringMatching(/^pod.yaml:17:25: .*protectionDoamin: unknown field: did you mean "protectionDomain"/),
      'sc-pvc.yaml:12:3: the key "storageClassName" is written twice',
      expect.stringMatching(/^storageos-pod.yaml:35:15: .*pool: unknown field/),
      expect.stringMatching(/^storageos-pv.yaml:22:17: .*secretName: unknown field/),
      expect.stringMatching(/^cassandra.yaml:10:1: this has no apiVersion and no kind/),
      expect.stringMatching(/^cassandra.yaml:18:1: this has no apiVersion and no kind/),
    ]);
  });
});

describe.skipIf(corpus === undefined)('a reordered list', () => {
  test('is a change exactly when the dry run changes the object', async () => {
    const world = await startPlannedCluster();
    const text = readFileSync(corpusPath('gitops/microservices-demo/release/kubernetes-manifests.yaml'), 'utf8');
    await world.apply(await world.planFiles({ 'all.yaml': text }));
    const objects = parseAllDocuments(text).flatMap((document) => (document.contents === null ? [] : [document.toJS() as KubeObject]));
    const seen = { changes: 0, same: 0 };
    for (const [at, object] of objects.entries()) {
      for (const reordered of reorderings(object)) {
        const { steps } = await world.planFiles({
          'all.yaml': objects.map((one, index) => JSON.stringify(index === at ? reordered : one)).join('\n---\n'),
        });
        const step = steps.find((one) => one.ref.kind === object.kind && one.ref.name === object.metadata.name);
        const moved = await dryRunMoves(world.cluster, reordered);
        expect([step?.action, JSON.stringify(reordered)]).toEqual([moved ? 'configure' : 'unchanged', JSON.stringify(reordered)]);
        if (moved) expect(step?.why).toContain('order only');
        seen[moved ? 'changes' : 'same'] += 1;
      }
    }
    await world.stop();
    console.log('reordered lists:', seen);
    expect(seen.changes).toBeGreaterThan(0);
  });
});

describe('order', () => {
  const pod = (lists: { finalizers: string[]; env: string[]; args: string[] }): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', finalizers: lists.finalizers },
      spec: {
        containers: [{ name: 'main', image: 'web', args: lists.args, env: lists.env.map((name) => ({ name, value: '1' })) }],
      },
    }) as KubeObject;
  const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const before = { finalizers: ['a.example/x', 'b.example/x'], env: ['A', 'B'], args: ['same', 'same'] };
  const listed = (...items: object[]) => ({ 'all.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });

  test.each<[string, typeof before, boolean]>([
    ['of a set, which the dry run keeps as it is written,', { ...before, finalizers: ['b.example/x', 'a.example/x'] }, true],
    ['of entries that are alike', { ...before, args: [...before.args].reverse() }, false],
  ])('%s is a change exactly when the dry run says so', async (_what, after, changes) => {
    const world = await startPlannedCluster();
    await world.apply(await world.planFiles(listed(pod(before))));
    const { steps } = await world.planFiles(listed(pod(after)));
    expect(await dryRunMoves(world.cluster, pod(after))).toBe(changes);
    expect(steps.map(({ action }) => action)).toEqual([changes ? 'configure' : 'unchanged']);
    if (changes) expect(steps[0]?.why).toContain('order only');
    await world.stop();
  });

  test('of manifests, in a List as in a file, is no change', async () => {
    const world = await startPlannedCluster();
    const items = [map('a'), pod(before), map('b')];
    await world.apply(await world.planFiles(listed(...items)));
    const [first, second] = [await world.planFiles(listed(...items)), await world.planFiles(listed(...items.reverse()))];
    expect(wanted(second)).toEqual([]);
    expect(second.plan.planId).toBe(first.plan.planId);
    await world.stop();
  });
});

/** The object with one of its lists the other way round, for each list of two and more. */
function reorderings(object: KubeObject): KubeObject[] {
  const out: KubeObject[] = [];
  const walk = (value: unknown, put: (inner: unknown) => unknown): void => {
    if (Array.isArray(value)) {
      if (value.length > 1) out.push(put([...(value as unknown[])].reverse()) as KubeObject);
      value.forEach((inner, at) => walk(inner, (changed) => put((value as unknown[]).map((one, index) => (index === at ? changed : one)))));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, (changed) => put({ ...value, [key]: changed }));
    }
  };
  walk(object, (changed) => changed);
  return out;
}

/** Asked of the server itself, without the planner. */
async function dryRunMoves(cluster: Connection, manifest: KubeObject): Promise<boolean> {
  const kind = (await cluster.kindOf(manifest)) as Kind;
  const labels = { ...manifest.metadata.labels, [applicationLabel]: trackingValue({ namespace: 'default', name: 'app' }) };
  const sent = { ...manifest, metadata: { ...manifest.metadata, namespace: 'default', labels } };
  const before = await cluster.get(kind, { namespace: 'default', name: manifest.metadata.name });
  const after = await cluster.apply(kind, sent, { fieldManager: 'steersman', force: true, dryRun: true });
  const { managedFields: _b, ...old } = before.metadata;
  const { managedFields: _a, ...now } = after.metadata;
  return JSON.stringify({ ...before, metadata: old }) !== JSON.stringify({ ...after, metadata: now });
}
