import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { expectDiscovered, expectOperations } from './operations.ts';
import { pod } from './workloads.ts';

const plane = conformance();

describe('auth/service_accounts.go', () => {
  const account = (name: string, more: Fields = {}) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name }, ...more }) as Live;
  const accounts = (namespace: string): Resource => plane.admin.resource('v1', 'serviceaccounts', namespace);

  it('[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount', async () => {
    const of = accounts(await plane.namespace());
    const labelSelector = 'test-serviceaccount-static=true';
    const watching = await of.watch((await of.list()).metadata.resourceVersion, { labelSelector });
    await of.create(withMetadata(account('testserviceaccount'), { labels: { 'test-serviceaccount-static': 'true' } }));
    await plane.until(() => watching.events[0]?.type === 'ADDED');
    const patched = await of.patch('testserviceaccount', { automountServiceAccountToken: false }, { type: 'strategic' });
    expect(patched).toMatchObject({ automountServiceAccountToken: false });
    const [found, ...others] = (await plane.admin.resource('v1', 'serviceaccounts').list({ labelSelector })).items;
    expect(others).toEqual([]);
    expect(found).toMatchObject({ metadata: { name: 'testserviceaccount' }, automountServiceAccountToken: false });
    await of.deleteCollection(labelSelector);
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
  });

  it('[sig-auth] ServiceAccounts should update a ServiceAccount', async () => {
    const of = accounts(await plane.namespace());
    const created = await of.create(account('e2e-sa'));
    expect(await of.update({ ...created, automountServiceAccountToken: true })).toMatchObject({ automountServiceAccountToken: true });
    expect(await of.get('e2e-sa')).toMatchObject({ automountServiceAccountToken: true });
  });

  it('[sig-auth] ServiceAccounts should allow opting out of API token automount', async () => {
    const namespace = await plane.namespace();
    const pods = plane.admin.resource('v1', 'pods', namespace);
    const wishes = { default: undefined, mount: true, nomount: false };
    for (const [name, wish] of Object.entries(wishes)) {
      await (name === 'default' ? Promise.resolve() : accounts(namespace).create(account(name, { automountServiceAccountToken: wish })));
    }
    const mounted: Record<string, boolean> = {};
    for (const [of, ofAccount] of Object.entries(wishes)) {
      for (const [how, ofPod] of Object.entries(wishes)) {
        const spec = {
          serviceAccountName: of,
          nodeSelector: { never: 'there' },
          ...(ofPod !== undefined && { automountServiceAccountToken: ofPod }),
        };
        const live = await pods.create(pod(`pod-${of}-${how}`, { spec }));
        const [container] = (live.spec as { containers: { volumeMounts?: { mountPath: string }[] }[] }).containers;
        mounted[`${of} ${how}`] = (container?.volumeMounts ?? []).some(
          ({ mountPath }) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount',
        );
        expect(mounted[`${of} ${how}`]).toBe(ofPod ?? ofAccount ?? true);
      }
    }
    expect(Object.values(mounted).filter((each) => each)).toHaveLength(5);
  });

  it('[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview', async () => {
    const namespace = await plane.namespace();
    const of = accounts(namespace);
    const { metadata } = await of.create(account('e2e-sa'));
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: 'e2e-sa' }, spec: {} };
    const { status } = await plane.admin.ok('POST', `${of.path}/e2e-sa/token`, { body: request });
    const { token } = status as { token: string };
    expect(token).not.toBe('');
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
    const reviewed = await plane.admin.ok('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: review });
    expect(reviewed.status).toMatchObject({
      authenticated: true,
      user: { username: `system:serviceaccount:${namespace}:e2e-sa`, uid: metadata.uid },
    });
    expect(reviewed.status).not.toHaveProperty('error');
  });
});

describe('auth/subjectreviews.go', () => {
  it('[sig-auth] SubjectReview should support SubjectReview API operations', async () => {
    const namespace = await plane.namespace();
    await plane.admin
      .resource('v1', 'serviceaccounts', namespace)
      .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'e2e' } });
    const user = `system:serviceaccount:${namespace}:e2e`;
    const asked = { verb: 'list', resource: 'configmaps', namespace, version: 'v1' };
    const review = async (kind: string, path: string) => {
      const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind,
        metadata: { namespace: kind.startsWith('Local') ? namespace : undefined },
        spec: { user, groups, resourceAttributes: asked },
      };
      return fieldsOf(await plane.admin.ok('POST', `/apis/authorization.k8s.io/v1${path}`, { body }), 'status')['allowed'] ?? false;
    };
    const both = async () => ({
      subject: await review('SubjectAccessReview', '/subjectaccessreviews'),
      local: await review('LocalSubjectAccessReview', `/namespaces/${namespace}/localsubjectaccessreviews`),
      impersonated: (await plane.admin.call('GET', `/api/v1/namespaces/${namespace}/configmaps`, { headers: { 'impersonate-user': user } }))
        .status,
    });
    expect(await both()).toEqual({ subject: false, local: false, impersonated: 403 });
    const rbac = 'rbac.authorization.k8s.io';
    const role = {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    };
    await plane.admin.resource(`${rbac}/v1`, 'roles', namespace).create(role);
    const subjects = [{ kind: 'ServiceAccount', name: 'e2e', namespace }];
    const roleRef = { apiGroup: rbac, kind: 'Role', name: 'reader' };
    await plane.admin
      .resource(`${rbac}/v1`, 'rolebindings', namespace)
      .create({ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name: 'reads' }, subjects, roleRef });
    expect(await both()).toEqual({ subject: true, local: true, impersonated: 200 });
  });
});

