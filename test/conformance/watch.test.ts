import { describe, expect, it } from 'vitest';
import { conformance, type Live, type Resource, type Seen, type Watching } from './client.ts';

const plane = conformance();

const configMap = (name: string, label: string, mutation?: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { 'watch-this-configmap': label } },
  ...(mutation !== undefined && { data: { mutation: String(mutation) } }),
});
const selecting = (label: string) => ({ labelSelector: `watch-this-configmap=${label}` });
const mutate = (maps: Resource, name: string, mutation: number) => maps.patch(name, { data: { mutation: String(mutation) } });
/** Events as type and the mutation that they show. */
const told = (events: readonly Seen[]) =>
  events.map(({ type, object }) => [type, (object.data as { mutation?: string } | undefined)?.mutation]);
const maps = async (): Promise<Resource> => plane.admin.resource('v1', 'configmaps', await plane.namespace());
const now = async (of: Resource): Promise<string> => (await of.list()).metadata.resourceVersion;
async function heard(watching: Watching, count: number): Promise<void> {
  await plane.until(() => watching.events.length >= count);
  await plane.cluster.clock.advance(1000); // time in which nothing more must come
}

describe('apimachinery/watch.go', () => {
  it('[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps', async () => {
    const of = await maps();
    const from = await now(of);
    const [a, b, both] = await Promise.all([
      of.watch(from, selecting('multiple-watchers-A')),
      of.watch(from, selecting('multiple-watchers-B')),
      of.watch(from, { labelSelector: 'watch-this-configmap in (multiple-watchers-A, multiple-watchers-B)' }),
    ]);
    await of.create(configMap('a', 'multiple-watchers-A'));
    await mutate(of, 'a', 1);
    await mutate(of, 'a', 2);
    await of.delete('a');
    await of.create(configMap('b', 'multiple-watchers-B'));
    await of.delete('b');
    await heard(both, 6);
    const ofA = [
      ['ADDED', undefined],
      ['MODIFIED', '1'],
      ['MODIFIED', '2'],
      ['DELETED', '2'],
    ];
    const ofB = [
      ['ADDED', undefined],
      ['DELETED', undefined],
    ];
    expect({ a: told(a.events), b: told(b.events), both: told(both.events) }).toEqual({ a: ofA, b: ofB, both: [...ofA, ...ofB] });
    await Promise.all([a, b, both].map((each) => each.stop()));
  });

  it('[sig-api-machinery] Watchers should be able to start watching from a specific resource version', async () => {
    const of = await maps();
    await of.create(configMap('past', 'from-resource-version'));
    const first = await mutate(of, 'past', 1);
    await mutate(of, 'past', 2);
    await of.delete('past');
    const watching = await of.watch(first.metadata.resourceVersion ?? '', selecting('from-resource-version'));
    await heard(watching, 2);
    expect(told(watching.events)).toEqual([
      ['MODIFIED', '2'],
      ['DELETED', '2'],
    ]);
    await watching.stop();
  });

  it('[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch', async () => {
    const of = await maps();
    const before = await of.watch(await now(of), selecting('watch-closed-and-restarted'));
    await of.create(configMap('restarted', 'watch-closed-and-restarted'));
    await mutate(of, 'restarted', 1);
    await heard(before, 2);
    await before.stop();
    await mutate(of, 'restarted', 2);
    const last = before.events.at(-1)?.object.metadata.resourceVersion ?? '';
    const after = await of.watch(last, selecting('watch-closed-and-restarted'));
    await of.delete('restarted');
    await heard(after, 2);
    expect(told(before.events)).toEqual([
      ['ADDED', undefined],
      ['MODIFIED', '1'],
    ]);
    expect(told(after.events)).toEqual([
      ['MODIFIED', '2'],
      ['DELETED', '2'],
    ]);
    await after.stop();
  });

  it('[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector', async () => {
    const of = await maps();
    const relabel = (label: string) => of.patch('changed', { metadata: { labels: { 'watch-this-configmap': label } } });
    const watching = await of.watch(await now(of), selecting('label-changed-and-restored'));
    await of.create(configMap('changed', 'label-changed-and-restored'));
    await mutate(of, 'changed', 1);
    await relabel('wrong-value');
    await mutate(of, 'changed', 2);
    await relabel('label-changed-and-restored');
    await mutate(of, 'changed', 3);
    await of.delete('changed');
    await heard(watching, 6);
    expect(told(watching.events)).toEqual([
      ['ADDED', undefined],
      ['MODIFIED', '1'],
      ['DELETED', '1'],
      ['ADDED', '2'],
      ['MODIFIED', '3'],
      ['DELETED', '3'],
    ]);
    await watching.stop();
  });

  it('[sig-api-machinery] Watchers should receive events on concurrent watches in same order', async () => {
    const of = await maps();
    const first = await of.watch(await now(of));
    const writes = 50;
    const producing = produce(of, writes);
    const later: Watching[] = [];
    for (let at = 0; at < writes; at += 1) {
      await plane.until(() => first.events.length > at);
      later.push(await of.watch(first.events[at]?.object.metadata.resourceVersion ?? ''));
    }
    await producing;
    await plane.until(() => later.every(({ events }, at) => events.length >= first.events.length - at - 1));
    const versions = (events: readonly Seen[]) => events.map(({ object }) => object.metadata.resourceVersion);
    const wanted = versions(first.events);
    later.forEach(({ events }, at) => expect(versions(events)).toEqual(wanted.slice(at + 1)));
    await Promise.all([first, ...later].map((each) => each.stop()));
  });
});

/** Creates, changes and deletes ConfigMaps, one after the other, by a fixed turn. */
async function produce(of: Resource, writes: number): Promise<void> {
  const there: Live[] = [];
  for (let at = 0; at < writes; at += 1) {
    if (at % 3 === 0 || there.length === 0) there.push(await of.create(configMap(`produced-${at}`, 'concurrent', at)));
    else if (at % 3 === 1) await mutate(of, there[at % there.length]?.metadata.name ?? '', at);
    else await of.delete(there.shift()?.metadata.name ?? '');
  }
}
