import { keyText, refOf, refText, type KubeObject, type ObjectKey } from '../api/object.ts';
import type { PlanStep } from '../api/plan.ts';
import type { ApplicationReview, Caution, Move, Review, ReviewRevision } from '../api/review.ts';
import { versionInfo } from '../apiserver/version.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Cluster } from '../client/cluster.ts';
import type { ChartCache } from '../gitops/chart-cache.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import type { DesiredSet } from '../gitops/desired.ts';
import { createImportCache, findApplications, type ImportCache } from '../gitops/find-applications.ts';
import type { Found, FoundApplication } from '../gitops/found.ts';
import { withoutCredentials } from '../gitops/history.ts';
import { nearest } from '../gitops/nearest.ts';
import { changes } from '../gitops/plan-id.ts';
import type { Renderer } from '../gitops/renderer.ts';
import type { Artifact, Sources, SourceSpec } from '../gitops/source.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { apiVersionCautions, minorOf } from './api-versions.ts';
import { cautioned } from './cautioned.ts';
import { hiddenIn } from './hidden.ts';
import { driftOf, type Drift } from './live.ts';
import { movesOf } from './moves.ts';
import type { ClusterProfile } from './profile.ts';
import { pairsOf, type Pair, type Tree } from './pairs.ts';
import type { ChangedPair, PlannedPair } from './plan-pairs.ts';
import { plansOf } from './planning.ts';
import { sideOf } from './sides.ts';
import type { UnknownKind } from './unknown-kinds.ts';

export interface ReviewRequest {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of Steersman. */
  readonly version: string;
  /** As `loadKinds` answers them. */
  readonly kinds: readonly ResourceKind[];
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  /** The head; its path narrows where applications are looked for. */
  readonly source: SourceSpec;
  /** The revision of the base. */
  readonly from: string;
  /** What applications a tree holds. Default: what `findApplications` finds. */
  readonly find?: (artifact: Artifact, path: string, signal: AbortSignal) => Promise<Found>;
  /** What was found before, of reviews of one repository. */
  readonly imports?: ImportCache;
  /** Charts of other places that were fetched before; the renderers must have the same. */
  readonly charts?: ChartCache;
  /** Kinds that are not served and can have no definition: `apps/v9`. Default `error`. */
  readonly unserved?: 'error' | 'skip';
  /** Only these applications, `namespace/name` or the name alone. */
  readonly only?: readonly string[];
  /** Plans also what nothing changes. */
  readonly unchangedToo?: boolean;
  /** Custom kinds without a definition are errors. */
  readonly strict?: boolean;
  /** Folders and files of this machine that define custom kinds. */
  readonly schemaLocations?: readonly string[];
  /** Of the cluster that judges, and what it is called (its file). Default: the embedded one. */
  readonly profile?: { readonly name: string; readonly content: ClusterProfile };
  /** Of the release (1.N) that the cluster has or is about to have. Default: that of the profile; without one nothing is said of releases. */
  readonly kubernetesMinor?: number;
  /** A cluster that runs the base, to tell what else a sync will undo there, and what it is called. */
  readonly live?: { readonly target: string; readonly cluster: Cluster };
  readonly signal: AbortSignal;
}
/** A review, and what a forecast of it starts from. */
export interface Reviewed {
  readonly review: Review;
  /** Those that may change, by name; what nothing changes is not rendered. */
  readonly applications: readonly ReviewedApplication[];
  /** Of custom kinds that no application brings: what makes a cluster in memory take them. */
  readonly definitions: readonly KubeObject[];
  /** What a profile says of the cluster around the applications, and its nodes; empty without one. */
  readonly surroundings: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
}
/** What both revisions make of an application. */
export interface ReviewedApplication {
  readonly application: ObjectKey;
  /** At the head; of one that goes, at the base. */
  readonly found: FoundApplication;
  /** Objects ready to be applied, in order; empty where the revision has no such application. */
  readonly base: DesiredSet;
  readonly head: DesiredSet;
}

/**
 * What a merge does to all applications of a repository, without a cluster. Cost grows with the change: an application whose inputs are
 * the same at both revisions is neither rendered nor planned.
 * @throws ReconcileError of the source; what is wrong with one application is in its part of the review
 */
