import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { apiVersionOf, keyOf, type Kind, type KubeObject } from '../../src/api/object.ts';
import { isAlreadyExists, isNotFound, StatusError } from '../../src/api/status.ts';
import { canonicalJson, isRecord } from '../../src/base/json.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { ReconcileError } from '../../src/reconcile/controller.ts';
import { changes } from '../../src/gitops/plan-id.ts';
import { lastApplied } from '../../src/gitops/tracking.ts';
import { strategicMerge } from '../../src/schema/strategic-merge.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { builtInKinds } from '../support/api-server.ts';
import { startPlannedCluster, troubles, wanted, type PlannedCluster } from '../support/planned-cluster.ts';
import { threeWayDiff } from '../support/strategic-diff.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Manifests that are one application: plain files of a folder, or what a build has rendered. */
interface Bundle {
  readonly name: string;
  readonly documents: readonly KubeObject[];
}
const manifest = /\.(?:ya?ml|json)$/;
const plain = ['kubernetes-examples', 'argo-cd-e2e-testdata', 'microservices-demo', 'podinfo', 'onedr0p-home-ops'];
const rendered = ['argo-cd-e2e-testdata', 'flux2-kustomize-helm-example', 'microservices-demo', 'onedr0p-home-ops', 'podinfo'];

/** The objects of a text, Lists unfolded; none where it is a template, or no manifest at all. */
function objectsOf(text: string): KubeObject[] {
  let values: unknown[];
  try {
    const documents = parseAllDocuments(text, { version: '1.1', merge: true, uniqueKeys: false, logLevel: 'silent' });
    values = 'empty' in documents ? [] : documents.flatMap((document) => (document.errors.length > 0 ? [] : [document.toJS() as unknown]));
  } catch {
    return []; // a template, which is no YAML before it is rendered
  }
  return values.flatMap((value): KubeObject[] => {
    if (!isRecord(value) || typeof value['kind'] !== 'string' || typeof value['apiVersion'] !== 'string') return [];
    if (Array.isArray(value['items']) && value['kind'].endsWith('List')) return value['items'] as KubeObject[];
    const name: unknown = isRecord(value['metadata']) ? value['metadata']['name'] : undefined;
    return typeof name === 'string' && !name.includes('{{') ? [value as unknown as KubeObject] : [];
  });
}
function bundles(): Bundle[] {
  const out: Bundle[] = [];
  for (const source of plain) {
    const root = corpusPath('gitops', source);
    for (const path of (readdirSync(root, { recursive: true }) as string[]).sort()) {
      if (!manifest.test(path) || !statSync(join(root, path)).isFile()) continue;
      out.push({ name: `${source}/${path}`, documents: objectsOf(readFileSync(join(root, path), 'utf8')) });
    }
  }
  for (const source of rendered) {
    const { builds } = JSON.parse(readFileSync(corpusPath('rendered', `${source}.json`), 'utf8')) as {
      builds: Record<string, { yaml?: string }>;
    };
    for (const [name, { yaml = '' }] of Object.entries(builds))
      out.push({ name: `rendered ${source}/${name}`, documents: objectsOf(yaml) });
  }
  return out.filter(({ documents }) => documents.some(isServed));
}
const servedKinds = new Set(builtInKinds().map(({ kind }) => `${apiVersionOf(kind)} ${kind.kind}`));
/** Kinds that come with a definition are left out: they are others' to try. */
function isServed({ apiVersion, kind }: KubeObject): boolean {
  return servedKinds.has(`${apiVersion} ${kind}`);
}

