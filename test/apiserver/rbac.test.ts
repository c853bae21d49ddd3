import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { RbacPolicy } from '../../src/apiserver/rbac/policy.ts';
import { missingRules, ruleText, type PolicyRule } from '../../src/api/access-rules.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => void (api = await startApiServer()));
afterEach(() => api.stop());

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const post = (path: string, body: object, user = 'admin', headers: Record<string, string> = {}) =>
  api.request('POST', path, { body, user, headers: { 'content-type': 'application/json', ...headers } });
const clusterRole = (name: string, rules: object[], more: object = {}, user = 'admin') =>
  post(`${rbac}/clusterroles`, { apiVersion, kind: 'ClusterRole', metadata: { name, ...more }, rules }, user);
const bind = (name: string, role: string, who: string, user = 'admin') =>
  post(
    `${rbac}/clusterrolebindings`,
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', apiGroup, name: who }],
    },
    user,
  );
const bindIn = (namespace: string, roleRef: { kind: string; name: string }, who: string, user = 'admin') =>
  post(
    `${rbac}/namespaces/${namespace}/rolebindings`,
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: `${roleRef.name}-${who}` },
      roleRef: { apiGroup, ...roleRef },
      subjects: [{ kind: 'User', apiGroup, name: who }],
    },
    user,
  );
const message = (answer: { object: unknown }) => (answer.object as { message?: string }).message;
const pods = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];

describe('a role', () => {
  it('gives what it says as soon as it is bound, and no more when it is gone', async () => {
    const read = () => api.request('GET', '/api/v1/namespaces/default/pods', { user: 'jane' });
    expect(message(await read())).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await bind('b', 'reader', 'jane');
    expect(message(await read())).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "reader" not found',
    );
    await clusterRole('reader', pods);
    expect((await read()).status).toBe(200);
    expect((await api.request('DELETE', '/api/v1/namespaces/default/pods/a', { user: 'jane' })).status).toBe(403);
    await api.request('DELETE', `${rbac}/clusterrolebindings/b`);
    expect((await read()).status).toBe(403);
  });

  it('that is bound in a namespace holds there alone', async () => {
    await clusterRole('reader', pods);
    await bindIn('default', { kind: 'ClusterRole', name: 'reader' }, 'jane');
    const status = async (namespace: string) => (await api.request('GET', `/api/v1/namespaces/${namespace}/pods`, { user: 'jane' })).status;
    expect([
      await status('default'),
      await status('kube-system'),
      (await api.request('GET', '/api/v1/pods', { user: 'jane' })).status,
    ]).toEqual([200, 403, 403]);
  });

  it('that gathers others has their rules, and follows them', async () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { gather: 'me' } }] };
    await post(`${rbac}/clusterroles`, { apiVersion, kind: 'ClusterRole', metadata: { name: 'all' }, aggregationRule });
    await clusterRole('part', pods, { labels: { gather: 'me' } });
    await expect.poll(async () => (await api.request('GET', `${rbac}/clusterroles/all`)).object).toMatchObject({ rules: pods });
    await api.request('DELETE', `${rbac}/clusterroles/part`);
    await expect
      .poll(async () => ((await api.request('GET', `${rbac}/clusterroles/all`)).object as { rules?: unknown[] }).rules ?? [])
      .toEqual([]);
  });

  it('is made only by who has its rights, or may escalate', async () => {
    await clusterRole('maker', [{ apiGroups: [apiGroup], resources: ['clusterroles'], verbs: ['create'] }, ...pods]);
    await bind('makers', 'maker', 'jane');
    expect((await clusterRole('less', pods, {}, 'jane')).status).toBe(201);
    expect(message(await clusterRole('more', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }], {}, 'jane'))).toBe(
      'clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    );
    const gathering = { apiVersion, kind: 'ClusterRole', metadata: { name: 'g' }, aggregationRule: { clusterRoleSelectors: [{}] } };
    expect(message(await post(`${rbac}/clusterroles`, gathering, 'jane'))).toContain(
      'must have cluster-admin privileges to use an aggregationRule',
    );
    await clusterRole('escalator', [{ apiGroups: [apiGroup], resources: ['clusterroles'], verbs: ['escalate'] }]);
    await bind('escalators', 'escalator', 'jane');
    expect((await clusterRole('more', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }], {}, 'jane')).status).toBe(201);
  });

  it('is bound only by who has its rights, or may bind it', async () => {
    await clusterRole('binder', [{ apiGroups: [apiGroup], resources: ['rolebindings'], verbs: ['create'] }]);
    await bind('binders', 'binder', 'jane');
    const toView = () => bindIn('default', { kind: 'ClusterRole', name: 'view' }, 'kim', 'jane');
    expect([(await toView()).status, message(await bindIn('default', { kind: 'Role', name: 'none' }, 'kim', 'jane'))]).toEqual([
      403,
      'roles.rbac.authorization.k8s.io "none" not found',
    ]);
    await clusterRole('may-bind', [{ apiGroups: [apiGroup], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] }]);
    await bind('may-binders', 'may-bind', 'jane');
    expect((await toView()).status).toBe(201);
  });
});

