import type { Forecast } from '../api/forecast.ts';
import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { Base, ensureNamespaces } from '../gitops/base-state.ts';
import { desiredOf, type DesiredSet, type ManifestLike } from '../gitops/desired.ts';
import { Shapes } from '../gitops/live.ts';
import { kindLookup } from '../gitops/reading.ts';
import type { Shape } from '../gitops/shape.ts';
import { becauseOf } from './because.ts';
import { approveHeld, deliver, stageName, stageNamespace, type Delivery } from './deliver.ts';
import { broughtKinds, foreignOf, judgeableOf, type NotJudged } from './judgeable.ts';
import { defaultHorizonMs, type ForecastApplication, type ForecastRequest } from './request.ts';
import { rolloutsOf } from './rollouts.ts';
import { stuckOf } from './stuck.ts';
import { workloadsOf } from './workloads.ts';
import { startWorld, type World } from './world.ts';

/**
 * What a merge does to what runs: the base is brought up on simulated nodes and comes to rest, then the engine delivers the head, and what
 * happens until nothing moves any more is told. No cluster, no real time; the same request with the same chance gives the same answer.
 */
export async function forecast(request: ForecastRequest): Promise<Forecast> {
  const world = await startWorld(request);
  try {
    const stage = await setStage(world, request);
    await deliver(world, stage.deliveries);
    const ended = await untilRest(world, request);
    const workloads = workloadsOf(world.recording);
    const shapes = await shapesOf(
      world,
      workloads.map(({ ref, after, before }) => ({ ref, object: after ?? before })),
    );
    const changed = new Set(stage.changed.map(refText));
    const rollouts = rolloutsOf(workloads, {
      markedMs: world.recording.markedMs,
      because: (workload, kind) => becauseOf(workload, kind, { changed, shapeOf: (ref) => shapes.get(kindName(ref)) }),
      stuck: (workload) => stuckOf(workload, world.recording),
    });
    const notJudged = stage.notJudged.filter(({ ref }) => changed.has(refText(ref)));
    return {
      apiVersion: 'steersman.dev/v1',
      kind: 'Forecast',
      ended,
      durationMs: Math.max(0, world.recording.lastWriteMs - world.recording.markedMs),
      assumptions: stage.assumptions,
      coverage: { changed: changed.size, judged: changed.size - notJudged.length, notJudged },
      rollouts,
      findings: [],
    };
  } finally {
    await world.stop();
  }
}

/** The simulation before the merge. */
interface Stage {
  readonly deliveries: readonly Delivery[];
  /** Objects that the merge changes. */
  readonly changed: readonly ObjectRef[];
  readonly notJudged: readonly NotJudged[];
  readonly assumptions: readonly string[];
}

async function setStage(world: World, request: ForecastRequest): Promise<Stage> {
  for (const object of request.surroundings ?? []) await place(world, object);
  const notJudged: NotJudged[] = [];
  const deliveries: Delivery[] = [];
  const changed: ObjectRef[] = [];
  const brought = broughtKinds(request.applications.flatMap(({ base, head }) => [...base, ...head]));
  for (const application of request.applications) {
    const sides = await sidesOf(world, application, brought);
    notJudged.push(...sides.notJudged);
    const { base, head } = sides;
    const options = {
      application: { namespace: stageNamespace, name: stageName(application.application) },
      namespace: application.namespace,
    };
    const standing = await Base.begin(world.client, base, { ...options, wait: (ms) => world.clock.advance(ms) });
    const { inventory } = await world.wound(standing.standBefore());
    const { before, after } = await setsOf(world, application, { base, head });
    changed.push(...differing(before, after), ...sides.changedBesides);
    if (before.digest === after.digest) continue;
    await ensureNamespaces(world.client, after);
    deliveries.push({
      application: application.application,
      namespace: application.namespace,
      inventory,
      head,
      dependsOn: application.dependsOn ?? [],
      prune: application.prune ?? true,
    });
  }
  await world.clock.untilRest(request.horizonMs ?? defaultHorizonMs);
  return { deliveries, changed, notJudged, assumptions: [] };
}

async function place({ client }: World, object: KubeObject): Promise<void> {
  const kind = await client.kindOf(object);
  if (kind === undefined) return;
  try {
    await client.create(kind, object);
  } catch (error) {
    // What every cluster has is there already.
    if (!isAlreadyExists(error)) throw error;
  }
}

interface Sides {
  readonly base: readonly ManifestLike[];
  readonly head: readonly ManifestLike[];
  readonly notJudged: readonly NotJudged[];
  /** Of those that are kept out. */
  readonly changedBesides: readonly ObjectRef[];
}
async function sidesOf({ client }: World, application: ForecastApplication, brought: ReadonlySet<string>): Promise<Sides> {
  const base = await judgeableOf(application.base, client, brought);
  const head = await judgeableOf(application.head, client, brought);
  const foreign = foreignOf([...base.kept, ...head.kept].map(({ object }) => object));
  const notJudged = new Map([...base.left, ...head.left, ...foreign].map((each) => [refText(each.ref), each]));
  const text = (side: readonly ManifestLike[]) =>
    new Map(side.map(({ object, blob }) => [refText(refIn(object)), `${blob} ${JSON.stringify(object)}`]));
  const [before, after] = [text(application.base), text(application.head)];
  const besides = [...base.left, ...head.left].filter(({ ref }) => before.get(refText(ref)) !== after.get(refText(ref)));
  const changedBesides = [...new Map(besides.map(({ ref }) => [refText(ref), ref])).values()];
  return { base: base.kept, head: head.kept, notJudged: [...notJudged.values()], changedBesides };
}
function refIn(object: KubeObject): ObjectRef {
  const { namespace = '', name } = object.metadata;
  return { group: object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '', kind: object.kind, namespace, name };
}

async function setsOf(
  { client }: World,
  { namespace }: ForecastApplication,
  { base, head }: Pick<Sides, 'base' | 'head'>,
): Promise<{ before: DesiredSet; after: DesiredSet }> {
  const options = { namespace, kindOf: kindLookup(client) };
  return { before: await desiredOf(base, options), after: await desiredOf(head, options) };
}

function differing(before: DesiredSet, after: DesiredSet): ObjectRef[] {
  const names = [...new Set([...before.byName.keys(), ...after.byName.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.byName.get(name), after.byName.get(name)];
    return old?.digest === now?.digest ? [] : [(now ?? old) as { ref: ObjectRef }].map(({ ref }) => ref);
  });
}

/** Winds until nothing moves. Held plans are approved on the way. */
async function untilRest(world: World, { horizonMs = defaultHorizonMs, signal }: ForecastRequest): Promise<'rest' | 'horizon'> {
  const end = world.recording.markedMs + horizonMs;
  for (;;) {
    signal?.throwIfAborted();
    const rests = await world.clock.untilRest(Math.max(0, end - world.clock.now()));
    if (!rests) return 'horizon';
    if ((await approveHeld(world)) === 0) return 'rest';
  }
}

function kindName({ group, kind }: ObjectRef): string {
  return `${group}/${kind}`;
}
async function shapesOf(
  { client }: World,
  of: readonly { ref: ObjectRef; object: KubeObject | undefined }[],
): Promise<ReadonlyMap<string, Shape | undefined>> {
  const shapes = new Shapes(client);
  const out = new Map<string, Shape | undefined>();
  for (const { ref, object } of of) {
    const kind = object === undefined || out.has(kindName(ref)) ? undefined : await client.kindOf(object);
    if (kind !== undefined) out.set(kindName(ref), await shapes.of(kind));
  }
  return out;
}
