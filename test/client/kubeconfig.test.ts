import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contextOf, loadKubeconfig, parseKubeconfig, type KubeContext } from '../../src/client/kubeconfig.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-kubeconfig-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
function file(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}
const base64 = (text: string) => Buffer.from(text).toString('base64');

const full = `
apiVersion: v1
kind: Config
current-context: dev
contexts:
  - { name: dev, context: { cluster: main, user: me, namespace: shop } }
  - { name: bare, context: { cluster: main } }
  - { name: lost, context: { cluster: nowhere, user: me } }
  - { name: ghost, context: { cluster: main, user: nobody } }
clusters:
  - name: main
    cluster:
      server: https://10.0.0.1:6443
      certificate-authority: pki/ca.crt
      tls-server-name: api.internal
      proxy-url: http://proxy:3128
users:
  - name: me
    user:
      client-certificate-data: ${base64('CERT')}
      client-key: /keys/me.key
      token: plain
      tokenFile: token
      as: boss
      as-groups: [a, b]
      as-user-extra: { scopes: [x] }
`;
const context = (text: string, user = 'u'): KubeContext =>
  contextOf(
    parseKubeconfig(
      `{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://x'}}], users: [{name: ${user}, user: ${text}}]}`,
      '/etc/kube/config',
    ),
  );

describe('a context', () => {
  it('says server, trust and user, with paths from the folder of its file', () => {
    const config = parseKubeconfig(full, '/home/me/.kube/config');
    expect(contextOf(config)).toEqual({
      name: 'dev',
      namespace: 'shop',
      cluster: {
        server: 'https://10.0.0.1:6443',
        insecure: false,
        authority: { file: '/home/me/.kube/pki/ca.crt' },
        serverName: 'api.internal',
        proxy: 'http://proxy:3128',
      },
      user: {
        certificate: { text: 'CERT' },
        key: { file: '/keys/me.key' },
        token: 'plain',
        tokenFile: '/home/me/.kube/token',
        impersonate: { user: 'boss', groups: ['a', 'b'], extra: { scopes: ['x'] } },
      },
    });
  });
  it('without user and namespace is anonymous in default', () => {
    expect(contextOf(parseKubeconfig(full, '/x'), 'bare')).toMatchObject({ namespace: 'default', user: {} });
  });
  it('that is missing, or leads nowhere, is named with what there is', () => {
    const config = parseKubeconfig(full, '/x');
    expect(() => contextOf(config, 'prod')).toThrow('context "prod" is not in /x; there are: dev, bare, lost, ghost');
    expect(() => contextOf(config, 'lost')).toThrow('context "lost" names the cluster "nowhere", which is not in /x');
    expect(() => contextOf(config, 'ghost')).toThrow('context "ghost" names the user "nobody", which is not in /x');
    expect(() => contextOf(parseKubeconfig('{}', '/x'))).toThrow('/x names no current-context');
  });
  it('reads a credential plugin, its command relative to the file', () => {
    const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [a, 1], env: [{name: K, value: v}], provideClusterInfo: true}}`;
    expect(context(exec).user.exec).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/etc/kube/bin/login',
      args: ['a', '1'],
      env: { K: 'v' },
      installHint: '',
      provideClusterInfo: true,
      interactiveMode: 'IfAvailable',
    });
  });
  it('with an auth-provider says which', () => {
    expect(context('{auth-provider: {name: gcp}}').user).toEqual({ unsupported: 'auth-provider gcp' });
  });
});

describe('several files', () => {
  it('are merged, the first of a name counts, absent ones are left out', async () => {
    const first = file(
      'one',
      'contexts: [{name: a, context: {cluster: c, user: u, namespace: one}}]\nclusters: [{name: c, cluster: {server: "https://one"}}]',
    );
    const second = file(
      'two',
      'current-context: b\ncontexts: [{name: a, context: {cluster: c, namespace: two}}, {name: b, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://two"}}]\nusers: [{name: u, user: {token: t}}]',
    );
    const config = await loadKubeconfig([first, join(root, 'absent'), second]);
    expect(config.files).toEqual([first, second]);
    expect(contextOf(config)).toMatchObject({ name: 'b', cluster: { server: 'https://one' }, user: { token: 't' } });
    expect(contextOf(config, 'a').namespace).toBe('one');
  });
  it('of which none is there are an error, as is one that is named alone', async () => {
    await expect(loadKubeconfig([join(root, 'no'), join(root, 'nor')])).rejects.toThrow('no kubeconfig is there');
    await expect(loadKubeconfig([join(root, 'no')])).rejects.toThrow('cannot be read');
  });
  it('that are no YAML, or no map, say so', async () => {
    await expect(loadKubeconfig([file('bad', 'a: [')])).rejects.toMatchObject({ name: 'KubeconfigError' });
    await expect(loadKubeconfig([file('list', '- a')])).rejects.toThrow('is no map');
  });
});
