import { Application, ApplicationRevision } from '../api/kinds.generated.ts';
import { refOf, refText, type ObjectKey } from '../api/object.ts';
import type { Plan, PlanSource } from '../api/plan.ts';
import { isNotFound } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { settingsOf, type Settings } from './application/settings.ts';
import { sourceSpecOf } from './application/wanted.ts';
import { kindLookup, readManifests, type ManifestsRead, type Validate } from './reading.ts';
import { defaultBudget, holdsOf } from './budget.ts';
import { readChunks, type StoredManifest } from './chunks.ts';
import { mapConcurrent } from './concurrent.ts';
import { desiredOf, type DesiredSet } from './desired.ts';
import { planDocument } from './document.ts';
import { inspect, type InspectionMemo } from './inspect.ts';
import { listingReader, Shapes, type LiveReader } from './live.ts';
import { adopting, noteSettled, plan, type PruneCandidate, type Step } from './plan.ts';
import type { Renderer } from './renderer.ts';
import type { Sources, SourceSpec } from './source.ts';
import { markedObjects, type Marked } from './marked.ts';
import { trackingValue } from './tracking.ts';
import { unsupportedFields } from './application/unsupported.ts';
import { ReconcileError } from '../reconcile/controller.ts';
import { withoutCredentials } from './history.ts';
import { ensureNamespaces, type BaseState } from './base-state.ts';

export interface PlanRequest {
  /** The target: a real cluster, the embedded one, or one in memory that holds a base. */
  readonly cluster: Cluster;
  /** Where Applications and their history live; default the target. */
  readonly store?: Cluster;
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  readonly source: SourceSpec;
  /** Instead of what the revision names now. */
  readonly commit?: string;
  readonly application: ObjectKey;
  /** Of objects that name none. Default: the Application's, else `default`. */
  readonly namespace?: string;
  readonly unserved?: 'error' | 'skip';
  readonly context?: string;
  /** Of an offline plan: what the cluster in memory stands at, once `standBefore` was told what is planned. */
  readonly base?: { readonly source: PlanSource; standBefore(next: DesiredSet): Promise<BaseState> };
  /** Of earlier plans of this application: what cannot have changed since is not asked again. */
  readonly memo?: InspectionMemo;
  readonly signal: AbortSignal;
  /** Of plans for several applications of one cluster, nothing of which changes in between. */
  readonly live?: LiveReader;
  readonly shapes?: Shapes;
  /** What was applied last, where no Application remembers it. */
  readonly applied?: readonly StoredManifest[];
  /** Where no Application says it: false leaves what left the source. */
  readonly prune?: boolean;
  /** Of an offline plan: what other applications make of what is here. */
  readonly others?: OtherApplications;
}
/** What the other applications of the same change have to do with the objects of this one. */
export interface OtherApplications {
  /** The application that desires the object (`refText`) after the change. */
  wantedBy(name: string): string | undefined;
  /** True when the application of this tracking value still desires the object. */
  ownedBy(tracking: string, name: string): boolean;
}
export interface PlannedOnce {
  readonly plan: Plan;
  /** With what executing them needs. */
  readonly steps: readonly Step[];
}

/**
 * The whole line from source to plan, once, writing nothing (but the namespaces that an offline plan takes for granted).
 * Where the Application exists its settings and inventory count, so the plan is the one that its controller would make.
 * @throws ReconcileError of source, renderer or validation
 */
export async function planOnce(request: PlanRequest): Promise<PlannedOnce> {
  const found = await knownOf(request);
  const { namespace, unserved, settings } = found;
  const read = await readManifests(request, {
    source: request.source,
    name: request.application.name,
    namespace,
    settings: settings?.render,
    unserved,
    commit: request.commit,
  });
  return planKnown(request, found, read);
}

/** The same of what was read and checked before. */
export async function planRead(request: PlanRequest, read: Omit<ManifestsRead, 'revision'>): Promise<PlannedOnce> {
  return planKnown(request, await knownOf(request), read);
}

