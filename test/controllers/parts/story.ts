import { Namespace } from '../../../src/api/kinds.generated.ts';
import { randomInt, seededRandom } from '../../../src/base/random.ts';
import { SimulatedClock } from '../../../src/base/simulated-clock.ts';
import { controllers as real } from '../../../src/controllers/index.ts';
import type { Controller } from '../../../src/reconcile/controller.ts';
import { startCluster } from '../../support/cluster.ts';
import { Faults, startControllers, wind } from '../faults.ts';
import type { Part, World } from './part.ts';

/** What became of one seed. */
export interface Told {
  /** The rules that were broken, in words. */
  readonly broken: readonly string[];
  readonly faults: number;
  readonly crashes: number;
  /** Simulated time that passed. */
  readonly hours: number;
}

/** Before the last. */
const lives = 2;
const stepsOfALife = 3;
/** Less than the five minutes after which controllers give up what they wait for: none may need that. */
const usualQuietMs = 240_000;
const plan = { refused: 0.05, conflict: 0.05, cut: 0.02, lateMs: 2_000 };

/**
 * Users work with the parts while the controllers meet faults and die between two writes; then some minutes without faults. The same seed tells
 * the same story.
 */
export async function faultStory(parts: readonly Part[], seed: number, listed: readonly Controller[] = real): Promise<Told> {
  const beside = parts.flatMap((part) => part.beside ?? []).filter(({ name }) => !listed.some((one) => one.name === name));
  const controllers = [...listed, ...beside];
  const clock = new SimulatedClock();
  const begun = clock.now();
  const faults = new Faults(seed * 7919, clock);
  const cluster = await startCluster({ seed, clock, controllers: [], nodes: 3, between: faults.between });
  const world: World = { cluster, api: cluster.cluster(), clock, random: seededRandom(seed * 104_729) };
  for (const part of parts) {
    await world.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: part.name }, spec: {} });
    await wind(clock, part.begin(world));
  }
  const useFor = async (count: number, over: () => boolean) => {
    for (let step = 0; step < count && !over(); step++) {
      await clock.until(over, 1_000 + randomInt(world.random, 12_000));
      for (const { steps } of parts) if (steps.length > 0) await wind(clock, at(steps, randomInt(world.random, steps.length))(world));
    }
  };
  let crashes = 0;
  // All parts share the watches: the more of them there are, the more events come, of which only so many may break one.
  faults.plan = { ...plan, cut: plan.cut / Math.max(1, parts.length / 2) };
  for (let life = 0; life < lives; life++) {
    const own = faults.begin(parts.length * (5 + randomInt(world.random, 30)));
    const components = startControllers(cluster, seed * 100 + life, controllers);
    await useFor(stepsOfALife, () => own.dead);
    if (own.dead) crashes++;
    own.dead = true;
    await wind(clock, components.stop());
  }
  // The last life is not cut short: what went wrong in it must heal without a new start.
  faults.begin();
  const components = startControllers(cluster, seed, controllers);
  await useFor(stepsOfALife, () => false);
  faults.plan = {};
  for (const part of parts) if (part.end !== undefined) await wind(clock, part.end(world));
  await clock.advance(parts.reduce((longest, { quietMs = usualQuietMs }) => Math.max(longest, quietMs), 0));
  const broken = [...neverSeen(parts, world), ...(await wind(clock, brokenAtLast(parts, world)))];
  await wind(clock, components.stop());
  await cluster.stop();
  return { broken, faults: faults.count, crashes, hours: (clock.now() - begun) / 3_600_000 };
}

async function brokenAtLast(parts: readonly Part[], world: World): Promise<string[]> {
  const out: string[] = [];
  for (const part of parts) out.push(...(await part.broken(world)).map((rule) => `${part.name}: ${rule}`));
  return out;
}

/** The first broken rule of each part. */
function neverSeen(parts: readonly Part[], { cluster }: World): string[] {
  const watching = new Map(parts.flatMap((part) => (part.watch === undefined ? [] : [[part, part.watch()] as const])));
  const out: string[] = [];
  for (const change of cluster.changes) {
    if (watching.size === 0) break;
    const [before, after] = [change.previous?.value(), change.type === 'put' ? change.entry.value() : undefined];
    const write = { ...(before && { before }), ...(after && { after }) };
    const revision = change.type === 'put' ? change.entry.revision : change.revision;
    for (const [part, watcher] of watching) {
      const rule = watcher(write);
      if (rule === undefined) continue;
      out.push(`${part.name}: ${rule} (at revision ${revision})`);
      watching.delete(part);
    }
  }
  return out;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no ${index}th of ${list.length}`);
  return found;
}
