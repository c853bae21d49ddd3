import jsonPatch from 'fast-json-patch';
import { expect } from 'vitest';
import { keyText, refText, type Kind, type KubeObject } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import { createLog } from '../../src/base/log.ts';
import { clone, jsonEqual } from '../../src/base/json.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { Base } from '../../src/gitops/base-state.ts';
import { storedManifest } from '../../src/gitops/chunks.ts';
import type { DesiredSet } from '../../src/gitops/desired.ts';
import { executeSteps } from '../../src/gitops/execute.ts';
import { readNow } from '../../src/gitops/live.ts';
import { comparable, isSecret } from '../../src/gitops/mask.ts';
import { planRead, type OtherApplications, type PlannedOnce } from '../../src/gitops/plan-once.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { trackingValue } from '../../src/gitops/tracking.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startOffline, type Offline } from '../../src/review/offline.ts';
import type { Reviewed, ReviewedApplication } from '../../src/review/review.ts';
import { builtInKinds } from './api-server.ts';
import { executionOf, troubles, wanted } from './planned-cluster.ts';

/** What carrying out reviews showed. */
export interface Tally {
  plans: number;
  steps: number;
  patches: number;
  /** Steps that say that something changes where nothing did. */
  readonly falseChanges: string[];
  /** Objects that a plan left out of account and that changed. */
  readonly missed: string[];
  readonly blocked: string[];
}
export function newTally(): Tally {
  return { plans: 0, steps: 0, patches: 0, falseChanges: [], missed: [], blocked: [] };
}

/**
 * Carries out the plans of a review in a cluster that stands at the base, and expects what they promise: the id of the live plan, each
 * patch leads from the object that was to the object that is, in the end the head's state exactly and nothing left to do.
 */
export async function carryOut({ review, applications, definitions }: Reviewed, tally: Tally): Promise<void> {
  const plans = new Map(
    review.applications.flatMap(({ application, plan }) => (plan === undefined ? [] : [[keyText(application), plan] as const])),
  );
  const planned = applications.filter(({ application }) => plans.has(keyText(application)));
  for (const cluster of new Set(planned.map(({ found }) => found.cluster))) {
    const own = planned.filter(({ found }) => found.cluster === cluster);
    const [world, fresh] = [await stand(own, definitions, 'base'), await stand(own, definitions, 'head')];
    try {
      for (const one of groundFirst(own))
        await carryOutOne(one, { world, all: own, plan: plans.get(keyText(one.application)) as Plan, tally });
      const stuck = own.some(
        ({ application }) => plans.get(keyText(application))?.steps.some(({ action }) => action === 'blocked') === true,
      );
      if (stuck) continue;
      for (const one of own) expect(wanted(await planLive(one, { world, all: own, inventory: one.head }))).toEqual([]);
      for (const one of own) await sameAsFresh(one, { world, fresh });
    } finally {
      await world.stop();
      await fresh.stop();
    }
  }
}

const isGround = ({ ref }: { ref: { kind: string } }): boolean => ref.kind === 'Namespace' || ref.kind === 'CustomResourceDefinition';
function groundFirst(all: readonly ReviewedApplication[]): ReviewedApplication[] {
  const brings = ({ head }: ReviewedApplication) => head.items.some(isGround);
  return [...all.filter(brings), ...all.filter((one) => !brings(one))];
}

/** One revision of all applications in a cluster in memory. */
async function stand(all: readonly ReviewedApplication[], definitions: readonly KubeObject[], side: 'base' | 'head'): Promise<Offline> {
  const kinds = builtInKinds();
  const world = await startOffline({
    ...{ clock: new SimulatedClock(), random: seededRandom(1), kinds, version: '0.0.0', log: createLog(() => undefined, 'error') },
  });
  for (const definition of definitions) await world.cluster.create((await world.cluster.kindOf(definition)) as Kind, definition);
  for (const grounds of [true, false]) {
    for (const { application, found, [side]: set } of all) {
      const manifests = set.items.filter((item) => !grounds || isGround(item)).map(({ manifest }) => manifest);
      await (await Base.begin(world.cluster, manifests, { application, namespace: found.namespace })).standBefore();
    }
    await world.wait(11_000);
  }
  return world;
}