test('default roles come back at the start with what they have lost, and keep what was added', async () => {
  const patch = (path: string, body: object) =>
    api.request('PATCH', `${rbac}/${path}`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
  const extra = { apiGroups: ['x.example'], resources: ['things'], verbs: ['get'] };
  await patch('clusterroles/system:node-bootstrapper', { rules: [extra] });
  await patch('clusterrolebindings/system:basic-user', { subjects: [] });
  await patch('clusterroles/system:kube-dns', {
    metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
    rules: [],
  });
  await api.request('DELETE', `${rbac}/clusterroles/view`);
  api.server.stop();
  const again = await startApiServer({ store: api.store, clock: api.clock });
  const read = async (path: string) =>
    (await again.request('GET', `${rbac}/${path}`)).object as { rules?: PolicyRule[]; subjects?: unknown[] };
  expect((await read('clusterroles/system:node-bootstrapper')).rules).toEqual([
    extra,
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create', 'get', 'list', 'watch'] },
  ]);
  expect((await read('clusterrolebindings/system:basic-user')).subjects).toEqual([
    { kind: 'Group', apiGroup, name: 'system:authenticated' },
  ]);
  expect([(await read('clusterroles/system:kube-dns')).rules ?? [], (await read('clusterroles/view')).rules?.length]).toEqual([[], 10]);
  again.server.stop();
});

describe('impersonation', () => {
  const whoami = async (user: string, headers: Record<string, string>) =>
    post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      user,
      headers,
    );

  it("makes a request somebody else's, with groups, uid and extra", async () => {
    const answer = await whoami('admin', {
      'impersonate-user': 'kim',
      'impersonate-group': 'dev, ops',
      'impersonate-uid': '7',
      'impersonate-extra-scopes': 'a,b',
    });
    expect((answer.object as { status: object }).status).toEqual({
      userInfo: { username: 'kim', uid: '7', groups: ['dev', 'ops', 'system:authenticated'], extra: { scopes: ['a', 'b'] } },
    });
    const account = await whoami('admin', { 'impersonate-user': 'system:serviceaccount:shop:robot' });
    expect((account.object as { status: { userInfo: object } }).status.userInfo).toMatchObject({
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    });
  });

  it('is for those who may, each claim by itself', async () => {
    expect(message(await whoami('jane', { 'impersonate-user': 'kim' }))).toBe(
      'users "kim" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    await clusterRole('actor', [{ apiGroups: [''], resources: ['users'], resourceNames: ['kim'], verbs: ['impersonate'] }]);
    await bind('actors', 'actor', 'jane');
    expect([
      (await whoami('jane', { 'impersonate-user': 'kim' })).status,
      (await whoami('jane', { 'impersonate-user': 'kim', 'impersonate-group': 'dev' })).status,
    ]).toEqual([201, 403]);
    expect((await whoami('admin', { 'impersonate-group': 'dev' })).status).toBe(500);
  });
});

describe('reviews', () => {
  const review = async (kind: string, spec: object, user = 'admin', namespace = '') => {
    const path = `/apis/authorization.k8s.io/v1/${namespace}${kind.toLowerCase()}s`;
    const { status, object } = await post(path, { apiVersion: 'authorization.k8s.io/v1', kind, spec }, user);
    return { status, ...(object as { status?: Record<string, unknown>; message?: string }) };
  };

  it('say who may what, and why', async () => {
    await clusterRole('reader', pods);
    await bind('b', 'reader', 'jane');
    const asked = { resource: 'pods', verb: 'list', namespace: 'default' };
    expect((await review('SelfSubjectAccessReview', { resourceAttributes: asked }, 'jane')).status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to User "jane"',
    });
    expect((await review('SubjectAccessReview', { user: 'jane', resourceAttributes: { ...asked, verb: 'delete' } })).status).toEqual({
      allowed: false,
    });
    const paths = { user: 'jane', groups: ['system:authenticated'], nonResourceAttributes: { path: '/openapi/v3', verb: 'get' } };
    expect((await review('SubjectAccessReview', paths)).status).toMatchObject({ allowed: true });
    expect(
      (await review('LocalSubjectAccessReview', { user: 'jane', resourceAttributes: asked }, 'admin', 'namespaces/default/')).status,
    ).toMatchObject({ allowed: true });
    expect((await review('SubjectAccessReview', { user: 'jane' })).message).toContain(
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
    expect((await review('SubjectAccessReview', { resourceAttributes: asked })).message).toContain(
      'at least one of user or group must be specified',
    );
  });

  it('list the rules of who asks', async () => {
    await clusterRole('reader', pods);
    await bindIn('default', { kind: 'ClusterRole', name: 'reader' }, 'jane');
    const here = (await review('SelfSubjectRulesReview', { namespace: 'default' }, 'jane')).status as {
      resourceRules: object[];
      incomplete: boolean;
    };
    expect([here.incomplete, here.resourceRules]).toEqual([
      false,
      expect.arrayContaining([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }]),
    ]);
    const there = (await review('SelfSubjectRulesReview', { namespace: 'kube-system' }, 'jane')).status as {
      resourceRules: { resources: string[] }[];
    };
    expect(there.resourceRules.some(({ resources }) => resources.includes('pods'))).toBe(false);
  });
});

