import type { Application } from '../api/kinds.generated.ts';
import { Application as ApplicationKind } from '../api/kinds.generated.ts';
import type { Forecast } from '../api/forecast.ts';
import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { Shapes } from '../gitops/live.ts';
import type { Shape } from '../gitops/shape.ts';
import { mirror, wentWell } from './alike/mirror.ts';
import { becauseOf } from './because.ts';
import { approveHeld, deliver, stageName, stageNamespace, type Delivery } from './deliver.ts';
import { findingsOf, type FindingsInput } from './findings.ts';
import { defaultHorizonMs, type ForecastRequest } from './request.ts';
import { rolloutsOf } from './rollouts.ts';
import { setStage, staysQuiet, type Stage } from './stage.ts';
import { stuckOf } from './stuck.ts';
import { startWorld, type World } from './world.ts';
import { workloadsOf, type Workload } from './workloads.ts';

/**
 * What a merge does to what runs: the base is brought up on simulated nodes and comes to rest, then the engine delivers the head, and what
 * happens until nothing moves any more is told. No cluster, no real time; the same request with the same chance gives the same answer.
 */
export async function forecast(request: ForecastRequest): Promise<Forecast> {
  return (await simulated(request)) ?? (await simulated({ ...request, simulate: 'each' })) ?? untold();
}
function untold(): never {
  throw new Error('a forecast that simulates each workload tells nothing');
}

/** Undefined where one that stands for others came upon something: then each must be seen by itself. */
async function simulated(request: ForecastRequest): Promise<Forecast | undefined> {
  const world = await startWorld(request);
  try {
    const stage = await setStage(world, request);
    await deliver(world, stage.deliveries);
    const ended = await untilRest(world, request);
    return await told(world, stage, ended);
  } finally {
    await world.stop();
  }
}

async function told(world: World, stage: Stage, ended: Forecast['ended']): Promise<Forecast | undefined> {
  const { recording } = world;
  const { markedMs, lastMs } = recording;
  const failures = await failuresOf(world, stage.deliveries);
  if (stage.twins.length > 0) {
    const seen = workloadsOf(recording);
    const rollouts = rolloutsOf(seen, { markedMs, because: () => [], stuck: (workload) => stuckOf(workload, recording) });
    if (ended !== 'rest' || failures.length > 0 || !wentWell(stage.twins, { rollouts, workloads: seen, recording })) return undefined;
    mirror(recording, stage.twins);
  }
  const workloads = workloadsOf(recording);
  const shapes = await shapesOf(world, workloads);
  const changed = new Set(stage.changed.map(refText));
  const rollouts = rolloutsOf(workloads, {
    markedMs,
    because: (workload, kind) => becauseOf(workload, kind, { changed, shapeOf: (ref) => shapes.get(kindName(ref)) }),
    stuck: (workload) => stuckOf(workload, recording),
  });
  const notJudged = [
    ...new Map(stage.notJudged.filter(({ ref }) => changed.has(refText(ref))).map((one) => [refText(one.ref), one])).values(),
  ];
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Forecast',
    ended,
    durationMs: Math.max(0, lastMs - markedMs),
    assumptions: stage.assumptions,
    coverage: { changed: changed.size, judged: changed.size - notJudged.length, notJudged },
    rollouts,
    findings: findingsOf({ rollouts, workloads, recording, failures, changed, placeOf: stage.placeOf }),
  };
}

/** Winds until nothing moves. Held plans are approved on the way. */
async function untilRest(world: World, { horizonMs = defaultHorizonMs, signal }: ForecastRequest): Promise<'rest' | 'horizon'> {
  const end = world.recording.markedMs + horizonMs;
  for (;;) {
    signal?.throwIfAborted();
    const rests = await world.clock.untilRest(Math.max(0, end - world.clock.now()));
    if (!rests) return 'horizon';
    if ((await approveHeld(world)) > 0) continue;
    if (!(await staysQuiet(world, end))) continue;
    if ((await approveHeld(world)) === 0) return 'rest';
  }
}

/** Syncs that failed, or never began. */
async function failuresOf({ client }: World, deliveries: readonly Delivery[]): Promise<FindingsInput['failures']> {
  const { items } = await client.list(ApplicationKind, { namespace: stageNamespace });
  const byName = new Map(items.map((item) => [item.metadata.name, item]));
  return deliveries.flatMap(({ application }) => {
    const item = byName.get(stageName(application));
    const failure = item === undefined ? undefined : failureOf(item);
    return failure === undefined || onlyForWantOfLoad(failure.message) ? [] : [{ application, ...failure }];
  });
}
/** Nothing is measured here, so that an autoscaler has no numbers; that is no failure of the merge. */
function onlyForWantOfLoad(message: string): boolean {
  return /HorizontalPodAutoscaler \S+: FailedGet\w*Metric/.test(message);
}
function failureOf({ status }: Readonly<Application>): { message: string; applied: boolean } | undefined {
  const { operation, conditions = [], message = '' } = status ?? {};
  if (operation?.phase === 'Failed') return { message: `the sync fails: ${operation.message ?? message}`, applied: true };
  const stalled = conditions.find(({ type, status: is }) => type === 'Stalled' && is === 'True');
  return stalled === undefined ? undefined : { message: `nothing is applied: ${message}`, applied: false };
}

function kindName({ group, kind }: ObjectRef): string {
  return `${group}/${kind}`;
}
async function shapesOf({ client }: World, workloads: readonly Workload[]): Promise<ReadonlyMap<string, Shape | undefined>> {
  const shapes = new Shapes(client);
  const out = new Map<string, Shape | undefined>();
  for (const { ref, before, after } of workloads) {
    const object: KubeObject | undefined = after ?? before;
    const kind = object === undefined || out.has(kindName(ref)) ? undefined : await client.kindOf(object);
    if (kind !== undefined) out.set(kindName(ref), await shapes.of(kind));
  }
  return out;
}
