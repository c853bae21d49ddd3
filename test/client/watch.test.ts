import { describe, expect, it } from 'vitest';
import type { Kind, KubeObject, WatchEvent } from '../../src/api/object.ts';
import { expired, forbidden, type StatusError } from '../../src/api/status.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Reader } from '../../src/client/cluster.ts';
import { follow, type Followed } from '../../src/client/watch.ts';

const Pod: Kind = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const pod = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, resourceVersion: String(version) },
});
const added = (name: string, version: number): WatchEvent<KubeObject> => ({ type: 'ADDED', object: pod(name, version) });

/** What a list answers, or which events a watch brings before it closes or fails. */
type Step = { list: [string[], number] | Error } | { watch: WatchEvent<KubeObject>[]; fails?: Error };

/** A reader that answers step by step and remembers what it was asked, and when. */
function reader(steps: readonly Step[], clock: SimulatedClock): { reader: Reader; asked: string[]; stop: AbortController } {
  const asked: string[] = [];
  const stop = new AbortController();
  let at = 0;
  const next = (call: string): Step | undefined => {
    asked.push(`${call} at ${Math.round(clock.now() / 100) / 10}s`);
    const step = steps[at++];
    if (step === undefined) stop.abort();
    return step;
  };
  const scripted = {
    list: async () => {
      const step = next('list');
      if (step === undefined || !('list' in step)) throw new Error('no list was expected');
      if (step.list instanceof Error) throw step.list;
      const [names, version] = step.list;
      return { items: names.map((name) => pod(name, version)), resourceVersion: String(version) };
    },
    watch: async function* (_: Kind, version: string) {
      const step = next(`watch ${version}`);
      if (step === undefined || !('watch' in step)) return;
      yield* step.watch;
      if (step.fails !== undefined) throw step.fails;
    },
  };
  return { reader: scripted as unknown as Reader, asked, stop };
}

async function run(steps: readonly Step[]): Promise<{ told: string[]; asked: string[]; failures: string[]; error?: unknown }> {
  const clock = new SimulatedClock({ start: 0 });
  const random = { next: () => 0, bytes: seededRandom(1).bytes };
  const script = reader(steps, clock);
  const told: string[] = [];
  const failures: string[] = [];
  let error: unknown;
  let ended = false;
  const work = async (): Promise<void> => {
    const options = { clock, random, signal: script.stop.signal, failed: (why: unknown) => failures.push((why as Error).message) };
    for await (const event of follow(script.reader, Pod, options)) told.push(textOf(event));
  };
  void work()
    .catch((reason: unknown) => (error = reason))
    .finally(() => (ended = true));
  expect(await clock.until(() => ended, 3_600_000)).toBe(true);
  return { told, asked: script.asked, failures, ...(error !== undefined && { error }) };
}
function textOf(event: Followed<KubeObject>): string {
  return event.type === 'LISTED'
    ? `LISTED ${event.items.map((item) => item.metadata.name).join(',')}`
    : `${event.type} ${event.object.metadata.name}`;
}

describe('follow', () => {
  it('goes on from the last event or bookmark after a closed stream', async () => {
    const result = await run([
      { list: [['a'], 3] },
      { watch: [added('b', 5)] },
      { watch: [{ type: 'BOOKMARK', resourceVersion: '9' }] },
      { watch: [added('c', 10)] },
    ]);
    expect(result.told).toEqual(['LISTED a', 'ADDED b', 'ADDED c']);
    expect(result.asked.map((call) => call.replace(/ at .*/, ''))).toEqual(['list', 'watch 3', 'watch 5', 'watch 9', 'watch 10']);
    expect(result.failures).toEqual([]);
  });

  it('lists again when the server no longer knows the revision', async () => {
    const result = await run([{ list: [['a'], 3] }, { watch: [], fails: expired('too old') }, { list: [['b'], 90] }]);
    expect(result.told).toEqual(['LISTED a', 'LISTED b']);
    expect(result.asked.at(-1)).toMatch(/^watch 90/);
  });

  it('waits longer after each failure, to half a minute, and starts anew after an event', async () => {
    const down = Array.from({ length: 8 }, (): Step => ({ watch: [], fails: new Error('refused') }));
    const result = await run([{ list: [[], 1] }, ...down, { watch: [added('a', 2)] }]);
    expect(result.asked.map((call) => call.replace(/.* at /, ''))).toEqual([
      '0s',
      '0s',
      '0.8s',
      '2.4s',
      '5.6s',
      '12s',
      '24.8s',
      '50.4s',
      '80.4s',
      '110.4s',
      '111.2s',
    ]);
    expect(result.failures).toHaveLength(8);
  });

  it('throws what no time heals', async () => {
    const { error, told } = await run([{ list: forbidden({ group: '', plural: 'pods' }, '', 'no') }]);
    expect([told, (error as StatusError).reason]).toEqual([[], 'Forbidden']);
  });
});
