import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret, ServiceAccount, TokenReview } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, namespace } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
beforeEach(async () => {
  cluster = await startCluster({ nodes: 0, scheduler: false });
  admin = cluster.cluster();
  await admin.create(ServiceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
});
afterEach(() => cluster.stop());

const secretOf = (name: string, account = 'robot', more: Record<string, string> = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, annotations: { 'kubernetes.io/service-account.name': account, ...more } },
  type: 'kubernetes.io/service-account-token',
});
const secret = (name: string) => admin.get(Secret, { namespace, name });
const isGone = (name: string) =>
  secret(name).then(
    () => false,
    (error: unknown) => isNotFound(error),
  );
const text = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString();
const userOf = async (token: string) => {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token } };
  const { status } = await admin.create(TokenReview, review);
  return status?.authenticated === true ? status.user?.username : undefined;
};

describe('a Secret for the token of a service account', () => {
  it('is filled: token, namespace, and whose it is', async () => {
    await admin.create(Secret, secretOf('key'));
    await cluster.settle();
    const { metadata, data } = await secret('key');
    const account = await admin.get(ServiceAccount, { namespace, name: 'robot' });
    expect(metadata.annotations).toEqual({
      'kubernetes.io/service-account.name': 'robot',
      'kubernetes.io/service-account.uid': account.metadata.uid,
    });
    expect(text(data?.['namespace'])).toBe('default');
    expect(await userOf(text(data?.['token']))).toBe('system:serviceaccount:default:robot');
  });

  it('gets a new token when the old one is taken out, and no other while it has one', async () => {
    await admin.create(Secret, secretOf('key'));
    await cluster.settle();
    const first = (await secret('key')).data?.['token'];
    await edit(admin, Secret, 'key', (object) => void (object.metadata.labels = { a: 'b' }));
    await cluster.settle();
    expect((await secret('key')).data?.['token']).toBe(first);
    await edit(admin, Secret, 'key', (object) => void delete object.data?.['token']);
    await cluster.settle();
    const second = (await secret('key')).data?.['token'];
    expect([second === undefined, second === first]).toEqual([false, false]);
  });

  it('goes with its account, and its token is good no more', async () => {
    await admin.create(Secret, secretOf('key'));
    await cluster.settle();
    const token = text((await secret('key')).data?.['token']);
    await admin.delete(ServiceAccount, { namespace, name: 'robot' });
    await cluster.settle();
    expect([await isGone('key'), await userOf(token)]).toEqual([true, undefined]);
  });

  it('goes at once where there is no such account, or another one of that name', async () => {
    await admin.create(Secret, secretOf('orphan', 'nobody'));
    await admin.create(Secret, secretOf('stranger', 'robot', { 'kubernetes.io/service-account.uid': 'another' }));
    await cluster.settle();
    expect([await isGone('orphan'), await isGone('stranger')]).toEqual([true, true]);
  });

  it('is taken off its account’s list when it is deleted', async () => {
    await admin.create(Secret, secretOf('key'));
    await cluster.settle();
    await edit(admin, ServiceAccount, 'robot', (object) => void (object.secrets = [{ name: 'key' }, { name: 'mine' }]));
    const token = text((await secret('key')).data?.['token']);
    await admin.delete(Secret, { namespace, name: 'key' });
    await cluster.settle();
    expect((await admin.get(ServiceAccount, { namespace, name: 'robot' })).secrets).toEqual([{ name: 'mine' }]);
    expect(await userOf(token)).toBeUndefined();
  });
});