async function planKnown(request: PlanRequest, found: Known, read: Omit<ManifestsRead, 'revision'>): Promise<PlannedOnce> {
  const { namespace, settings } = found;
  const set = await desiredOf(read.manifests, { namespace, kindOf: kindLookup(request.cluster) });
  const base = await baseFor(request, set);
  const known = { ...found, ...base };
  const steps = await stepsFor(request, { set, known, live: request.live ?? listingReader(request.cluster) });
  const context = request.context ?? settings?.context;
  const document = planDocument({
    application: request.application,
    destination: context === undefined ? {} : { context },
    source: sourceDocument(request.source, read),
    ...(request.base === undefined ? {} : { base: request.base.source }),
    steps,
    holds: heldBecause(steps, known),
    notes: [...(base?.notes ?? []), ...(known.marked?.notes ?? []), ...read.notes],
  });
  return { plan: document, steps };
}

function heldBecause(steps: readonly Step[], { settings, inventory, marked }: Known): string[] {
  return holdsOf(steps, {
    owned: inventory.length + (marked?.objects.length ?? 0),
    budget: settings?.budget ?? defaultBudget,
    adopt: adopting(settings?.adopt ?? false),
  });
}

async function baseFor({ base, cluster }: PlanRequest, set: DesiredSet): Promise<BaseState | undefined> {
  if (base === undefined) return undefined;
  const state = await base.standBefore(set);
  await ensureNamespaces(cluster, set);
  return state;
}

/** What is known of the application before its source is read. */
interface Known {
  readonly settings: Settings | undefined;
  readonly namespace: string;
  readonly unserved: 'error' | 'skip';
  readonly inventory: readonly StoredManifest[];
  readonly finished: ReadonlySet<string>;
  /** Without an Application: what its mark is found on counts as its own. */
  readonly marked?: Marked;
  /** Of an offline plan. */
  readonly still?: ReadonlySet<string>;
}
async function knownOf(request: PlanRequest): Promise<Known> {
  const store = request.store ?? request.cluster;
  const existing = request.base === undefined ? await applicationAt(store, request.application) : undefined;
  const settings = existing === undefined ? undefined : settingsOf(existing);
  const unsupported = existing === undefined ? [] : unsupportedFields(existing.spec, namesOf(request.renderers));
  if (unsupported.length > 0) throw new ReconcileError('InvalidSpec', unsupported.join('; '), { retry: false });
  const marked = existing === undefined && request.base === undefined;
  return {
    settings,
    namespace: request.namespace ?? settings?.namespace ?? 'default',
    unserved: request.unserved ?? settings?.unserved ?? 'error',
    inventory: await rememberedOf(request, existing),
    finished: existing === undefined ? new Set() : await finishedOf(store, existing),
    ...(marked ? { marked: await markedObjects(request.cluster, trackingValue(request.application)) } : {}),
  };
}

function rememberedOf(
  { store, cluster, applied }: PlanRequest,
  existing: Readonly<Application> | undefined,
): Promise<readonly StoredManifest[]> {
  return existing === undefined && applied !== undefined ? Promise.resolve(applied) : inventoryOf(store ?? cluster, existing);
}

function namesOf(renderers: readonly Renderer[]): string[] {
  return renderers.map(({ name }) => name);
}

async function finishedOf(store: Cluster, application: Readonly<Application>): Promise<ReadonlySet<string>> {
  const { items } = await store.list(ApplicationRevision, { namespace: application.metadata.namespace ?? '' });
  const own = items.filter((revision) => revision.spec.application === application.metadata.name);
  return new Set(own.flatMap((revision) => revision.status?.finished ?? []));
}

/** What was read, as a plan names it. */
export function sourceDocument(spec: SourceSpec, read: Pick<ManifestsRead, 'commit'>): PlanSource {
  return { repo: withoutCredentials(spec.repo), path: spec.path, revision: spec.revision, commit: read.commit };
}

