import { afterEach, beforeEach, expect, it } from 'vitest';
import { Pod, type PodStatus } from '../../src/api/kinds.generated.ts';
import { StatusWriter } from '../../src/agent/status-writer.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
let cluster: Connection;
/** What the writer sends. */
let sent: (string | undefined)[];
let writer: StatusWriter;
/** What it says after its writes. */
let settled: boolean[];
const key = { namespace: 'default', name: 'p' };
const ready = (status: 'True' | 'False'): PodStatus => ({ phase: 'Running', conditions: [{ type: 'Ready', status }] });
const target = (status: 'True' | 'False') => ({ type: 'DisruptionTarget', status, lastTransitionTime: '2026-01-01T00:00:00Z' });
const get = () => cluster.get(Pod, key);
const told = async () => Object.fromEntries(((await get()).status?.conditions ?? []).map((one) => [one.type, one.status]));
const say = (status: PodStatus) => cluster.patch(Pod, key, { status: { ...status } }, { subresource: 'status' });

beforeEach(async () => {
  plane = await startCluster({ nodes: 0 });
  cluster = plane.cluster();
  sent = [];
  settled = [];
  const patch: Connection['patch'] = (kind, at, change, options) => {
    sent.push((change as { status?: PodStatus }).status?.phase);
    return cluster.patch(kind, at, change, options);
  };
  const counted = { get: cluster.get.bind(cluster), patch } as unknown as Connection;
  writer = new StatusWriter({ cluster: counted, clock: plane.clock, log: silentLog }, (how) => settled.push(how));
  const spec = { containers: [{ name: 'main', image: 'app:1' }] };
  await cluster.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec });
});
afterEach(() => plane.stop());

it('states that come at once are one write, the last of them', async () => {
  const pod = await get();
  for (const phase of ['Pending', 'Running'] as const) writer.write(pod, { phase });
  await writer.flushed();
  expect([sent, (await get()).status?.phase]).toEqual([['Running'], 'Running']);
});

it('what others say of the pod stays as they have said it last', async () => {
  await say({ conditions: [target('True')] });
  const late = await get();
  await say({ conditions: [target('False')] });
  writer.write(late, { ...ready('True'), conditions: [{ type: 'Ready', status: 'True' }, target('True')] });
  await writer.flushed();
  expect(await told()).toMatchObject({ Ready: 'True', DisruptionTarget: 'False' });
});

it('a pod that somebody calls not ready is called ready again, once; a late watch calls nothing', async () => {
  await say(ready('False'));
  const before = await get();
  writer.write(before, ready('True'));
  await writer.flushed();
  writer.write(before, ready('True'));
  await writer.flushed();
  expect(sent).toEqual(['Running']);
  await say(ready('False'));
  const overruled = await get();
  for (let times = 0; times < 2; times++) {
    writer.write(overruled, ready('True'));
    await writer.flushed();
  }
  expect([sent.length, await told()]).toEqual([2, expect.objectContaining({ Ready: 'True' })]);
});

it('another pod of its name is left alone', async () => {
  const old = { ...(await get()), metadata: { ...(await get()).metadata, uid: 'gone' } };
  writer.write(old, ready('True'));
  await writer.flushed();
  expect((await told())['Ready']).toBeUndefined();
  expect(settled).toEqual([false]);
});

it('knows its own write when a watch brings it back, and nothing else', async () => {
  const before = await get();
  writer.write(before, ready('True'));
  await writer.flushed();
  const echo = { ...(await get()), spec: before.spec };
  expect(settled).toEqual([true]);
  expect(writer.isEcho(echo, before)).toBe(true);
  expect(writer.isEcho({ ...echo, spec: { ...before.spec } }, before)).toBe(false);
  expect(writer.isEcho({ ...echo, metadata: { ...echo.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, before)).toBe(false);
  await say({ conditions: [target('True')] });
  expect(writer.isEcho({ ...(await get()), spec: before.spec }, before)).toBe(false);
});
