import { keyText, type ObjectKey } from '../api/object.ts';
import type { Plan, PlanSource } from '../api/plan.ts';
import { Base, discoveredMs, type BaseState } from '../gitops/base-state.ts';
import { desiredOf, type DesiredSet, type ManifestLike } from '../gitops/desired.ts';
import { listingReader, Shapes, type LiveReader } from '../gitops/live.ts';
import { planRead, type OtherApplications, type PlanRequest } from '../gitops/plan-once.ts';
import { kindLookup, type Validate } from '../gitops/reading.ts';
import { RenderError, type Renderer } from '../gitops/renderer.ts';
import type { Sources, SourceSpec } from '../gitops/source.ts';
import { trackingValue } from '../gitops/tracking.ts';
import { ReconcileError } from '../reconcile/controller.ts';
import type { Offline } from './offline.ts';
import { distinct, failureOf, type Failure, type Side } from './sides.ts';

/** An application that may change: what the two revisions make of it. */
export interface ChangedPair {
  readonly application: ObjectKey;
  readonly base?: Side;
  readonly head?: Side;
}
export interface PlannedPair extends ChangedPair {
  /** With namespaces filled in; empty where there is no such application. */
  readonly baseSet: DesiredSet;
  readonly headSet: DesiredSet;
  readonly plan?: Plan;
  readonly failure?: Failure;
}
export interface PlanPairsOptions {
  readonly offline: Offline;
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  /** Both name the repository; the path is the application's. */
  readonly source: SourceSpec;
  readonly commits: { readonly base: { readonly revision: string; readonly commit: string }; readonly head: { readonly commit: string } };
  readonly unserved: 'error' | 'skip';
  /** Also what nothing changes stands in the cluster: something there counts objects. */
  readonly whole: boolean;
  readonly signal: AbortSignal;
}

/**
 * Plans all applications that may change in one cluster in memory: first the base of all of them stands there, then one after the other
 * is planned. Those that bring namespaces and kinds come first, and what they bring is there for the others.
 */
export async function planPairs(pairs: readonly ChangedPair[], options: PlanPairsOptions): Promise<PlannedPair[]> {
  await standGround(pairs, 'base', options.offline);
  const standing = [];
  const whole = options.whole || pairs.some(({ base }) => base?.manifests.some(({ object }) => object.kind === 'ResourceQuota'));
  for (const pair of pairs) standing.push(await stand(pair, options.offline, whole));
  const others = othersOf(standing);
  const planned = new Map<string, PlannedPair>();
  let target = targetOf(options.offline);
  for (const one of groundFirst(standing)) {
    planned.set(keyText(one.application), await planOne(one, { ...options, ...target, others }));
    if (!bringsGround(one.head) || one.head === undefined) continue;
    await standGround([one], 'head', options.offline);
    target = targetOf(options.offline);
  }
  return pairs.map((pair) => planned.get(keyText(pair.application)) as PlannedPair);
}

/** What plans may share until a kind or a namespace comes. */
interface Target {
  readonly live: LiveReader;
  readonly shapes: Shapes;
}
function targetOf({ cluster }: Offline): Target {
  return { live: listingReader(cluster), shapes: new Shapes(cluster) };
}

interface Standing extends ChangedPair {
  readonly baseSet: DesiredSet;
  readonly headSet: DesiredSet;
  readonly state: BaseState;
}

const ground = new Set(['Namespace', 'CustomResourceDefinition']);
function groundOf(side: Side | undefined): ManifestLike[] {
  return distinct(side?.manifests ?? []).filter(({ object }) => ground.has(object.kind));
}
function bringsGround(side: Side | undefined): boolean {
  return groundOf(side).length > 0;
}
function groundFirst(all: readonly Standing[]): Standing[] {
  return [...all.filter(({ head }) => bringsGround(head)), ...all.filter(({ head }) => !bringsGround(head))];
}

