import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => void (api = await startApiServer()));
afterEach(() => api.stop());

const at = '/api/v1/namespaces/default';
type Used = Record<string, string>;
const quota = (hard: Used, more: object = {}, name = 'q') =>
  api.request('POST', `${at}/resourcequotas`, {
    body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard, ...more } },
  });
const used = async (name = 'q') =>
  ((await api.request('GET', `${at}/resourcequotas/${name}`)).object as { status?: { used?: Used } }).status?.used;
const pod = (name: string, resources: object = {}, spec: object = {}, query = '') =>
  api.request('POST', `${at}/pods`, {
    query,
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'a', image: 'x', resources }], ...spec } },
  });
const remove = (path: string) => api.request('DELETE', `${at}/${path}`, { query: { gracePeriodSeconds: 0 } });
const message = (answer: { object: unknown }) => (answer.object as { message?: string }).message;
/** The status follows what is stored. */
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

describe('a quota', () => {
  it('refuses what goes beyond it, and says what it counts at once', async () => {
    await quota({ pods: '2', 'requests.cpu': '1', 'limits.memory': '1Gi' });
    await settled();
    expect(await used()).toEqual({ pods: '0', 'requests.cpu': '0', 'limits.memory': '0' });
    const resources = { requests: { cpu: '400m' }, limits: { memory: '512Mi' } };
    expect((await pod('a', resources)).status).toBe(201);
    expect(await used()).toEqual({ pods: '1', 'requests.cpu': '400m', 'limits.memory': '512Mi' });
    const large = await pod('b', { requests: { cpu: '700m' }, limits: { memory: '600Mi' } });
    expect([large.status, message(large)]).toEqual([
      403,
      'pods "b" is forbidden: exceeded quota: q, requested: limits.memory=600Mi,requests.cpu=700m, used: limits.memory=512Mi,requests.cpu=400m, limited: limits.memory=1Gi,requests.cpu=1',
    ]);
    expect(message(await pod('c'))).toBe('pods "c" is forbidden: failed quota: q: must specify limits.memory for: a; requests.cpu for: a');
  });

  it('gives back what is deleted, and what a pod has that has ended', async () => {
    await quota({ pods: '1', 'count/pods': '5' });
    await pod('a');
    expect((await pod('b')).status).toBe(403);
    await api.request('PATCH', `${at}/pods/a/status`, {
      body: { status: { phase: 'Succeeded' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await settled();
    expect(await used()).toEqual({ pods: '0', 'count/pods': '1' });
    expect((await pod('b')).status).toBe(201);
    await remove('pods/a');
    await remove('pods/b');
    await settled();
    expect(await used()).toEqual({ pods: '0', 'count/pods': '0' });
  });

  it('is not touched by a dry run, nor by a write that fails', async () => {
    await quota({ pods: '1' });
    expect((await pod('dry', {}, {}, 'dryRun=All')).status).toBe(201);
    expect(await used()).toEqual({ pods: '0' });
    expect((await pod('a')).status).toBe(201);
    expect((await pod('other', {}, {}, 'dryRun=All')).status).toBe(403);
    await remove('pods/a');
    await settled();
    await quota({ pods: '9' }, {}, 'wide');
    await pod('a');
    await remove('resourcequotas/q');
    expect([(await pod('a')).status, await used('wide')]).toEqual([409, { pods: '1' }]);
  });

  it('counts what was there before it, and follows when it changes', async () => {
    await pod('a');
    await pod('b');
    await quota({ pods: '2' });
    expect(message(await pod('c'))).toContain('used: pods=2, limited: pods=2');
    await api.request('PATCH', `${at}/resourcequotas/q`, {
      body: { spec: { hard: { pods: '3', 'count/configmaps': '0' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect((await pod('c')).status).toBe(201);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } };
    expect((await api.request('POST', `${at}/configmaps`, { body: map })).status).toBe(403);
    expect(await used()).toEqual({ pods: '3', 'count/configmaps': '0' });
  });

  test.each<[string, object, object, object]>([
    ['Terminating', { scopes: ['Terminating'] }, { activeDeadlineSeconds: 10 }, {}],
    ['NotTerminating', { scopes: ['NotTerminating'] }, {}, { activeDeadlineSeconds: 10 }],
    [
      'PriorityClass by expression',
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] } },
      { priorityClassName: 'system-node-critical' },
      {},
    ],
  ])('of the scope %s counts only what is in it', async (_name, scope, inside, outside) => {
    await quota({ pods: '0' }, scope);
    expect((await pod('in', {}, inside)).status).toBe(403);
    expect((await pod('out', {}, outside)).status).toBe(201);
  });

  test('of the scope BestEffort counts pods that ask for nothing', async () => {
    await quota({ pods: '0' }, { scopes: ['BestEffort'] });
    expect([(await pod('a')).status, (await pod('b', { requests: { cpu: '1m' } })).status]).toEqual([403, 201]);
  });

  it('of Services counts node ports and balancers, as they change too', async () => {
    await quota({ services: '3', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    const service = (name: string, type: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type, ports: [{ port: 80 }] },
    });
    const make = (name: string, type: string) => api.request('POST', `${at}/services`, { body: service(name, type) });
    expect([(await make('a', 'NodePort')).status, (await make('b', 'LoadBalancer')).status, (await make('b', 'ClusterIP')).status]).toEqual(
      [201, 403, 201],
    );
    const patch = { body: { spec: { type: 'NodePort' } }, headers: { 'content-type': 'application/merge-patch+json' } };
    expect(message(await api.request('PATCH', `${at}/services/b`, patch))).toContain('requested: services.nodeports=1');
  });
});

const rounds = process.env['STEER_SOAK'] === '1' ? 100 : 5;

test(`of 200 pods that come at once a quota of 10 admits exactly 10, ${rounds} times out of ${rounds}`, { timeout: 300_000 }, async () => {
  await quota({ pods: '10' });
  for (let round = 0; round < rounds; round++) {
    const answers = await Promise.all(Array.from({ length: 200 }, (_none, index) => pod(`r${round}-${index}`)));
    expect(answers.filter(({ status }) => status === 201).length).toBe(10);
    expect(await used()).toEqual({ pods: '10' });
    const made = answers.flatMap(({ status }, index) => (status === 201 ? [index] : []));
    await Promise.all(made.map((index) => remove(`pods/r${round}-${index}`)));
    await settled();
    expect(await used()).toEqual({ pods: '0' });
  }
});

test(
  `of 200 pods that come at once and say nothing, limits give each its amounts and the quota counts them, ${rounds} times out of ${rounds}`,
  { timeout: 300_000 },
  async () => {
    const limits = [{ type: 'Container', default: { memory: '100Mi' }, defaultRequest: { memory: '50Mi' } }];
    await api.request('POST', `${at}/limitranges`, {
      body: { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } },
    });
    await quota({ 'limits.memory': '1Gi' });
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(Array.from({ length: 200 }, (_none, index) => pod(`r${round}-${index}`)));
      const made = answers.filter(({ status }) => status === 201).map(({ object }) => object as unknown as Pod);
      expect(made.map(({ spec }) => spec?.containers[0]?.resources)).toEqual(
        Array.from({ length: 10 }, () => ({ limits: { memory: '100Mi' }, requests: { memory: '50Mi' } })),
      );
      expect(await used()).toEqual({ 'limits.memory': '1000Mi' });
      await Promise.all(made.map(({ metadata }) => remove(`pods/${metadata.name}`)));
      await settled();
      expect(await used()).toEqual({ 'limits.memory': '0' });
    }
  },
);
