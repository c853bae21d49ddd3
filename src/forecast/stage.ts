import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import type { Origin } from '../api/plan.ts';
import type { ObjectKey } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { valueAt } from '../base/json.ts';
import { Base, ensureNamespaces } from '../gitops/base-state.ts';
import { desiredOf, type DesiredSet, type ManifestLike } from '../gitops/desired.ts';
import { kindLookup } from '../gitops/reading.ts';
import { assumptionsOf } from './assumptions.ts';
import { stageName, stageNamespace, type Delivery } from './deliver.ts';
import { twinsOf, withoutLeft, type Alike, type Twin } from './alike.ts';
import { grantedFor, type Granted } from './granted.ts';
import { broughtKinds, foreignOf, judgeableOf, type NotJudged } from './judgeable.ts';
import { defaultHorizonMs, defaultStartup, type ForecastApplication, type ForecastRequest } from './request.ts';
import type { World } from './world.ts';

/** The simulation before the merge: the base stands, and has come to rest. */
export interface Stage {
  readonly deliveries: readonly Delivery[];
  /** Objects that the merge changes. */
  readonly changed: readonly ObjectRef[];
  readonly notJudged: readonly NotJudged[];
  readonly assumptions: readonly string[];
  placeOf(ref: ObjectRef): Place;
  /** Deployments that are not simulated, since another one does what they do. */
  readonly twins: readonly Twin[];
}
export interface Place {
  readonly application?: ObjectKey;
  readonly origin?: Origin;
}

/** One application, both sides ready. */
interface Prepared {
  readonly wanted: ForecastApplication;
  readonly base: readonly ManifestLike[];
  readonly head: readonly ManifestLike[];
  readonly before: DesiredSet;
  readonly after: DesiredSet;
  readonly notJudged: readonly NotJudged[];
  /** Of those that are kept out. */
  readonly changedBesides: readonly ObjectRef[];
}

export async function setStage(world: World, request: ForecastRequest): Promise<Stage> {
  const { applications, around, horizonMs = defaultHorizonMs } = request;
  const surroundings = [...(request.surroundings ?? []), ...(around?.objects ?? [])].map(withVolumes);
  for (const object of inOrder(surroundings)) await place(world, object);
  if (surroundings.some(({ kind }) => kind === 'CustomResourceDefinition')) await world.clock.advance(discoveredMs);
  const brought = broughtKinds(applications.flatMap(({ base, head }) => [...base, ...head]));
  const prepared: Prepared[] = [];
  for (const application of applications) prepared.push(await prepare(world, application, brought));
  const objects = (side: 'before' | 'after') => prepared.flatMap((one) => one[side].items.map(({ object }) => object));
  const granted = grantedFor({ base: objects('before'), head: objects('after') }, surroundings, around);
  for (const { before, after } of prepared)
    for (const set of [before, after]) await ensureNamespaces(world.client, withoutOwn(set, objects('after')));
  for (const { object } of granted) await place(world, object);
  const notes: string[] = [];
  const deliveries: Delivery[] = [];
  const alike = await alikeAmong(world, prepared, { request, surroundings, granted });
  for (const one of prepared.map((each) => simulatedOf(each, alike))) {
    const { inventory, notes: refused } = await stand(world, one);
    notes.push(...refused);
    if (one.before.digest !== one.after.digest) deliveries.push(deliveryOf(one, inventory));
  }
  await world.raise();
  await comeToRest(world, horizonMs);
  return {
    deliveries,
    changed: prepared.flatMap(({ before, after, changedBesides }) => [...differing(before, after), ...changedBesides]),
    notJudged: prepared.flatMap(({ notJudged }) => notJudged),
    assumptions: assumptionsOf(request, { granted, notes, objects: [...objects('before'), ...objects('after')] }),
    placeOf: placesOf(prepared),
    twins: alike.twins,
  };
}

async function alikeAmong(
  { client, clock }: World,
  prepared: readonly Prepared[],
  about: { readonly request: ForecastRequest; readonly surroundings: readonly KubeObject[]; readonly granted: readonly Granted[] },
): Promise<Alike> {
  const { nodes, simulate, kinds, startup = defaultStartup } = about.request;
  if (nodes !== undefined || simulate === 'each') return { twins: [], left: new Set() };
  const { surroundings, granted } = about;
  return twinsOf(client, prepared, { surroundings, granted: granted.map(({ ref }) => ref), kinds, startup, nowMs: clock.now() });
}
function simulatedOf(one: Prepared, alike: Alike): Prepared {
  return { ...one, base: withoutLeft(one.base, one.before, alike), head: withoutLeft(one.head, one.after, alike) };
}
const discoveredMs = 1_000;

async function comeToRest(world: World, horizonMs: number): Promise<void> {
  const end = world.clock.now() + horizonMs;
  do await world.clock.untilRest(end - world.clock.now());
  while (!(await staysQuiet(world, end)));
}

