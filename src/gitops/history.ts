import { ApplicationRevision, type Application, Application as ApplicationKind } from '../api/kinds.generated.ts';
import { controllerReference } from '../api/owner.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import { keyOf, refOf } from '../api/object.ts';
import type { PlanStep, PlanSummary } from '../api/plan.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { Secret } from '../api/kinds.generated.ts';
import { readChunks, type ChunkOwner, type StoredManifest } from './chunks.ts';
import { fieldChanges } from './changes.ts';
import { comparable, maskManifest } from './mask.ts';
import { planPatch } from './patch-planner.ts';
import type { Shape } from './shape.ts';
import { stepDigest } from './plan-id.ts';

/** What a revision is made from. */
export interface RevisionDraft {
  readonly number: number;
  readonly commit: string;
  readonly revision: string;
  readonly author: string;
  readonly subject: string;
  readonly committedAt: string;
  readonly cause: { readonly type: 'commit' | 'rollback' | 'apply' | 'drift' | 'approve'; readonly by?: string; readonly message?: string };
  readonly planId: string;
  readonly summary: PlanSummary;
  readonly chunks: readonly string[];
  readonly digest: string;
  readonly approved?: string;
}

export function chunkOwner(application: Readonly<Application>): ChunkOwner {
  const { controller: _controller, blockOwnerDeletion: _block, ...reference } = controllerReference(ApplicationKind, application);
  return { ...keyOf(application), reference };
}

/** Creates `<app>-<number>`. It runs until its status says how it ended. @throws StatusError AlreadyExists when the history moved on */
export function createRevision(
  cluster: Cluster,
  application: Readonly<Application>,
  draft: RevisionDraft,
): Promise<Readonly<ApplicationRevision>> {
  const { namespace, name } = keyOf(application);
  const { path, repo } = application.spec.source;
  return cluster.create(ApplicationRevision, {
    apiVersion: 'steersman.dev/v1',
    kind: 'ApplicationRevision',
    metadata: { name: `${name}-${draft.number}`, namespace, ownerReferences: [controllerReference(ApplicationKind, application)] },
    spec: {
      application: name,
      ...draft,
      cause: { ...draft.cause },
      summary: { ...draft.summary },
      chunks: [...draft.chunks],
      source: { repo: withoutCredentials(repo), path: path ?? '' },
    },
  });
}

/** A repository's address without user and password. */
export function withoutCredentials(repo: string): string {
  return repo.replace(/^([a-z+]+:\/\/)[^@/]*@/, '$1');
}

export type Outcome = 'Succeeded' | 'Failed' | 'Superseded';
export interface RevisionEnd {
  readonly outcome: Outcome;
  readonly health?: NonNullable<ApplicationRevision['status']>['health'];
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt: string;
}
/** Says how a revision ended. What it had written before (finished Jobs) stays. */
export function endRevision(cluster: Cluster, key: ObjectKey, end: RevisionEnd): Promise<Readonly<ApplicationRevision>> {
  return cluster.patch(ApplicationRevision, key, { status: { ...end } }, { subresource: 'status' });
}

/** A rollback went back behind this revision: history shows it. */
export function markBad(cluster: Cluster, key: ObjectKey): Promise<Readonly<ApplicationRevision>> {
  return cluster.patch(ApplicationRevision, key, { status: { bad: true } }, { subresource: 'status' });
}

/** Still running: it was made, and nothing says how it ended. */
export function isOpen(revision: Readonly<ApplicationRevision>): boolean {
  return revision.status?.outcome === undefined || revision.status.outcome === 'Running';
}

/**
 * The chunks of all that an application counts as its own: what its status says, and what came with revisions since the last one that
 * succeeded. So an object is known before it is created, whatever a crash keeps from being written.
 */
export function ownedChunks({
  application,
  revisions,
}: {
  application: Readonly<Application>;
  revisions: readonly Readonly<ApplicationRevision>[];
}): ReadonlySet<string> {
  const { inventory, current } = application.status ?? {};
  const newer = revisions.filter((revision) => revision.spec.number > (current?.number ?? 0));
  return new Set([...(inventory?.chunks ?? []), ...newer.flatMap((revision) => revision.spec.chunks ?? [])]);
}

/** Deletes revisions beyond the limit, oldest first, and the chunks that only they name. `keep` are chunks that are in use. */
export async function trimHistory(
  cluster: Cluster,
  revisions: readonly Readonly<ApplicationRevision>[],
  options: { limit: number; keep: ReadonlySet<string> },
): Promise<void> {
  const sorted = [...revisions].sort((a, b) => a.spec.number - b.spec.number);
  const old = sorted.slice(0, Math.max(0, sorted.length - options.limit));
  if (old.length === 0) return;
  const used = new Set(options.keep);
  for (const revision of sorted.slice(old.length)) for (const name of chunkNames(revision)) used.add(name);
  for (const revision of old) {
    for (const name of new Set(chunkNames(revision))) {
      if (!used.has(name)) await ignoringAbsence(cluster.delete(Secret, { namespace: revision.metadata.namespace ?? '', name }));
    }
    await ignoringAbsence(cluster.delete(ApplicationRevision, keyOf(revision)));
  }
}
function chunkNames(revision: Readonly<ApplicationRevision>): string[] {
  return [...(revision.spec.chunks ?? []), ...(revision.spec.approved === undefined ? [] : [revision.spec.approved])];
}
async function ignoringAbsence(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    // deleted before, by an attempt that was cut short
    if (!isNotFound(error) && !isAlreadyExists(error)) throw error;
  }
}

/** The manifests that a revision applied. @throws Error when they are gone */
export function manifestsOf(
  cluster: Cluster,
  revision: Readonly<ApplicationRevision>,
  cache?: Map<string, readonly StoredManifest[]>,
): Promise<readonly StoredManifest[]> {
  return readChunks(cluster, revision.metadata.namespace ?? '', revision.spec.chunks ?? [], cache);
}

/**
 * What the manifests of one revision change against those of another, from what is stored, without the repository. Lists of kinds
 * for which `shapeOf` knows nothing are compared as a whole; Secrets are masked.
 */
export function diffManifests(
  from: readonly StoredManifest[],
  to: readonly StoredManifest[],
  shapeOf: (object: KubeObject) => Shape | undefined = () => undefined,
): PlanStep[] {
  const before = new Map(from.map((item) => [item.name, item]));
  const after = new Map(to.map((item) => [item.name, item]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => differenceOf({ name, old: before.get(name), item: after.get(name) }, shapeOf) ?? []);
}

function differenceOf(
  { name, old, item }: { name: string; old: StoredManifest | undefined; item: StoredManifest | undefined },
  shapeOf: (object: KubeObject) => Shape | undefined,
): PlanStep | undefined {
  const either = item ?? old;
  if (either === undefined || old?.digest === item?.digest) return undefined;
  const shape = shapeOf(either.object);
  const live = old && shown(old);
  const patch = item === undefined ? [{ op: 'remove' as const, path: '' }] : planPatch(name, live, shown(item), shape);
  if (patch.length === 0) return undefined;
  const action = old === undefined ? 'create' : item === undefined ? 'prune' : 'configure';
  const ref = refOf(either.object);
  return {
    action,
    ref,
    phase: 'Sync',
    wave: 0,
    patch,
    ...(live === undefined || item === undefined ? {} : { changes: fieldChanges(live, shown(item), shape) }),
    uid: '',
    digest: stepDigest(action, ref, patch),
    basis: 'schema',
    origin: either.origin,
  };
}
function shown(item: StoredManifest): unknown {
  return comparable(maskManifest(item.object, item.blob) as StoredManifest['object']);
}