/** Namespaces and kinds of one revision, before anything that lives in them is looked at. */
async function standGround(pairs: readonly ChangedPair[], which: 'base' | 'head', { cluster, wait }: Offline): Promise<void> {
  for (const { application, [which]: side } of pairs) {
    const manifests = groundOf(side);
    if (manifests.length === 0) continue;
    const base = await Base.begin(cluster, manifests, { application, namespace: side?.found.namespace ?? '' });
    await base.standBefore();
  }
  await wait(discoveredMs * 11);
}

async function stand({ application, base, head }: ChangedPair, { cluster }: Offline, whole: boolean): Promise<Standing> {
  const setOf = async (side: Side | undefined) =>
    desiredOf(distinct(side?.manifests ?? []), { namespace: side?.found.namespace ?? '', kindOf: kindLookup(cluster) });
  const [baseSet, headSet] = [await setOf(base), await setOf(head)];
  const namespace = (base ?? head)?.found.namespace ?? '';
  const before = await Base.begin(cluster, distinct(base?.manifests ?? []), { application, namespace, bindsClaims: true });
  const state = await before.standBefore(whole || head?.failure !== undefined ? undefined : headSet);
  const sides = { ...(base === undefined ? {} : { base }), ...(head === undefined ? {} : { head }) };
  return { application, ...sides, baseSet, headSet, state };
}

/** Who has which object after the change. */
function othersOf(all: readonly Standing[]): OtherApplications {
  const wanted = new Map<string, string>();
  const sets = new Map(all.map(({ application, headSet }) => [trackingValue(application), headSet]));
  for (const { application, headSet } of all)
    for (const { name } of headSet.items) if (!wanted.has(name)) wanted.set(name, keyText(application));
  return {
    wantedBy: (name) => wanted.get(name),
    ownedBy: (tracking, name) => sets.get(tracking)?.byName.has(name) ?? true,
  };
}

type OneOptions = PlanPairsOptions & Target & { readonly others: OtherApplications };
async function planOne(one: Standing, options: OneOptions): Promise<PlannedPair> {
  const { application, base, head, baseSet, headSet } = one;
  const sides = { ...(base === undefined ? {} : { base }), ...(head === undefined ? {} : { head }) };
  const known = { application, ...sides, baseSet, headSet };
  const broken = head?.failure ?? baseFailure(base);
  if (broken !== undefined) return { ...known, failure: broken };
  try {
    const read = await checked(head, options);
    const { plan } = await planRead(requestFor(one, options), read);
    return { ...known, plan };
  } catch (error) {
    if (error instanceof RenderError) return { ...known, failure: failureOf('validate', error) };
    if (error instanceof ReconcileError) return { ...known, failure: failureOf('plan', error) };
    throw error;
  }
}

/** A base of which nothing could be read. */
function baseFailure(base: Side | undefined): Failure | undefined {
  if (base?.failure === undefined || base.manifests.length > 0) return undefined;
  return { ...base.failure, message: `the base cannot be rendered, so nothing can be compared: ${base.failure.message}` };
}

async function checked(head: Side | undefined, { validate, offline, unserved, commits }: OneOptions): ReturnType<typeof readOf> {
  if (head === undefined) return readOf([], [], commits.head.commit);
  const valid = await validate(head.manifests, { cluster: offline.cluster, namespace: head.found.namespace, unserved });
  return readOf(valid.manifests, [...head.notes, ...valid.notes], commits.head.commit);
}
function readOf(manifests: readonly ManifestLike[], notes: readonly string[], commit: string) {
  return Promise.resolve({ manifests, notes, commit });
}

function requestFor({ application, base, head, state }: Standing, options: OneOptions): PlanRequest {
  const { offline, sources, renderers, validate, source, commits, unserved, signal, live, shapes, others } = options;
  const found = (head ?? base)?.found;
  const { repo } = source;
  const path = found?.path ?? '';
  const from: PlanSource = { repo, path: base?.found.path ?? path, ...commits.base };
  return {
    cluster: offline.cluster,
    ...{ sources, renderers, validate, unserved, signal, live, shapes, others, application },
    source: { ...source, path },
    namespace: found?.namespace ?? '',
    prune: found?.prune ?? true,
    base: { source: from, standBefore: () => Promise.resolve(state) },
  };
}
