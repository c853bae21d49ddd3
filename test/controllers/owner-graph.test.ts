import { describe, expect, it } from 'vitest';
import type { Kind, KubeObject, OwnerReference } from '../../src/api/object.ts';
import { AbsentOwners } from '../../src/controllers/garbage-collector/absent-owners.ts';
import { blockingDependents, OwnerGraph } from '../../src/controllers/garbage-collector/owner-graph.ts';

const kind: Kind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const object = (name: string, owners: readonly Partial<OwnerReference>[] = [], more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid: name, ownerReferences: owners.map((owner) => ref(owner.uid ?? '', owner)), ...more },
});
const ref = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: uid,
  uid,
  ...more,
});
const going = (finalizer?: string) => ({ deletionTimestamp: 'x', ...(finalizer === undefined ? {} : { finalizers: [finalizer] }) });

function record() {
  const touched: string[] = [];
  const invalid: string[] = [];
  const graph = new OwnerGraph({
    touch: (node) => void touched.push(node.uid),
    invalidOwner: (dependent, owner) => void invalid.push(`${dependent.uid} of ${owner.uid}`),
  });
  const take = () => touched.splice(0);
  return { graph, take, invalid };
}

describe('the graph of owners', () => {
  it('looks for an owner that it does not know, and is content when it comes', () => {
    const { graph, take } = record();
    graph.observe(kind, object('child', [{ uid: 'owner' }]));
    expect(take()).toEqual(['owner']);
    graph.observe(kind, object('owner'));
    expect(take()).toEqual([]);
    expect(graph.get('owner')?.virtual).toBe(false);
  });

  it('touches the dependents of what is gone', () => {
    const { graph, take } = record();
    graph.observe(kind, object('owner'));
    for (const name of ['a', 'b']) graph.observe(kind, object(name, [{ uid: 'owner' }]));
    graph.remove('owner');
    expect(take()).toEqual(['a', 'b']);
  });

  it('touches dependents and owner when a foreground deletion begins, and the owner when a dependent is gone', () => {
    const { graph, take } = record();
    graph.observe(kind, object('owner'));
    graph.observe(kind, object('a', [{ uid: 'owner', blockOwnerDeletion: true }]));
    graph.observe(kind, object('b', [{ uid: 'owner' }]));
    graph.observe(kind, object('owner', [], going('foregroundDeletion')));
    expect(take()).toEqual(['a', 'b', 'owner']);
    expect(blockingDependents(graph.get('owner')!).map((node) => node.uid)).toEqual(['a']);
    graph.remove('a');
    expect(take()).toEqual(['owner']);
  });

  it('touches the owner that waits when a dependent no longer blocks it', () => {
    const { graph, take } = record();
    graph.observe(kind, object('owner', [], going('foregroundDeletion')));
    graph.observe(kind, object('a', [{ uid: 'owner', blockOwnerDeletion: true }]));
    take();
    graph.observe(kind, object('a', [{ uid: 'owner', blockOwnerDeletion: false }]));
    expect(take()).toEqual(['owner']);
  });

  it('touches an owner that orphans its dependents, once', () => {
    const { graph, take } = record();
    graph.observe(kind, object('owner'));
    graph.observe(kind, object('owner', [], going('orphan')));
    graph.observe(kind, object('owner', [], { ...going('orphan'), labels: { a: 'b' } }));
    expect(take()).toEqual(['owner']);
  });

  it('touches a dependent that names its owner wrongly, whichever comes first', () => {
    for (const order of [0, 1]) {
      const { graph, take } = record();
      const both = [object('owner'), object('child', [{ uid: 'owner', name: 'other' }])];
      for (const each of order === 0 ? both : both.reverse()) graph.observe(kind, each);
      expect(take()).toContain('child');
    }
  });

  it('tells of an owner in another namespace, whichever comes first', () => {
    for (const order of [0, 1]) {
      const { graph, invalid } = record();
      const both = [object('owner', [], { namespace: 'far' }), object('child', [{ uid: 'owner' }])];
      for (const each of order === 0 ? both : both.reverse()) graph.observe(kind, each);
      expect(invalid).toEqual(['child of owner']);
    }
  });

  it('forgets an owner that nobody names any more and that never came', () => {
    const { graph } = record();
    graph.observe(kind, object('child', [{ uid: 'owner' }]));
    graph.observe(kind, object('child'));
    expect(graph.get('owner')).toBeUndefined();
    expect(graph.size).toBe(1);
  });
});

it('absent owners are remembered, the oldest are forgotten', () => {
  const absent = new AbsentOwners(2);
  const key = { namespace: 'n', name: 'x' };
  for (const uid of ['1', '2', '3']) absent.add('/ConfigMap', key, uid);
  expect(['1', '2', '3'].map((uid) => absent.has('/ConfigMap', key, uid))).toEqual([false, true, true]);
});