interface PlanAbout {
  readonly world: Offline;
  readonly all: readonly ReviewedApplication[];
  readonly inventory: DesiredSet;
}
/** The plan to the head, of a cluster where the inventory was applied. */
function planLive({ application, found, head }: ReviewedApplication, { world, all, inventory }: PlanAbout): Promise<PlannedOnce> {
  const source = { repo: 'repo', path: found.path, revision: '', intervalMs: 30_000 };
  const state = {
    inventory: inventory.items.filter(({ phase }) => phase !== 'SyncFail').map(storedManifest),
    notes: [],
    still: new Set<string>(),
  };
  return planRead(
    {
      ...{ cluster: world.cluster, sources: new MemorySource(world.clock), renderers: [], validate: createValidate(world.clock) },
      ...{
        source,
        application,
        namespace: found.namespace,
        prune: found.prune,
        others: othersOf(all),
        signal: new AbortController().signal,
      },
      base: { source: { ...source, commit: '' }, standBefore: () => Promise.resolve(state) },
    },
    { manifests: head.items.map(({ manifest }) => manifest), notes: [], commit: '' },
  );
}
function othersOf(all: readonly ReviewedApplication[]): OtherApplications {
  const holder = (name: string) => all.find(({ head }) => head.byName.has(name));
  return {
    wantedBy: (name) => {
      const found = holder(name);
      return found === undefined ? undefined : keyText(found.application);
    },
    ownedBy: (tracking, name) => all.find(({ application }) => trackingValue(application) === tracking)?.head.byName.has(name) ?? true,
  };
}

interface CarryOut {
  readonly world: Offline;
  readonly all: readonly ReviewedApplication[];
  readonly plan: Plan;
  readonly tally: Tally;
}
async function carryOutOne(one: ReviewedApplication, { world, all, plan, tally }: CarryOut): Promise<void> {
  const { application, base } = one;
  const live = await planLive(one, { world, all, inventory: base });
  expect(live.plan.planId, keyText(application)).toBe(plan.planId);
  const before = await objectsOf(one, world);
  const inventory = base.items.map(storedManifest);
  for (const group of [...new Set(live.steps.map((step) => step.group))].sort((a, b) => a - b)) {
    const now = live.steps.filter((step) => step.group === group && step.action !== 'blocked');
    const about = { clock: world.clock, signal: new AbortController().signal, steps: live.steps, inventory, application };
    expect(troubles(await executeSteps(now, executionOf(world.cluster, about)))).toEqual([]);
    if (now.some(isGround)) await world.wait(11_000);
  }
  checkSteps(plan, before, { after: await objectsOf(one, world), tally });
}

/** Of both sides, as they are in the cluster now, without what a plan never shows. */
async function objectsOf({ base, head }: ReviewedApplication, { cluster }: Offline): Promise<Map<string, object>> {
  const out = new Map<string, object>();
  for (const { name, object, ref } of [...base.items, ...head.items]) {
    const kind = await cluster.kindOf(object);
    const found = kind === undefined ? undefined : await readNow(cluster, kind, ref);
    // No controller is here that would end a Namespace.
    if (found !== undefined && found.metadata.deletionTimestamp === undefined) out.set(name, comparable(found));
  }
  return out;
}

function checkSteps(
  plan: Plan,
  before: ReadonlyMap<string, object>,
  { after, tally }: { after: ReadonlyMap<string, object>; tally: Tally },
): void {
  tally.plans++;
  for (const { action, ref, patch } of plan.steps) {
    const name = refText(ref);
    const [was, is] = [before.get(name), after.get(name)];
    if (action === 'blocked') tally.blocked.push(name);
    if (action === 'unchanged' && !jsonEqual(was, is)) tally.missed.push(name);
    if (action !== 'configure' && action !== 'create' && action !== 'prune') continue;
    tally.steps++;
    if (action === 'configure' && jsonEqual(was, is)) tally.falseChanges.push(`${name}: ${JSON.stringify(patch)}`);
    if (action === 'create') expect([name, was === undefined, is === undefined]).toEqual([name, true, false]);
    if (action === 'prune') expect([name, is]).toEqual([name, undefined]);
    if (action !== 'configure' || was === undefined || isSecret({ apiVersion: 'v1', kind: ref.kind })) continue;
    tally.patches++;
    const patched: unknown = jsonPatch.applyPatch(clone(was), clone(patch) as jsonPatch.Operation[], true, false).newDocument;
    expect(patched, name).toEqual(is);
  }
}

/** As a cluster to which only the head was ever applied; what a server hands out apart. */
async function sameAsFresh(one: ReviewedApplication, { world, fresh }: { world: Offline; fresh: Offline }): Promise<void> {
  const [grown, made] = [await objectsOf(one, world), await objectsOf(one, fresh)];
  for (const name of made.keys()) expect([name, withoutAddresses(grown.get(name))]).toEqual([name, withoutAddresses(made.get(name))]);
  expect([...grown.keys()].sort()).toEqual([...made.keys()].sort());
}
function withoutAddresses(object: object | undefined): unknown {
  const copy = clone(object) as { kind?: string; spec?: Record<string, unknown> } | undefined;
  if (copy?.kind !== 'Service' || copy.spec === undefined) return copy;
  const {
    clusterIP: _one,
    clusterIPs: _all,
    healthCheckNodePort: _check,
    ports,
    ...spec
  } = copy.spec as { ports?: { nodePort?: number }[] } & Record<string, unknown>;
  return { ...copy, spec: { ...spec, ports: ports?.map(({ nodePort: _port, ...port }) => port) } };
}