describe('tokens of service accounts', () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const request = (spec: object, name = 'robot') =>
    post(`${accounts}/${name}/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  const tokenOf = (answer: { object: unknown }) => (answer.object as { status: { token: string; expirationTimestamp: string } }).status;
  const whoami = (user: string) =>
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }, user);
  beforeEach(async () => {
    await api.stop();
    // Only what is no token is a name here.
    api = await startApiServer({
      authenticate: (request) =>
        request.headers['authorization'] === 'Bearer admin' ? { name: 'admin', groups: ['system:masters'] } : undefined,
    });
    await post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } });
  });

  it('say who calls until they end', async () => {
    const { token, expirationTimestamp } = tokenOf(await request({ expirationSeconds: 600 }));
    expect(expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    const info = (await whoami(token)).object as { status: { userInfo: object } };
    expect(info.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    await api.clock.advance(601_000);
    expect((await whoami(token)).status).toBe(401);
  });

  it('are good only for whom they are meant, unchanged, and as long as their account is there', async () => {
    const { token } = tokenOf(await request({ audiences: ['vault'] }));
    expect((await whoami(token)).status).toBe(401);
    const review = (spec: object) =>
      post('/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec });
    expect(((await review({ token, audiences: ['vault', 'x'] })).object as { status: object }).status).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
    });
    const own = tokenOf(await request({})).token;
    const [head = '', body = '', signature = ''] = own.split('.');
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replaceAll('robot', 'admin')).toString('base64url');
    expect([(await whoami(own)).status, (await whoami(`${head}.${forged}.${signature}`)).status]).toEqual([201, 401]);
    await api.request('DELETE', `${accounts}/robot`);
    await post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } });
    expect((await whoami(own)).status).toBe(401);
  });

  it('that are bound to a pod end with it', async () => {
    const spec = { serviceAccountName: 'robot', containers: [{ name: 'a', image: 'x' }] };
    await post('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
    const { token } = tokenOf(await request({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }));
    const info = (await whoami(token)).object as { status: { userInfo: { extra: object } } };
    expect(info.status.userInfo.extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['p'] });
    await api.request('DELETE', '/api/v1/namespaces/default/pods/p');
    expect((await whoami(token)).status).toBe(401);
  });

  test.each([
    [{ expirationSeconds: 60 }, 422, 'may not specify a duration less than 10 minutes'],
    [
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'c' } },
      400,
      'cannot bind token for serviceaccount "robot" to object of type v1, Kind=ConfigMap',
    ],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }, 404, 'pods "none" not found'],
  ])('are refused for %j', async (spec, status, why) => {
    const answer = await request(spec);
    expect([answer.status, message(answer)]).toEqual([status, expect.stringContaining(why)]);
  });
});

test('a node sees the secrets of its own pods only', async () => {
  for (const name of ['used', 'other'])
    await post('/api/v1/namespaces/default/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name } });
  const volumes = [{ name: 's', secret: { secretName: 'used' } }];
  const spec = { nodeName: 'n1', containers: [{ name: 'a', image: 'x' }], volumes };
  await post('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
  const read = (name: string, node: string) =>
    api.request('GET', `/api/v1/namespaces/default/secrets/${name}`, { user: `system:node:${node}` });
  expect([(await read('used', 'n1')).status, (await read('other', 'n1')).status, (await read('used', 'n2')).status]).toEqual([
    200, 403, 403,
  ]);
  expect(message(await read('other', 'n1'))).toContain("no relationship found between node 'n1' and this object");
});

describe('rules', () => {
  const rule = (verbs: string[], resources: string[], resourceNames?: string[]): PolicyRule => ({
    apiGroups: [''],
    verbs,
    resources,
    ...(resourceNames && { resourceNames }),
  });
  test.each<[string, PolicyRule[], PolicyRule[], string[]]>([
    ['the same', [rule(['get'], ['pods'])], [rule(['get'], ['pods'])], []],
    ['everything', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }], [rule(['get', 'list'], ['pods', 'pods/log'])], []],
    [
      'a subresource of any',
      [rule(['get'], ['*/scale'])],
      [rule(['get'], ['pods', 'jobs/scale'])],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    [
      'a name for all names',
      [rule(['get'], ['pods'], ['a'])],
      [rule(['get'], ['pods'])],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    ['all names for a name', [rule(['get'], ['pods'])], [rule(['get'], ['pods'], ['a'])], []],
    [
      'paths',
      [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/a/b', '/b'] }],
      ['{NonResourceURLs:["/b"], Verbs:["get"]}'],
    ],
  ])('cover %s', (_name, held, wanted, missing) => {
    expect(missingRules(held, wanted).map(ruleText)).toEqual(missing);
  });

  it('of one user cost the same however many bindings others have', () => {
    const policy = new RbacPolicy();
    policy.setRole('', 'r', { apiVersion, kind: 'ClusterRole', metadata: { name: 'r' }, rules: pods });
    for (let index = 0; index < 20_000; index++) {
      const subjects = [{ kind: 'User', apiGroup, name: `u${index}` }];
      policy.setBinding('', `b${index}`, {
        apiVersion,
        kind: 'ClusterRoleBinding',
        metadata: { name: `b${index}` },
        subjects,
        roleRef: { apiGroup, kind: 'ClusterRole', name: 'r' },
      });
    }
    const asked = {
      isResource: true,
      verb: 'get',
      path: '',
      group: '',
      version: 'v1',
      namespace: 'x',
      resource: 'pods',
      subresource: '',
      name: 'p',
      fieldSelector: '',
    };
    const started = performance.now();
    let allowed = 0;
    for (let index = 0; index < 20_000; index++) if (policy.authorize({ name: `u${index}`, groups: [] }, asked).allowed) allowed += 1;
    expect(allowed).toBe(20_000);
    // 400 million comparisons would take far longer.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