export async function reviewRevisions(request: ReviewRequest): Promise<Reviewed> {
  const watch = stages(request.clock);
  const { base, head } = await treesOf(request);
  const all = await pairsOf(base, head, request.renderers);
  const pairs = chosen(all, request.only);
  watch('read');
  const changed = await sidesOf(request, pairs, [base.artifact, head.artifact]);
  watch('render');
  const { planned, unknown, definitions, notes } = await plansOf(request, changed, [base, head]);
  watch('plan');
  const drift = await driftFrom(request, planned, base);
  const cautions = await cautioned({ ...request, planned, pairs: all, head: head.artifact, within: request.source.path });
  const review: Review = {
    apiVersion: 'steersman.dev/v1',
    kind: 'Review',
    repo: withoutCredentials(request.source.repo),
    base: revisionOf(base, request.from),
    head: revisionOf(head, request.source.revision),
    judgedBy: judge(request),
    ...(request.live === undefined ? {} : { live: { target: request.live.target, readAt: timestamp(request.clock) } }),
    applications: applicationsOf(pairs, planned).map((one) => withDrift(one, drift)),
    ...cautions,
    cautions: [...cautions.cautions, ...releaseCautions(request, planned)].sort(blockersFirst),
    found: head.found.said,
    notUnderstood: [
      ...head.found.problems.map(({ path, line, message }) => ({ path, line, message })),
      ...elsewhere(pairs),
      ...unknown.map(saidOf),
      ...notes.map((message) => ({ path: request.profile?.name ?? '', message })),
      ...drift.notes.map((message) => ({ path: '', message })),
    ],
    timings: watch.taken,
  };
  const applications = planned.map(reviewedApplication);
  return { review, applications, definitions, ...aroundOf(request, applications) };
}

async function driftFrom(request: ReviewRequest, planned: readonly PlannedPair[], base: Tree): Promise<Drift> {
  const { live, clock, sources, renderers, source, signal } = request;
  if (live === undefined) return { plans: new Map(), health: new Map(), notes: [] };
  return driftOf(planned, { cluster: live.cluster, clock, sources, renderers, source, commit: base.artifact.commit, signal });
}
function withDrift(one: ApplicationReview, { plans, health }: Drift): ApplicationReview {
  const name = keyText(one.application);
  const [drift, standing] = [plans.get(name), health.get(name)];
  return { ...one, ...(drift === undefined ? {} : { drift }), ...(standing === undefined ? {} : { health: standing }) };
}

/** What a profile says of the cluster, but for what the applications bring themselves. */
function aroundOf({ profile }: ReviewRequest, applications: readonly ReviewedApplication[]): Pick<Reviewed, 'surroundings' | 'nodes'> {
  const { objects = [], workloads = [], nodes = [] } = profile?.content ?? {};
  const brought = (name: string): boolean => applications.some(({ base, head }) => base.byName.has(name) || head.byName.has(name));
  const surroundings = [...objects, ...workloads].filter((object) => !brought(refText(refOf(object))));
  return { surroundings: surroundings.map(withoutManagers), nodes };
}
function withoutManagers({ metadata, ...rest }: KubeObject): KubeObject {
  const { managedFields: _managers, ...own } = metadata;
  return { ...rest, metadata: own };
}

/** Milliseconds by stage, each from the end of the one before it. */
function stages(clock: Pick<Clock, 'now'>): { (stage: string): void; readonly taken: Record<string, number> } {
  let last = clock.now();
  const taken: Record<string, number> = {};
  const note = (stage: string): void => {
    const now = clock.now();
    taken[stage] = now - last;
    last = now;
  };
  return Object.assign(note, { taken });
}

async function treesOf(request: ReviewRequest): Promise<{ base: Tree; head: Tree }> {
  const { sources, source, from, find = finder(request), signal } = request;
  const tree = async (revision: string): Promise<Tree> => {
    const artifact = await sources.resolve({ ...source, revision }, signal);
    return { artifact, found: await find(artifact, source.path, signal) };
  };
  const [base, head] = [await tree(from), await tree(source.revision)];
  return { base, head };
}

function finder({ imports: cache = createImportCache(), charts, renderers }: ReviewRequest): NonNullable<ReviewRequest['find']> {
  return (artifact, path, signal) => findApplications(artifact, path, signal, { cache, charts, renderers });
}

