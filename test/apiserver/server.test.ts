import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

const events = '/api/v1/namespaces/default/events';
const event = (name: string, lastTimestamp: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'default' },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' },
  lastTimestamp,
});

it('begins with four namespaces, again and again', async () => {
  const names = async () => {
    const { items } = (await api.request('GET', '/api/v1/namespaces')).object as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  };
  expect(await names()).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  const before = api.store.revision();
  api.server.stop();
  api = await startApiServer({ store: api.store, clock: api.clock });
  expect(await names()).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  expect(api.store.revision()).toBe(before);
});

describe('events', () => {
  const there = async () => {
    const { items } = (await api.request('GET', events)).object as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  };
  const minutes = (count: number) => api.clock.advance(count * 60_000);

  it('are forgotten an hour after they were written last', async () => {
    await api.request('POST', events, { body: event('once', '2026-01-01T00:00:00Z') });
    await api.request('POST', events, { body: event('again', '2026-01-01T00:00:00Z') });
    await minutes(40);
    await api.request('PATCH', `${events}/again`, { body: { count: 2 }, headers: { 'content-type': 'application/merge-patch+json' } });
    await minutes(19);
    expect(await there()).toEqual(['again', 'once']);
    await minutes(11);
    expect(await there()).toEqual(['again']);
    await minutes(40);
    expect(await there()).toEqual([]);
  });

  it('of an earlier start are forgotten an hour after they were last seen, by what they say', async () => {
    for (let count = 0; count < 1200; count++) {
      await api.request('POST', events, { body: event(`early-${count}`, '2026-01-01T00:00:00Z') });
    }
    await api.request('POST', events, { body: event('late', '2026-01-01T00:30:00Z') });
    await minutes(31);
    api.server.stop();
    api = await startApiServer({ store: api.store, clock: api.clock });
    await minutes(28);
    expect(await there()).toHaveLength(1201);
    await minutes(7);
    expect(await there()).toEqual(['late']);
    await minutes(30);
    expect(await there()).toEqual([]);
  });
});

it('counts what it answers', async () => {
  await api.request('GET', '/api/v1/namespaces/default');
  await api.request('GET', '/api/v1/namespaces/none');
  const { text } = await api.request('GET', '/metrics');
  const labels = 'verb="GET",group="",version="v1",resource="namespaces",subresource=""';
  expect(text.split('\n')).toContain(`apiserver_request_total{${labels},code="200"} 1`);
  expect(text.split('\n')).toContain(`apiserver_request_total{${labels},code="404"} 1`);
  expect(text).toMatch(/\napiserver_storage_revision \d+\n$/);
});

it('refuses everything once it is stopped', async () => {
  api.server.stop();
  expect((await api.request('GET', '/version')).object).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
});

describe('a run', () => {
  /** Writers that race, a watch and the passing of time; the answer is all that was seen and stored. */
  async function story(seed: number, extraTurns: () => number): Promise<string> {
    const clock = new SimulatedClock({ extraTurns });
    const one = await startApiServer({ seed, clock });
    const seen: unknown[] = [];
    const watched = await one.watch('/api/v1/services', { query: { allowWatchBookmarks: true, timeoutSeconds: 600 } });
    const reading = (async () => {
      for await (const item of watched) seen.push(item);
    })();
    const write = async (writer: number) => {
      for (let round = 0; round < 5; round++) {
        const metadata = { generateName: 'web-' };
        const body = { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'NodePort', ports: [{ port: 80 + writer }] } };
        const made = await one.request('POST', '/api/v1/namespaces/default/services', { body, user: 'steersman' });
        await clock.sleep(1000 * (writer + 1));
        const { name } = (made.object as { metadata: { name: string } }).metadata;
        if (round % 2 === 0) await one.request('DELETE', `/api/v1/namespaces/default/services/${name}`);
      }
    };
    const writing = Promise.all([0, 1, 2].map(write));
    await clock.advance(700_000);
    await writing;
    await reading;
    const all = await one.request('GET', '/api/v1/services');
    await one.stop();
    return JSON.stringify([seen, all.object]);
  }

  it('with one seed is the same, byte for byte, whatever the turns of the event loop', async () => {
    const turns = seededRandom(99);
    const first = await story(5, () => 0);
    expect(await story(5, () => Math.floor(turns.next() * 4))).toBe(first);
    expect(await story(6, () => 0)).not.toBe(first);
  });
});
