import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { loopTurn, realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

const soak = process.env['STEER_SOAK'] === '1';
const writers = 200;
/** 254 addresses, of which the API server has the first, and 150 node ports. */
const services = { clusterIPs: '10.0.0.0/24', nodePorts: { first: 30000, last: 30149 } };
const path = '/api/v1/namespaces/default/services';

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP: string; readonly ports: { readonly nodePort?: number }[] };
}
interface Outcome {
  readonly made: readonly Service[];
  readonly refused: readonly string[];
}
const service = (metadata: object, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { ports: [{ port: 80 }], ...spec },
});
const numbered =
  (prefix: string, spec: object = {}) =>
  (index: number) =>
    service({ name: `${prefix}-${index}` }, spec);

/** All at once. */
async function makeMany(api: TestServer, body: (index: number) => object, query: Record<string, string> = {}): Promise<Outcome> {
  const answers = await Promise.all(Array.from({ length: writers }, (_, index) => api.request('POST', path, { body: body(index), query })));
  return {
    made: answers.filter(({ status }) => status === 201).map(({ object }) => object as Service),
    refused: answers.filter(({ status }) => status !== 201).map(({ object }) => String((object as { message: string }).message)),
  };
}
const addresses = (made: readonly Service[]) => new Set(made.map(({ spec }) => spec.clusterIP));
const ports = (made: readonly Service[]) => new Set(made.map(({ spec }) => spec.ports[0]?.nodePort));

/** Each step would find less than it says if one before had kept what it did not get. */
async function story(api: TestServer): Promise<void> {
  // More writers than node ports: as many as there are, each another, and the rest give their addresses back.
  const first = await makeMany(api, numbered('port', { type: 'NodePort' }));
  expect([first.made.length, ports(first.made).size, addresses(first.made).size]).toEqual([150, 150, 150]);
  expect(new Set(first.refused)).toEqual(new Set(['Internal error occurred: failed to allocate a nodePort: range is full']));

  // One name, then one address: one of them gets it. Whoever fails holds an address until it has failed, as upstream.
  const name = await makeMany(api, () => service({ name: 'one' }));
  const full = 'Internal error occurred: failed to allocate a serviceIP: range is full';
  expect(name.made.length).toBe(1);
  expect(name.refused.filter((message) => message !== 'services "one" already exists' && message !== full)).toEqual([]);
  await api.request('DELETE', `${path}/one`);
  await loopTurn();
  const address = `10.0.0.${Array.from({ length: 253 }, (_, index) => index + 2).find((last) => !addresses(first.made).has(`10.0.0.${last}`))}`;
  const asked = await makeMany(api, numbered('address', { clusterIP: address }));
  expect([asked.made.length, [...addresses(asked.made)]]).toEqual([1, [address]]);

  // A dry run takes nothing, also when there are more of them than addresses.
  const dry = await makeMany(api, numbered('dry'), { dryRun: 'All' });
  expect(dry.refused.filter((message) => message !== full)).toEqual([]);

  // What is left, to the last one, under names that the server makes.
  const rest = await makeMany(api, () => service({ generateName: 'rest-' }));
  expect([rest.made.length, addresses(rest.made).size]).toEqual([102, 102]);
  expect(new Set([...rest.made, ...first.made, ...asked.made].map(({ spec }) => spec.clusterIP)).size).toBe(253);
  expect(new Set(rest.made.map(({ metadata }) => metadata.name)).size).toBe(102);
  expect(new Set(rest.refused)).toEqual(new Set([full]));

  // What goes is there again, all of it and once.
  const gone = [...first.made, ...rest.made, ...asked.made];
  await Promise.all(gone.map(({ metadata }) => api.request('DELETE', `${path}/${metadata.name}`)));
  await loopTurn();
  const again = await makeMany(api, numbered('again', { type: 'NodePort' }));
  expect([again.made.length, ports(again.made).size, addresses(again.made).size]).toEqual([150, 150, 150]);
}

describe('names, addresses and node ports under 200 writers', () => {
  it('are given once each, as many as there are, in memory', { timeout: soak ? 1_200_000 : 60_000 }, async () => {
    for (let round = 0; round < (soak ? 100 : 3); round++) {
      const api = await startApiServer({ services, seed: round + 1 });
      await story(api);
      await api.stop();
    }
  });

  it('are given once each, as many as there are, on disk', { timeout: soak ? 1_200_000 : 60_000 }, async () => {
    for (let round = 0; round < (soak ? 100 : 1); round++) {
      const directory = mkdtempSync(join(tmpdir(), 'steer-contention-'));
      const store = await openEmbeddedStore({ directory, codec: objectCodec, clock: realClock(), random: secureRandom() });
      const api = await startApiServer({ services, seed: round + 1, store });
      await story(api);
      await api.stop();
      await store.close();
      rmSync(directory, { recursive: true });
    }
  });
});