/** @throws Error for a name that none has: that nothing changes would not be true of it */
function chosen(pairs: readonly Pair[], only: readonly string[] | undefined): readonly Pair[] {
  if (only === undefined) return pairs;
  const called = (name: string) => (pair: Pair) => name === keyText(pair.application) || name === pair.application.name;
  for (const name of only) if (!pairs.some(called(name))) throw new Error(noneCalled(name, pairs));
  return pairs.filter((pair) => only.some((name) => called(name)(pair)));
}
function noneCalled(name: string, pairs: readonly Pair[]): string {
  const names = pairs.map(({ application }) => application.name);
  const [near] = nearest(name, names);
  const known = names.length <= 10 ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}` : `there are ${names.length} others`;
  return `no application is called ${name}: ${names.length === 0 ? 'none was found' : near === undefined ? known : `did you mean ${near}?`}`;
}

function sidesOf(request: ReviewRequest, pairs: readonly Pair[], [base, head]: [Artifact, Artifact]): Promise<ChangedPair[]> {
  const { renderers, signal, unchangedToo = false } = request;
  return mapConcurrent(
    pairs.filter(({ same }) => unchangedToo || !same),
    64,
    async ({ application, base: old, head: now }): Promise<ChangedPair> => ({
      application,
      ...(old === undefined ? {} : { base: await sideOf(renderers, base, { found: old, signal }) }),
      ...(now === undefined ? {} : { head: await sideOf(renderers, head, { found: now, signal }) }),
    }),
  );
}

function releaseCautions({ kubernetesMinor, profile, kinds }: ReviewRequest, planned: readonly PlannedPair[]): Caution[] {
  const minor = kubernetesMinor ?? (profile === undefined ? undefined : minorOf(profile.content.version));
  if (minor === undefined) return [];
  return planned.flatMap(({ application, headSet }) => apiVersionCautions({ application, head: headSet }, kinds, minor));
}
function blockersFirst(a: Caution, b: Caution): number {
  return Number(b.severity === 'blocker') - Number(a.severity === 'blocker');
}

function revisionOf({ artifact }: Tree, revision: string): ReviewRevision {
  return { revision, commit: artifact.commit, ...(artifact.subject === '' ? {} : { subject: artifact.subject }) };
}
function judge({ version, profile }: ReviewRequest): string {
  if (profile !== undefined) return `profile ${profile.name} (${profile.content.version})`;
  const { major, minor } = versionInfo(version);
  return `embedded ${major}.${minor}`;
}

function applicationsOf(pairs: readonly Pair[], planned: readonly PlannedPair[]): ApplicationReview[] {
  const byName = new Map(planned.map((one) => [keyText(one.application), one]));
  const withPlan = planned.flatMap(({ application, baseSet, headSet, plan }) =>
    plan === undefined ? [] : [{ application, base: baseSet, head: headSet, plan }],
  );
  const moves = new Map(movesOf(withPlan).map((list, at) => [keyText((withPlan[at] as (typeof withPlan)[number]).application), list]));
  return pairs.map((pair) => applicationReview(pair, byName.get(keyText(pair.application)), moves.get(keyText(pair.application)) ?? []));
}

function applicationReview(pair: Pair, planned: PlannedPair | undefined, moves: readonly Move[]): ApplicationReview {
  const { application, form, origin, path } = (pair.head ?? pair.base) as FoundApplication;
  const known = { application, form, ...(origin === undefined ? {} : { origin }), path };
  if (planned === undefined) return { ...known, change: presence(pair) ?? 'unchanged', hidden: [], moves: [] };
  const { plan, failure, baseSet, headSet } = planned;
  if (plan === undefined) return { ...known, change: 'failed', ...(failure === undefined ? {} : { failure }), hidden: [], moves };
  return { ...known, change: changeOf(pair, planned, moves), plan, hidden: hiddenIn(baseSet, headSet, plan), moves };
}

function presence({ base, head }: Pair): 'added' | 'removed' | undefined {
  if (base === undefined) return 'added';
  return head === undefined ? 'removed' : undefined;
}

function changeOf(pair: Pair, { plan }: PlannedPair, moves: readonly Move[]): ApplicationReview['change'] {
  const came = presence(pair);
  if (came !== undefined) return came;
  const moved = moves.length > 0 || plan?.steps.some((step) => changes(step) || step.action === 'blocked' || isKept(step));
  return moved === true ? 'changed' : 'unchanged';
}

/** It leaves the source and stays where it is. */
function isKept({ action, origin }: PlanStep): boolean {
  return action === 'skip' && origin === undefined;
}

function elsewhere(pairs: readonly Pair[]): Review['notUnderstood'] {
  return pairs.flatMap(({ head }) => {
    if (head?.elsewhere === undefined) return [];
    const place = head.origin === undefined ? { path: head.path } : head.origin;
    return [{ ...place, message: `${keyText(head.application)}: ${head.elsewhere}` }];
  });
}
function saidOf({ group, versions, kind, objects, origin }: UnknownKind): Review['notUnderstood'][number] {
  const count = `${objects} ${objects === 1 ? 'object is' : 'objects are'}`;
  return { ...origin, message: `${group}/${versions.join(', ')} ${kind}: no definition of it was found, so ${count} taken as written` };
}

function reviewedApplication({ application, base, head, baseSet, headSet }: PlannedPair): ReviewedApplication {
  return { application, found: ((head ?? base) as { found: FoundApplication }).found, base: baseSet, head: headSet };
}