// `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=e2e-csr`, made once; its key is thrown away.
const signingRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITU1IUUNBUUF3RWpFUU1BNEdBMVVFQXd3SFpUSmxMV056Y2pCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OQpBd0VIQTBJQUJDc3VlV0FmREtpWVMycTZnR21XMmZ5VE5wNUI1TEdUdnZzSk9yWnR6MzI3NzJEMkVBemdsRndQCkd3QkNmSG53eWo0WjNhN1p3bG90OVBJWFd0Ly8xdHVnQURBS0JnZ3Foa2pPUFFRREFnTklBREJGQWlFQWt3ekoKQXlVWXdnYnBGRG5hTERJaXVRVjZUbHhUdU5jbmkvV3huVktkQnFrQ0lGaU5OWThlcklnanFUWGJkd09pOENiNgpzQVZSdTloZVBPS2wwVUFGdWxldgotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K';
// A certificate that signs itself, made in the same way.
const certificate =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJlekNDQVNHZ0F3SUJBZ0lVVml2S1BUSU54MkdNeDIra0JpNnhOOWVVT2RNd0NnWUlLb1pJemowRUF3SXcKRWpFUU1BNEdBMVVFQXd3SFpUSmxMV056Y2pBZ0Z3MHlOakV4TWpFd056RXdNRGxhR0E4eU1USTJNVEF5T0RBMwpNVEF3T1Zvd0VqRVFNQTRHQTFVRUF3d0haVEpsTFdOemNqQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VICkEwSUFCSTRxbEoyQlJiOExYRnB6QVUxekVPNS9ML09pSC9kUUpiekxReSsvVmtrWExCYTltM2tZVFpmUDRGSHEKeXRUV25ScjV2VXRZK010cTNtU1R5Y3I5MU1TalV6QlJNQjBHQTFVZERnUVdCQlJxc1hpK05OZVc3U1ZkZ00rNQp4RVlWMExmOENqQWZCZ05WSFNNRUdEQVdnQlJxc1hpK05OZVc3U1ZkZ00rNXhFWVYwTGY4Q2pBUEJnTlZIUk1CCkFmOEVCVEFEQVFIL01Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lRQ2ZibWV6QWQ3SXV2T3ZoeUdIOHZobzlIS2cKUkdlQ3QwYWsyWk0yK05QRVdBSWdML1h0Tmd3VGhLY1dHTTloMkU5NVFVRHF3cThodG1hTmZTQmFGNzllc0gwPQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==';

describe('auth/certificates.go', () => {
  it('[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations', async () => {
    const served = {
      groupVersion: 'certificates.k8s.io/v1',
      plural: 'certificatesigningrequests',
      kind: 'CertificateSigningRequest',
      namespaced: false,
      subresources: ['approval', 'status'],
    };
    await expectDiscovered(plane.admin, served);
    const make = (name: string) => ({
      metadata: { name },
      spec: { request: signingRequest, signerName: 'example.com/e2e', usages: ['digital signature', 'client auth'] },
    });
    await expectOperations(plane, served, make, async (of, name) => {
      const approval = { type: 'Approved', status: 'True', reason: 'ApprovedPatch', message: 'Set from e2e test' };
      const patch = { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [approval] } };
      expect(await of.patch(name, patch, { subresource: 'approval' })).toMatchObject(patch);
      expect((await of.get(name, 'approval')).status).toMatchObject({ conditions: [approval] });
      const updatedApproval = { ...approval, reason: 'ApprovedUpdate' };
      const approved = await of.get(name);
      const again = await of.update(
        { ...approved, status: { ...fieldsOf(approved, 'status'), conditions: [updatedApproval] } },
        'approval',
      );
      expect(again.status).toMatchObject({ conditions: [updatedApproval] });
      const signed = await of.patch(
        name,
        { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } },
        { subresource: 'status' },
      );
      expect(signed).toMatchObject({
        metadata: { annotations: { patchedstatus: 'true' } },
        status: { certificate, conditions: [updatedApproval] },
      });
      const live = await of.get(name, 'status');
      const conditions = [
        ...(fieldsOf(live, 'status')['conditions'] as Fields[]),
        { ...approval, type: 'StatusUpdate', reason: 'StatusUpdate' },
      ];
      const updated = await of.update({ ...live, status: { ...fieldsOf(live, 'status'), conditions } }, 'status');
      expect((fieldsOf(updated, 'status')['conditions'] as Fields[]).map(({ type }) => type)).toEqual(['Approved', 'StatusUpdate']);
    });
  });
});
