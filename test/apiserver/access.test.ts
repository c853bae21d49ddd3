import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { createAudit } from '../../src/apiserver/audit.ts';
import { createAuthentication } from '../../src/apiserver/authentication.ts';
import { askedOf } from '../../src/apiserver/authorization.ts';
import { readRequestInfo } from '../../src/apiserver/request-info.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  lines = [];
  const audit = createAudit((line) => lines.push(JSON.parse(line) as Record<string, unknown>), seededRandom(7));
  api = await startApiServer({ audit });
});
afterEach(() => api.stop());

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { password: 'hunter2' } });

describe('a caller', () => {
  it('that is not known is Unauthorized', async () => {
    const answer = await api.request('GET', maps, { user: 'nobody' });
    expect(answer.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="steersman"');
  });

  it.each(['/livez', '/readyz', '/healthz', '/version'])('on the machine itself may ask %s without a name', async (path) => {
    const request = { method: 'GET', path, query: '', headers: {} };
    expect((await api.server.handle({ ...request, peer: { address: '127.0.0.1' } })).status).toBe(200);
    expect((await api.server.handle({ ...request, peer: { address: '192.0.2.1' } })).status).toBe(401);
  });

  it('that may not is told what, in the words of Kubernetes', async () => {
    const answer = await api.request('GET', '/api/v1/namespaces/default/secrets', { user: 'jane' });
    expect(answer.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
      reason: 'Forbidden',
      details: { name: '', kind: 'secrets' },
      code: 403,
    });
    expect((await api.request('GET', '/metrics', { user: 'jane' })).object).toMatchObject({
      message: 'forbidden: User "jane" cannot get path "/metrics"',
    });
    expect((await api.request('GET', '/apis', { user: 'jane' })).status).toBe(200);
  });
});

describe('authentication', () => {
  const users = createAuthentication(new Map([['t0ken', { name: 'jane', groups: ['dev'] }]]));
  const request = (authorization: string | undefined, commonName?: string) => ({
    method: 'GET',
    path: '/',
    query: '',
    headers: authorization === undefined ? {} : { authorization },
    peer: { address: '192.0.2.1', ...(commonName !== undefined && { certificate: { commonName, organizations: ['system:masters'] } }) },
  });
  test.each([
    ['Bearer t0ken', undefined, 'jane dev,system:authenticated'],
    ['bearer  t0ken', undefined, 'jane dev,system:authenticated'],
    ['Bearer other', undefined, undefined],
    ['Basic amFuZQ==', undefined, undefined],
    [undefined, 'admin', 'admin system:masters,system:authenticated'],
    ['Bearer other', 'admin', undefined],
    [undefined, '', undefined],
    [undefined, undefined, undefined],
  ])('of %j with a certificate of %j is %j', (authorization, commonName, expected) => {
    const user = users(request(authorization, commonName));
    expect(user && `${user.name} ${user.groups.join(',')}`).toBe(expected);
  });
});

describe('authorization by the default roles', () => {
  const may = async (name: string, method: string, path: string, groups: string[] = []) => {
    const info = readRequestInfo({ method, path, query: '' });
    return (await api.authorize({ name, groups: [...groups, 'system:authenticated'] }, askedOf(info))).allowed;
  };
  const pod = '/api/v1/namespaces/default/pods/a';
  test.each([
    ['system:kube-scheduler', 'POST', `${pod}/binding`, [], true],
    ['system:kube-scheduler', 'GET', '/api/v1/nodes', [], true],
    ['system:kube-scheduler', 'PUT', pod, [], false],
    ['system:kube-scheduler', 'GET', '/api/v1/secrets', [], false],
    ['system:controller:replicaset-controller', 'POST', '/api/v1/namespaces/default/pods', [], true],
    ['system:controller:replicaset-controller', 'DELETE', '/apis/apps/v1/namespaces/default/deployments/a', [], false],
    ['system:controller:deployment-controller', 'PUT', '/apis/apps/v1/namespaces/default/deployments/a/status', [], true],
    ['system:controller:deployment-controller', 'POST', '/api/v1/namespaces/default/pods', [], false],
    ['system:controller:endpointslice-controller', 'POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', [], true],
    ['system:controller:generic-garbage-collector', 'DELETE', '/apis/demo.example/v1/namespaces/default/shelves/a', [], true],
    ['system:controller:namespace-controller', 'PUT', '/api/v1/namespaces/shop/finalize', [], true],
    ['system:node:n1', 'PATCH', `${pod}/status`, ['system:nodes'], true],
    ['system:node:n1', 'PATCH', pod, ['system:nodes'], false],
    ['system:node:n1', 'POST', `${pod}/binding`, ['system:nodes'], false],
    ['system:node:n1', 'GET', `${pod}/log`, ['system:nodes'], false],
    ['steersman', 'DELETE', '/api/v1/namespaces/shop', [], true],
    ['jane', 'GET', pod, [], false],
    ['jane', 'GET', pod, ['system:masters'], true],
    ['jane', 'GET', '/version', [], true],
    ['jane', 'POST', '/apis', [], false],
  ])('of %s to %s %s as %j is %s', async (...[name, method, path, groups, expected]) => {
    expect(await may(name, method, path, groups)).toBe(expected);
  });
});

describe('the audit log', () => {
  it('has a line for each answer, without what was sent', async () => {
    await api.request('POST', maps, { body: map('a'), query: { fieldManager: 'x' } });
    await api.request('GET', `${maps}/b`, { user: 'jane' });
    expect(lines).toEqual([
      {
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID: expect.any(String),
        stage: 'ResponseComplete',
        requestURI: `${maps}?fieldManager=x`,
        verb: 'create',
        user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
        sourceIPs: ['192.0.2.1'],
        userAgent: 'test/1.0',
        objectRef: {
          resource: 'configmaps',
          namespace: 'default',
          name: 'a',
          uid: expect.any(String),
          apiVersion: 'v1',
          resourceVersion: String(api.store.revision()),
        },
        responseStatus: { metadata: {}, code: 201 },
        requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
        stageTimestamp: '2026-01-01T00:00:00.000000Z',
        annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
      },
      expect.objectContaining({ verb: 'get', responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 } }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('tells a write that changed nothing by its version', async () => {
    const request = { body: map('a'), query: { fieldManager: 'x' }, headers: { 'content-type': 'application/apply-patch+yaml' } };
    await api.request('PATCH', `${maps}/a`, request);
    await api.request('PATCH', `${maps}/a`, request);
    const versions = lines.map((line) => (line['objectRef'] as { resourceVersion: string }).resourceVersion);
    expect(versions[0]).toBe(versions[1]);
  });
});
