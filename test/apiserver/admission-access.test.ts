import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(
  async () =>
    void (api = await startApiServer({ admission: { enable: ['OwnerReferencesPermissionEnforcement'], disable: ['ServiceAccount'] } })),
);
afterEach(() => api.stop());

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const message = (answer: { object: unknown }) => (answer.object as { message?: string }).message;
const allow = async (user: string, rule: object) => {
  const apiGroup = 'rbac.authorization.k8s.io';
  const of = (kind: string) => ({ apiVersion: `${apiGroup}/v1`, kind, metadata: { generateName: 'r-' } });
  const role = (await api.request('POST', `${rbac}/clusterroles`, { body: { ...of('ClusterRole'), rules: [rule] } })).object as {
    metadata: { name: string };
  };
  const subjects = [{ kind: 'User', apiGroup, name: user }];
  const roleRef = { apiGroup, kind: 'ClusterRole', name: role.metadata.name };
  await api.request('POST', `${rbac}/clusterrolebindings`, { body: { ...of('ClusterRoleBinding'), subjects, roleRef } });
};
const merge = { 'content-type': 'application/merge-patch+json' };

/** A request for a certificate of an organization, as clients send it. */
async function csr(organization: string): Promise<string> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await globalThis.crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const made = await Pkcs10CertificateRequestGenerator.create({ name: [{ O: [organization] }, { CN: ['kim'] }], keys, signingAlgorithm });
  return Buffer.from(`${made.toString('pem')}\n`).toString('base64');
}
const ask = async (name: string, signerName: string, organization: string) =>
  api.request('POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', {
    body: {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: { signerName, request: await csr(organization), usages: ['client auth'] },
    },
  });

test('nobody asks for a certificate of an administrator', async () => {
  const signer = 'kubernetes.io/kube-apiserver-client';
  const refused = await ask('a', signer, 'system:masters');
  expect([refused.status, message(refused)]).toEqual([
    403,
    `certificatesigningrequests.certificates.k8s.io "a" is forbidden: use of ${signer} signer with system:masters group is not allowed`,
  ]);
  expect((await ask('b', signer, 'dev')).status).toBe(201);
});

test('who may not approve or sign for a signer does not', async () => {
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  expect((await ask('c', 'x.example/box', 'dev')).status).toBe(201);
  await allow('jane', {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    verbs: ['patch'],
  });
  const conditions = [{ type: 'Approved', status: 'True', reason: 'x', message: '' }];
  const approve = () => api.request('PATCH', `${requests}/c/approval`, { body: { status: { conditions } }, headers: merge, user: 'jane' });
  expect(message(await approve())).toContain('user not permitted to approve requests with signerName "x.example/box"');
  await allow('jane', { apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['x.example/*'], verbs: ['approve'] });
  expect((await approve()).status).toBe(200);
});

test('who may not hold up an owner does not say that he does', async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const owner = (await api.request('POST', maps, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } } }))
    .object as { metadata: { uid: string } };
  await allow('jane', { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'patch'] });
  const reference = (blockOwnerDeletion: boolean) => [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, blockOwnerDeletion },
  ];
  const make = (name: string, block: boolean) =>
    api.request('POST', maps, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences: reference(block) } },
      user: 'jane',
    });
  expect(message(await make('a', true))).toContain(
    "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on",
  );
  expect((await make('a', false)).status).toBe(201);
  const patched = await api.request('PATCH', `${maps}/a`, { body: { metadata: { ownerReferences: null } }, headers: merge, user: 'jane' });
  expect(message(patched)).toContain("cannot set an ownerRef on a resource you can't delete");
});
