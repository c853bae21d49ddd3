import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigMap, Event } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Transport } from '../../src/api/http.ts';
import { StatusError } from '../../src/api/status.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Writer } from '../../src/client/cluster.ts';
import type { Connection } from '../../src/client/connect.ts';
import { EventSender } from '../../src/reconcile/event-sender.ts';
import type { Recorder } from '../../src/reconcile/events.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let api: Connection;
let about: Readonly<ConfigMap>;
let recorder: Recorder;
let sender: EventSender;
let lines: string[];
let fault: ((request: Parameters<Transport>[0]) => StatusError | undefined) | undefined;
const ending: AbortController[] = [];
const teller = { name: 'teller', groups: ['system:masters'] };

beforeEach(async () => {
  fault = undefined;
  lines = [];
  cluster = await startCluster({
    controllers: [],
    scheduler: false,
    nodes: 0,
    between: (handle, user) => (request) => {
      const error = user.name === teller.name ? fault?.(request) : undefined;
      return error === undefined ? handle(request) : Promise.resolve(errorAnswer(error, true));
    },
  });
  api = cluster.cluster();
  about = await api.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it', namespace: 'default' } });
  const controller = new AbortController();
  ending.push(controller);
  const log = createLog((line) => void lines.push(line.message), 'debug');
  const { signal } = controller;
  sender = new EventSender({ clock: cluster.clock, random: seededRandom(3), log, signal });
  recorder = sender.recorder({ cluster: cluster.cluster(teller), signal, component: 'teller', host: 'node-1' });
});
afterEach(async () => {
  ending.pop()?.abort();
  await sender.done;
  await cluster.stop();
});
const say = (message: string, reason = 'Told'): void => recorder.event(about, 'Normal', { reason, message });
const list = async () => (await api.list(Event, { namespace: 'default' })).items;

test('an event says what, about whom, by whom and when', async () => {
  recorder.event(about, 'Warning', { reason: 'Told', message: 'hello', fieldPath: 'data', action: 'Telling', related: about });
  await cluster.settle();
  const [event] = await list();
  expect(event).toMatchObject({
    action: 'Telling',
    related: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'it', uid: about.metadata.uid },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'it',
      uid: about.metadata.uid,
      resourceVersion: about.metadata.resourceVersion,
      fieldPath: 'data',
    },
    type: 'Warning',
    reason: 'Told',
    message: 'hello',
    count: 1,
    source: { component: 'teller', host: 'node-1' },
    reportingComponent: 'teller',
    reportingInstance: 'node-1',
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
  });
  expect(event?.metadata.name).toMatch(/^it\.[0-9a-f]{16}$/);
});

test('repeated ones are one object whose count and last time rise', async () => {
  say('hello');
  await cluster.clock.advance(10_000);
  say('hello');
  await cluster.clock.advance(10_000);
  say('hello');
  await cluster.settle();
  expect((await list()).map(({ count, firstTimestamp, lastTimestamp }) => ({ count, firstTimestamp, lastTimestamp }))).toEqual([
    { count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:20Z' },
  ]);
});

test('many at once about one object need few writes', async () => {
  for (let times = 0; times < 20; times++) say('hello');
  await cluster.settle();
  expect((await list()).map((event) => event.count)).toEqual([20]);
  expect(cluster.changes.filter((change) => change.type === 'put' && change.entry.key.startsWith('core/events/')).length).toBeLessThan(3);
});

test('one that has expired meanwhile is made anew with its count', async () => {
  say('hello');
  await cluster.settle();
  const [first] = await list();
  await api.delete(Event, { namespace: 'default', name: first?.metadata.name ?? '' });
  say('hello');
  await cluster.settle();
  expect((await list()).map((event) => [event.count, event.metadata.name === first?.metadata.name])).toEqual([[2, false]]);
});

test('one that meets a busy server is sent again', async () => {
  let failures = 3;
  fault = () => (failures-- > 0 ? new StatusError(500, 'InternalError', 'busy') : undefined);
  say('hello');
  await cluster.settle();
  expect((await list()).length).toBe(1);
});

test('one that is refused is dropped with a line in the log, and the next one comes through', async () => {
  fault = (request) => (JSON.stringify(request.object).includes('refuse me') ? new StatusError(403, 'Forbidden', 'no') : undefined);
  say('refuse me', 'Refused');
  say('hello');
  await cluster.settle();
  expect((await list()).map((event) => event.reason)).toEqual(['Told']);
  expect(lines).toContain('an event could not be sent');
});

test('what is told by many at once is sent by a few at a time, in its order', async () => {
  const waiting: (() => void)[] = [];
  const sent: string[] = [];
  let most = 0;
  const slow: Writer = {
    ...api,
    create: async (kind, object, options) => {
      sent.push((object as KubeObject & Pick<Event, 'message'>).message ?? '');
      await new Promise<void>((resolve) => (most = Math.max(most, waiting.push(resolve))));
      return api.create(kind, object, options);
    },
  };
  const { signal } = ending.at(-1) as AbortController;
  const tellers = Array.from({ length: 40 }, (_, index) =>
    sender.recorder({ cluster: slow, signal, component: 'kubelet', host: `node-${index}` }),
  );
  for (const [index, { event }] of tellers.entries())
    event(about, 'Normal', { reason: 'Told', message: `said by ${index}`, fieldPath: `part ${index}` });
  for (let round = 0; round < 40; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.();
    await cluster.settle();
  }
  expect(most).toBeLessThan(10);
  const told = tellers.map((_, index) => `said by ${index}`);
  expect(sent).toEqual(told);
  expect((await list()).map(({ message }) => message).toSorted()).toEqual(told.toSorted());
});

test('told again while it is written, it is written once more after that', async () => {
  let under = 0;
  let together = 0;
  const counted: Writer = {
    ...api,
    create: async (kind, object, options) => {
      together = Math.max(together, ++under);
      say2('hello');
      const made = await api.create(kind, object, options);
      under--;
      return made;
    },
    patch: async (kind, key, patch, options) => {
      together = Math.max(together, ++under);
      const made = await api.patch(kind, key, patch, options);
      under--;
      return made;
    },
  };
  const { signal } = ending.at(-1) as AbortController;
  const again = sender.recorder({ cluster: counted, signal, component: 'other' });
  const say2 = (message: string): void => again.event(about, 'Normal', { reason: 'Told', message });
  say2('hello');
  await cluster.settle();
  expect([together, (await list()).map(({ count }) => count)]).toEqual([1, [2]]);
});
