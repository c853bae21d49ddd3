import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigMap, EndpointSlice } from '../../src/api/kinds.generated.ts';
import { refText } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import { StatusError } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { applyBase } from '../../src/gitops/base-state.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import { readManifests } from '../../src/gitops/reading.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

const application = { namespace: 'default', name: 'shop' };
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { a: '1' }\n`;
const source = { repo: 'repo', path: '', revision: '', intervalMs: 30_000 };

let plane: TestCluster;
let cluster: Connection;
let sources: MemorySource;
beforeEach(async () => {
  plane = await startCluster({ nodes: 0, controllers: [], scheduler: false });
  cluster = plane.cluster(undefined, 'test');
  sources = new MemorySource(plane.clock);
  sources.commit('repo', { 'a.yaml': map('a'), 'b.yaml': map('b') });
});
afterEach(() => plane.stop());

const reading = () => ({
  cluster,
  sources,
  renderers: createRenderers(),
  validate: createValidate(plane.clock),
  signal: new AbortController().signal,
});
async function applied(): Promise<void> {
  const { manifests } = await readManifests(reading(), { source, namespace: 'default', unserved: 'error' });
  await applyBase(cluster, manifests, { application, namespace: 'default' });
}
async function planned(target: Connection = cluster, name = 'shop'): Promise<Plan> {
  const { plan } = await planOnce({ ...reading(), cluster: target, source, application: { namespace: 'default', name } });
  return plan;
}
const actions = ({ steps }: Plan) => steps.map(({ action, ref }) => `${action} ${refText(ref)}`);

it('prunes what carries the mark of an application that the cluster has no record of', async () => {
  await applied();
  sources.commit('repo', { 'b.yaml': null });
  expect(actions(await planned())).toEqual(['unchanged ConfigMap default/a', 'prune ConfigMap default/b']);
});

it('leaves alone what only has a copy of the label, and what carries the mark of another application', async () => {
  await applied();
  const labels = { 'steersman.dev/application': 'default.shop' };
  await cluster.create(EndpointSlice, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'copied', namespace: 'default', labels },
    addressType: 'IPv4',
    endpoints: [],
  });
  expect(actions(await planned())).toEqual(['unchanged ConfigMap default/a', 'unchanged ConfigMap default/b']);
  sources.commit('repo', { 'a.yaml': null, 'b.yaml': map('c') });
  expect(actions(await planned(cluster, 'other'))).toEqual(['create ConfigMap default/c']);
});

it('holds a plan that would delete most of what is marked, as it does with an inventory', async () => {
  sources.commit('repo', Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`m${at}.yaml`, map(`m${at}`)])));
  await applied();
  sources.commit('repo', Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`m${at}.yaml`, null])));
  expect((await planned()).holds).toEqual(['deletes 7 of 10 objects, more than 20 %']);
});

it('says where it could not look', async () => {
  await applied();
  sources.commit('repo', { 'b.yaml': null });
  const blind = new Proxy(cluster, {
    get: (of, name) => {
      if (name === 'list') return list;
      const member: unknown = of[name as keyof Connection];
      return typeof member === 'function' ? (member as () => unknown).bind(of) : member;
    },
  });
  const list = (...[kind, options]: Parameters<Connection['list']>) =>
    options?.labelSelector !== undefined && kind.kind === ConfigMap.kind
      ? Promise.reject(new StatusError(403, 'Forbidden', 'configmaps is forbidden'))
      : cluster.list(kind, options);
  const { steps, notes } = await planned(blind);
  expect(steps.map(({ action }) => action)).toEqual(['unchanged']);
  expect(notes).toEqual(['v1 configmaps: what left the source cannot be found: configmaps is forbidden']);
});