/**
 * Whether nothing moves for a while, or until `end`. What only looks again once in a while (probes, autoscalers, an application that
 * waits for another) is no work that is pending, and yet changes what stands.
 */
export async function staysQuiet({ clock, recording }: World, end: number): Promise<boolean> {
  const before = clock.now();
  await clock.advance(Math.max(0, Math.min(quietMs, end - before)));
  return recording.lastMs <= before || clock.now() >= end;
}
/** Two rounds of an autoscaler. */
const quietMs = 35_000;

/** Namespaces that an application of the head brings are not made before it does. */
function withoutOwn(set: DesiredSet, head: readonly KubeObject[]): DesiredSet {
  const brought = new Set(head.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));
  return { ...set, items: set.items.filter(({ ref }) => !brought.has(ref.namespace)) };
}

/** Namespaces with their labels before what lives in them, claims before what counts them. */
function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const rank = ({ kind }: KubeObject): number => (kind === 'Namespace' ? 0 : kind === 'ResourceQuota' || kind === 'LimitRange' ? 2 : 1);
  return [...objects].sort((a, b) => rank(a) - rank(b));
}
/** Whoever makes the volumes of a class elsewhere: here they are made by what there is. */
function withVolumes(object: KubeObject): KubeObject {
  if (object.kind !== 'StorageClass' || valueAt(object, ['provisioner']) === 'kubernetes.io/no-provisioner') return object;
  const { parameters: _parameters, allowedTopologies: _topologies, ...rest } = object as KubeObject & Record<string, unknown>;
  return { ...rest, provisioner: 'steersman.dev/local-path' } as KubeObject;
}

async function place({ client }: World, object: KubeObject): Promise<void> {
  const kind = await client.kindOf(object);
  if (kind === undefined) return;
  const { namespace = '' } = object.metadata;
  if (namespace !== '' && kind.namespaced) await orThere(client.create(namespaceKind, namespaceOf(namespace)));
  await orThere(client.create(kind, object));
}
const namespaceKind = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
function namespaceOf(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
async function orThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    // What every cluster has is there already.
    if (!isAlreadyExists(error)) throw error;
  }
}

async function prepare({ client }: World, wanted: ForecastApplication, brought: ReadonlySet<string>): Promise<Prepared> {
  const base = await judgeableOf(wanted.base, client, brought);
  const head = await judgeableOf(wanted.head, client, brought);
  const options = { namespace: wanted.namespace, kindOf: kindLookup(client) };
  const [before, after] = [await desiredOf(base.kept, options), await desiredOf(head.kept, options)];
  const foreign = foreignOf([...before.items, ...after.items].map(({ object }) => object));
  if (base.left.length + head.left.length === 0)
    return { wanted, base: base.kept, head: head.kept, before, after, notJudged: foreign, changedBesides: [] };
  const [old, now] = [await desiredOf(wanted.base, options), await desiredOf(wanted.head, options)];
  const left = new Set([...base.left, ...head.left].map(({ ref }) => ref.name));
  const besides = differing(old, now).filter(
    (ref) => left.has(ref.name) && !before.byName.has(refText(ref)) && !after.byName.has(refText(ref)),
  );
  const why = new Map([...base.left, ...head.left].map((each) => [`${each.ref.kind} ${each.ref.name}`, each.why]));
  const kept = besides.map((ref) => ({ ref, why: why.get(`${ref.kind} ${ref.name}`) ?? '' }));
  return { wanted, base: base.kept, head: head.kept, before, after, notJudged: [...kept, ...foreign], changedBesides: besides };
}

async function stand(
  world: World,
  { wanted, base }: Prepared,
): Promise<Pick<Awaited<ReturnType<Base['standBefore']>>, 'inventory' | 'notes'>> {
  const application = { namespace: stageNamespace, name: stageName(wanted.application) };
  const options = { application, namespace: wanted.namespace, wait: (ms: number) => world.clock.advance(ms) };
  const standing = await Base.begin(world.client, base, options);
  return world.wound(standing.standBefore());
}

function deliveryOf({ wanted, head }: Prepared, inventory: Delivery['inventory']): Delivery {
  const { application, namespace, dependsOn = [], prune = true } = wanted;
  return { application, namespace, inventory, head, dependsOn, prune };
}

function differing(before: DesiredSet, after: DesiredSet): ObjectRef[] {
  const names = [...new Set([...before.byName.keys(), ...after.byName.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.byName.get(name), after.byName.get(name)];
    const ref = (now ?? old)?.ref;
    return old?.digest === now?.digest || ref === undefined ? [] : [ref];
  });
}

function placesOf(prepared: readonly Prepared[]): Stage['placeOf'] {
  const places = new Map<string, Place>();
  for (const side of ['before', 'after'] as const) {
    for (const { wanted, [side]: set } of prepared)
      for (const { name, manifest } of set.items) places.set(name, { application: wanted.application, origin: manifest.origin });
  }
  return (ref) => places.get(refText(ref)) ?? {};
}
