import { Application, Namespace } from '../api/kinds.generated.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import { isAlreadyExists, isConflict } from '../api/status.ts';
import { gitopsUser } from '../controlplane/identities.ts';
import { chunksOf, writeChunks, type StoredManifest } from '../gitops/chunks.ts';
import { applicationController } from '../gitops/controller.ts';
import type { ManifestLike } from '../gitops/desired.ts';
import { chunkOwner, createRevision, endRevision } from '../gitops/history.ts';
import type { Manifest, Renderer } from '../gitops/renderer.ts';
import type { Artifact, Sources } from '../gitops/source.ts';
import { annotations, pruneFinalizer, shortHash } from '../gitops/tracking.ts';
import { timestamp } from '../base/clock.ts';
import type { World } from './world.ts';

/** Where the Applications of the simulation live: apart from what they bring. */
export const stageNamespace = 'steersman-forecast';

/** One application as the simulation delivers it. */
export interface Delivery {
  readonly application: ObjectKey;
  readonly namespace: string;
  /** What it owns before. */
  readonly inventory: readonly StoredManifest[];
  readonly head: readonly ManifestLike[];
  readonly dependsOn: readonly ObjectKey[];
  readonly prune: boolean;
}

/** The Application's own name in the simulation. */
export function stageName({ namespace, name }: ObjectKey): string {
  const full = `${namespace}.${name}`.toLowerCase().replace(/[^a-z0-9.-]/g, '-');
  return full.length <= 200 ? full : `${full.slice(0, 180)}-${shortHash(full, 16)}`;
}

/**
 * Has the engine that keeps clusters true to a repository do what it would do after the merge: hooks, waves, health, pruning. Returns
 * at once; time must go on for it to work. Plans that wait for approval are approved: the merge was reviewed.
 */
export async function deliver(world: World, deliveries: readonly Delivery[]): Promise<void> {
  const heads = new Map(deliveries.map((each) => [stageName(each.application), each.head]));
  await world.client.create(Namespace, named(stageNamespace)).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  for (const delivery of deliveries) await declare(world, delivery);
  world.recording.mark();
  for (const { application, head } of deliveries)
    if (head.length === 0) await world.client.delete(Application, { namespace: stageNamespace, name: stageName(application) });
  const engine = applicationController({
    sources: headSources(world),
    renderers: [headRenderer(heads)],
    // What changes at one moment is looked at once: hundreds of objects do, and what they wait for takes seconds.
    gatherMs: 100,
    validate: (manifests) => Promise.resolve({ manifests, notes: [] }),
  });
  world.plane.run(engine, gitopsUser);
}
function named(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** An Application that stands healthy at the base, or one that has done nothing yet. */
async function declare({ client, clock }: World, delivery: Delivery): Promise<void> {
  const name = stageName(delivery.application);
  const { inventory, dependsOn } = delivery;
  const time = timestamp(clock);
  const made = await client.create(Application, {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name, namespace: stageNamespace, finalizers: [pruneFinalizer] },
    spec: {
      source: { repo: 'merge', path: name },
      namespace: delivery.namespace,
      sync: { prune: delivery.prune, adopt: true, budget: { objects: 1_000_000, percent: 100 } },
      dependsOn: dependsOn.map(stageName),
    },
  });
  if (inventory.length === 0) return;
  const chunks = chunksOf(name, inventory);
  await writeChunks(client, chunkOwner(made), chunks);
  const names = chunks.map((chunk) => chunk.name);
  const digest = shortHash(inventory.map((item) => item.digest).join('\n'), 32);
  const revision = await createRevision(client, made, {
    number: 1,
    commit: baseCommit,
    revision: baseCommit,
    author: '',
    subject: '',
    committedAt: time,
    cause: { type: 'commit' },
    planId: basePlan,
    summary: { create: inventory.length, configure: 0, recreate: 0, unchanged: 0, prune: 0, skip: 0, blocked: 0 },
    chunks: names,
    digest,
  });
  await endRevision(client, { namespace: stageNamespace, name: revision.metadata.name }, { outcome: 'Succeeded', finishedAt: time });
  const operation = { type: 'sync' as const, phase: 'Succeeded' as const, number: 1 };
  const status = {
    sync: 'Synced' as const,
    health: 'Healthy' as const,
    current: { number: 1, commit: baseCommit, planId: basePlan },
    inventory: { count: inventory.length, digest: digest.slice(0, 16), chunks: names },
    operation,
  };
  await client.patch(Application, { namespace: stageNamespace, name }, { status }, { subresource: 'status' });
}
const baseCommit = '0'.repeat(40);
const headCommit = '1'.repeat(40);
const basePlan = `p-${'0'.repeat(16)}`;

/** Approves what waits for a person. Answers how many there were. */
export async function approveHeld({ client }: World): Promise<number> {
  const { items } = await client.list(Application, { namespace: stageNamespace });
  let count = 0;
  for (const item of items) {
    const planId = item.status?.held?.planId;
    if (planId === undefined || item.metadata.annotations?.[annotations.approve] === planId) continue;
    const patch = { metadata: { annotations: { [annotations.approve]: planId } } };
    try {
      await client.patch(Application, { namespace: stageNamespace, name: item.metadata.name }, patch);
      count++;
    } catch (error) {
      // The engine writes at the same moment: it is looked at again.
      if (!isConflict(error)) throw error;
    }
  }
  return count;
}

function headSources(world: World): Sources {
  const artifact: Artifact = {
    revision: headCommit,
    commit: headCommit,
    author: '',
    subject: '',
    committedAt: timestamp(world.clock),
    digest: (path) => Promise.resolve(path),
    list: () => Promise.resolve([]),
    read: () => Promise.resolve([]),
    materialise: (path) => Promise.reject(new Error(`${path}: a simulation has no folder on disk`)),
  };
  return {
    resolve: () => Promise.resolve(artifact),
    at: () => Promise.resolve(artifact),
    watch: () => ({ how: 'held still', [Symbol.dispose]: () => undefined }),
    close: () => Promise.resolve(),
  };
}

function headRenderer(heads: ReadonlyMap<string, readonly ManifestLike[]>): Renderer {
  return {
    name: 'merge',
    detect: () => Promise.resolve(true),
    render: (_artifact, path) => {
      const manifests = (heads.get(path) ?? []).map((manifest): Manifest => {
        const { line } = manifest.origin;
        return { ...manifest, position: () => ({ line, column: 1 }) };
      });
      return Promise.resolve({ manifests, read: [], notes: [] });
    },
  };
}