interface Parts {
  readonly set: DesiredSet;
  readonly known: Known;
  readonly live: LiveReader;
}

async function stepsFor(request: PlanRequest, parts: Parts): Promise<readonly Step[]> {
  const { cluster, application } = request;
  const { settings, inventory, finished, still } = parts.known;
  const target = { cluster, live: parts.live, shapes: request.shapes ?? new Shapes(cluster) };
  const applied = new Map(inventory.map((item) => [item.name, item.object]));
  const lastApplied = (name: string) => applied.get(name);
  const { memo } = request;
  const options = {
    application,
    respect: settings?.respect ?? [],
    finished,
    lastApplied,
    ...(still === undefined ? {} : { still }),
    ...(memo === undefined ? {} : { memo }),
  };
  const inspections = await inspect(target, parts.set, options);
  const ownedBy = request.others?.ownedBy ?? (await ownership(request.store ?? cluster, application));
  const steps = plan({
    application,
    inspections,
    candidates: await candidatesOf(request, parts),
    prune: settings?.prune ?? request.prune ?? true,
    lastApplied,
    ownedBy,
  });
  if (memo !== undefined) noteSettled(memo, steps);
  return steps;
}

function candidatesOf(request: PlanRequest, { set, known, live }: Parts): Promise<PruneCandidate[]> {
  const kindOf = kindLookup(request.cluster);
  const marked = (known.marked?.objects ?? []).filter(({ object }) => !set.byName.has(refText(refOf(object))));
  if (marked.length > 0) return Promise.resolve(marked.map(({ kind, object }) => ({ ref: refOf(object), kind, live: object, object })));
  const left = known.inventory.filter((item) => !set.byName.has(item.name));
  return mapConcurrent(left, 16, async (item) => {
    const kind = await kindOf(item.object);
    const ref = refOf(item.object);
    const wantedBy = request.others?.wantedBy(item.name);
    const there = kind === undefined ? undefined : await live.get(kind, ref);
    return { ref, kind, live: there, object: item.object, ...(wantedBy === undefined ? {} : { wantedBy }) };
  });
}

/** Where an Application's manifests come from, with its credentials read. @throws ReconcileError InvalidSpec, AuthenticationFailed */
export function sourceOfApplication(store: Cluster, application: Readonly<Application>): Promise<SourceSpec> {
  return sourceSpecOf(store, application, settingsOf(application));
}

/** Undefined where the server keeps no Applications, or none of that name. */
export async function applicationAt(store: Cluster, key: ObjectKey): Promise<Readonly<Application> | undefined> {
  try {
    return await store.get(Application, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Everything an application counts as its own, the newer of two. */
export async function inventoryOf(store: Cluster, application: Readonly<Application> | undefined): Promise<readonly StoredManifest[]> {
  const names = application?.status?.inventory?.chunks ?? [];
  const items = await readChunks(store, application?.metadata.namespace ?? '', names);
  return [...new Map(items.map((item) => [item.name, item])).values()];
}

async function ownership(store: Cluster, application: ObjectKey): Promise<OtherApplications['ownedBy']> {
  const foreign = await ownersOf(store, application);
  return (tracking, name) => foreign === undefined || foreign.get(tracking)?.has(name) === true;
}

/** What other applications own, by tracking value; undefined where no Applications are kept, so that nothing can be said. */
async function ownersOf(store: Cluster, self: ObjectKey): Promise<Map<string, ReadonlySet<string>> | undefined> {
  if ((await store.kindOf({ apiVersion: 'steersman.dev/v1', kind: 'Application' })) === undefined) return undefined;
  const { items } = await store.list(Application);
  const out = new Map<string, ReadonlySet<string>>();
  for (const item of items) {
    const key = { namespace: item.metadata.namespace ?? '', name: item.metadata.name };
    if (key.namespace === self.namespace && key.name === self.name) continue;
    out.set(trackingValue(key), new Set((await inventoryOf(store, item)).map((each) => each.name)));
  }
  return out;
}