/** Why the server does not take an object; undefined when it does. */
async function refusalOf(world: PlannedCluster, object: KubeObject): Promise<string | undefined> {
  const kind = (await world.cluster.kindOf(object)) as Kind;
  try {
    await world.cluster.create(kind, placed(kind, object), { dryRun: true, fieldValidation: 'Strict' });
    return undefined;
  } catch (error) {
    // It was made so that others have a place.
    if (isAlreadyExists(error) && kind.kind === 'Namespace') return undefined;
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}
function placed(kind: Kind, object: KubeObject): KubeObject {
  const { namespace, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(kind.namespaced && { namespace: namespace ?? 'default' }) } };
}
/** Namespaces that the objects name, so that they have a place. */
async function furnish(world: PlannedCluster, documents: readonly KubeObject[]): Promise<void> {
  const kind = (await world.cluster.kindOf({ apiVersion: 'v1', kind: 'Namespace' } as KubeObject)) as Kind;
  for (const name of new Set(documents.map(({ metadata }) => metadata.namespace ?? 'default'))) {
    const found = await world.cluster.get(kind, { namespace: '', name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    if (found === undefined) await world.cluster.create(kind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
}
function files(documents: readonly KubeObject[]): Record<string, string> {
  return { 'all.yaml': documents.map((object) => JSON.stringify(object)).join('\n---\n') };
}

/** `kubectl apply`: made with what was applied in an annotation, or patched strategically by the difference of three. */
async function clientSideApply(world: PlannedCluster, object: KubeObject): Promise<KubeObject> {
  const kind = (await world.cluster.kindOf(object)) as Kind;
  const sent = placed(kind, object);
  const annotations = { ...sent.metadata.annotations };
  delete annotations[lastApplied];
  const remembered = `${canonicalJson({ ...sent, metadata: { ...sent.metadata, annotations } })}\n`;
  const modified = { ...sent, metadata: { ...sent.metadata, annotations: { ...annotations, [lastApplied]: remembered } } };
  const manager = { fieldManager: 'kubectl-client-side-apply' };
  const live = await world.cluster.get(kind, keyOf(sent)).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  if (live === undefined) return world.cluster.create(kind, modified, manager);
  const last = JSON.parse(live.metadata.annotations?.[lastApplied] ?? '{}') as Fields;
  const { schema } = builtInKinds().find((one) => one.kind.group === kind.group && one.kind.kind === kind.kind) as ResourceKind;
  const patch = threeWayDiff(schema, { last, manifest: modified as unknown as Fields, live: live as unknown as Fields });
  return world.cluster.update(kind, strategicMerge(schema, live, patch) as unknown as KubeObject, manager);
}

/** What is refused, by name, and why, for people: looked through by hand, written anew with UPDATE_GOLDEN=1. */
const refusals = join(import.meta.dirname, 'corpus-refusals.txt');
/** Without what the server itself writes meanwhile. */
function written({ metadata, ...rest }: KubeObject): object {
  const { resourceVersion: _version, managedFields: _fields, ...own } = metadata;
  const { status: _status, ...body } = rest as { status?: unknown };
  return { ...body, metadata: own };
}

/** Does it in a cluster of its own; a bundle that is refused as a whole is noted. */
async function inCluster(name: string, work: (world: PlannedCluster) => Promise<void>): Promise<void> {
  const world = await startPlannedCluster();
  try {
    await work(world);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw new Error(`${name}: ${String(error)}`, { cause: error });
    refusedBy.set(name, error.message);
  } finally {
    await world.stop();
  }
}

const refusedBy = new Map<string, string>();
/** Where time is short, every third bundle is also applied by a client. */
const oneOf = process.env['STEER_SOAK'] === undefined ? 3 : 1;
/** What the server takes, by the name of the bundle. */
const taken = new Map<string, { readonly kept: readonly KubeObject[]; readonly unchanged: number }>();
const planned = { all: 0, unchanged: 0 };

describe.skipIf(corpus === undefined)('manifests of the corpus', { timeout: 600_000 }, () => {
  const all = corpus === undefined ? [] : bundles();

  it('applied, then planned: the plan is empty', async () => {
    for (const { name, documents } of all) {
      await inCluster(name, async (world) => {
        const kept: KubeObject[] = [];
        const own = distinct(documents.filter(isServed));
        await furnish(world, own);
        for (const object of own) {
          const refusal = await refusalOf(world, object);
          if (refusal === undefined) kept.push(object);
          else refusedBy.set(`${name}: ${object.kind} ${object.metadata.name}`, refusal);
        }
        planned.all += own.length;
        if (kept.length === 0) return;
        expect(troubles(await world.apply(await world.planFiles(files(kept)))), name).toEqual([]);
        const second = await world.planFiles(files(kept));
        expect(wanted(second), name).toEqual([]);
        planned.unchanged += second.plan.summary.unchanged;
        taken.set(name, { kept, unchanged: second.plan.summary.unchanged });
      });
    }
    console.log(`corpus: ${planned.all} objects of ${all.length} bundles, ${planned.unchanged} planned to be unchanged`);
    expect(planned.unchanged).toBeGreaterThan(800);
    const table = [...refusedBy].map(([name, why]) => `${name}\n    ${why.replaceAll('\n', '\n    ')}\n`).join('');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(refusals, table);
    const names = readFileSync(refusals, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(' '));
    expect([...refusedBy.keys()]).toEqual(names);
  });

  it('applied by kubectl on the client side, then planned: nothing changes but whose they are', async () => {
    const before = { unchanged: 0 };
    const takenOver = { objects: 0, claimed: 0 };
    for (const [name, { kept, unchanged }] of [...taken].filter((_, index) => index % oneOf === 0)) {
      before.unchanged += unchanged;
      await inCluster(name, async (world) => {
        await furnish(world, kept);
        for (const object of kept) {
          const once = await clientSideApply(world, object);
          expect(written(await clientSideApply(world, object)), name).toEqual(written(once));
        }
        const first = await world.planFiles(files(kept));
        // What runs once for a set of manifests runs for the set that is planned; of all else only the owner changes.
        const changed = first.steps.filter((step) => changes(step) && !(step.phase !== 'Sync' && step.action === 'recreate'));
        expect(changed, name).toEqual([]);
        takenOver.claimed += first.steps.filter(({ send }) => send === 'own').length;
        expect(troubles(await world.apply(first)), name).toEqual([]);
        const second = await world.planFiles(files(kept));
        expect(wanted(second), name).toEqual([]);
        expect(
          second.steps.filter(({ send }) => send !== 'nothing'),
          name,
        ).toEqual([]);
        takenOver.objects += second.plan.summary.unchanged;
      });
    }
    console.log(`taken over from kubectl: ${takenOver.objects} objects, ${takenOver.claimed} of them by claiming their fields`);
    expect(takenOver.objects).toBe(before.unchanged);
    expect(takenOver.claimed).toBeGreaterThan(800 / oneOf - 50);
  });
});

/** The last of those that are one object. */
function distinct(documents: readonly KubeObject[]): readonly KubeObject[] {
  const byName = new Map(
    documents.map((object) => [[object.apiVersion, object.kind, object.metadata.namespace, object.metadata.name].join('/'), object]),
  );
  return [...byName.values()];
}
