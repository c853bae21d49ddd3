import { expect, it } from 'vitest';
import type { ApiResponse, Transport } from '../../src/api/http.ts';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import type { WatchEvent } from '../../src/api/object.ts';
import { expired, isConflict, isNotFound } from '../../src/api/status.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import type { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { connect } from '../../src/client/connect.ts';
import { follow } from '../../src/client/watch.ts';
import { startApiServer } from '../support/api-server.ts';

/** Cuts watches short, cuts lists off, and answers 410 now and then. */
function shaky(transport: Transport, random: Random): Transport {
  return async (request) => {
    const fate = randomInt(random, 10);
    const watch = request.query.includes('watch=true');
    if (fate === 0) throw new Error('the connection was reset');
    if (fate === 1 && watch) return refusal();
    const response = await transport(request);
    return watch && response.object !== undefined ? { ...response, object: cut(response, random) } : response;
  };
}
function refusal(): ApiResponse {
  const status = expired('too old').toStatus();
  return { status: 410, headers: {}, body: new Uint8Array(), object: status };
}
async function* cut(response: ApiResponse, random: Random): AsyncGenerator<WatchEvent<unknown>> {
  let left = randomInt(random, 12);
  for await (const event of response.object as AsyncIterable<WatchEvent<unknown>>) {
    if (left-- === 0) {
      if (randomInt(random, 2) === 0) return;
      throw new Error('the stream was reset');
    }
    yield event;
  }
}

/** Writes at random times for two minutes, then is still. */
async function disturb(cluster: ReturnType<typeof connect>, clock: SimulatedClock, random: Random): Promise<void> {
  for (let step = 0; step < 60; step++) {
    await clock.sleep(randomInt(random, 4000));
    const name = `m${randomInt(random, 6)}`;
    const key = { namespace: 'default', name };
    try {
      if (randomInt(random, 3) === 0) await cluster.delete(ConfigMap, key);
      else {
        const data = { step: String(step) };
        await cluster.apply(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data } as ConfigMap, {
          fieldManager: 'test',
          force: true,
        });
      }
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

async function story(seed: number): Promise<{ trace: string[]; mirror: string[]; truth: string[] }> {
  const server = await startApiServer({ seed });
  const { clock } = server;
  const random = seededRandom(seed);
  const identity = { clock, random, userAgent: 'test/1', authorization: 'Bearer admin' };
  const steady = connect(server.server.handle, identity);
  const stop = new AbortController();
  const mirror = new Map<string, string>();
  const trace: string[] = [];
  const textOf = (object: Readonly<ConfigMap>): string =>
    `${object.metadata.name} ${object.data?.['step']} at ${object.metadata.resourceVersion}`;
  const reading = (async () => {
    const options = { clock, random, signal: stop.signal, namespace: 'default', fieldSelector: 'metadata.name!=kube-root-ca.crt' };
    for await (const event of follow(connect(shaky(server.server.handle, random), identity), ConfigMap, options)) {
      trace.push(`${clock.now()} ${event.type} ${event.type === 'LISTED' ? event.items.map(textOf).join('; ') : textOf(event.object)}`);
      if (event.type === 'LISTED') mirror.clear();
      const items = event.type === 'LISTED' ? event.items : [event.object];
      for (const item of items) {
        if (event.type === 'DELETED') mirror.delete(item.metadata.name);
        else mirror.set(item.metadata.name, textOf(item));
      }
    }
  })();
  let still = false;
  void disturb(steady, clock, random).then(() => (still = true));
  expect(await clock.until(() => still, 600_000)).toBe(true);
  await clock.advance(300_000);
  let truth: string[] | undefined;
  void steady
    .list(ConfigMap, { namespace: 'default' })
    .then(({ items }) => (truth = items.filter((item) => item.metadata.name.startsWith('m')).map(textOf)));
  await clock.until(() => truth !== undefined, 1_000);
  stop.abort();
  await clock.advance(1_000);
  await reading;
  await server.stop();
  expect(clock.pending()).toEqual({ all: 0, working: 0 });
  return { trace, mirror: [...mirror.values()].sort(), truth: (truth ?? []).sort() };
}

it('a follower on a shaky connection ends with what the server has, from every seed', async () => {
  for (let seed = 1; seed <= (process.env['STEER_SOAK'] === '1' ? 200 : 15); seed++) {
    const { mirror, truth, trace } = await story(seed);
    expect({ seed, mirror }).toEqual({ seed, mirror: truth });
    expect(trace.filter((line) => line.includes(' LISTED ')).length).toBeGreaterThan(0);
  }
});

it('the same seed gives the same story, word for word', async () => {
  expect((await story(7)).trace).toEqual((await story(7)).trace);
});
