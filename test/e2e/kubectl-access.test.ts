import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { startControlPlane, type ControlPlane } from '../../src/controlplane/start.ts';
import { findKubectls, kubectlOn, type Kubectl } from '../support/kubectl.ts';
import { tempFolder } from '../support/git-servers.ts';

/** The newest that sends JSON. */
const program = findKubectls().findLast(({ version }) => version === '1.30' || version === '1.31');
const folder = tempFolder('steer-access-');
let plane: ControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  if (program === undefined) return;
  plane = await startControlPlane({ clock: realClock(), random: secureRandom(), log: silentLog, listen: {} });
  const kubeconfig = join(folder.path, 'kubeconfig');
  writeFileSync(kubeconfig, plane.kubeconfig ?? '');
  kubectl = kubectlOn(program, { kubeconfig, namespace: 'shop', folder: folder.path });
  await kubectl.ok(['create', 'namespace', 'shop']);
  await kubectl.ok(['create', 'namespace', 'other']);
  await kubectl.ok(['create', 'clusterrole', 'pod-getter', '--verb=get', '--resource=pods']);
  await kubectl.ok(['create', 'clusterrolebinding', 'getters', '--clusterrole=pod-getter', '--user=gina']);
  await kubectl.ok(['create', 'rolebinding', 'views', '--clusterrole=view', '--user=vera']);
  await kubectl.ok(['create', 'rolebinding', 'edits', '--clusterrole=edit', '--group=editors']);
  await kubectl.ok(['create', 'rolebinding', 'admins', '--clusterrole=admin', '--user=anna']);
  await kubectl.ok(['create', 'role', 'one-map', '--verb=get,update', '--resource=configmaps', '--resource-name=settings']);
  await kubectl.ok(['create', 'rolebinding', 'one-map', '--role=one-map', '--user=olaf']);
  await kubectl.ok(['create', 'clusterrole', 'metrics', '--verb=get', '--non-resource-url=/metrics', '--non-resource-url=/logs/*']);
  await kubectl.ok(['create', 'clusterrolebinding', 'metrics', '--clusterrole=metrics', '--serviceaccount=shop:robot']);
}, 60_000);
afterAll(async () => {
  if (program !== undefined) await plane.stop();
  folder[Symbol.dispose]();
});

const robot = 'system:serviceaccount:shop:robot';
const cases: readonly (readonly [string, string, 'yes' | 'no'])[] = [
  ['', '* *', 'yes'],
  ['gina', 'get pods', 'yes'],
  ['gina', 'delete pods', 'no'],
  ['gina', 'get pods -n other', 'yes'],
  ['gina', 'get pods/web-1', 'yes'],
  ['gina', 'get pods --subresource=log', 'no'],
  ['gina', 'list pods', 'no'],
  ['gina', 'get /version', 'yes'],
  ['gina', 'get /metrics', 'no'],
  ['vera', 'list pods', 'yes'],
  ['vera', 'list pods -n other', 'no'],
  ['vera', 'list pods -A', 'no'],
  ['vera', 'get secrets', 'no'],
  ['vera', 'create deployments.apps', 'no'],
  ['vera', 'get pods --subresource=log', 'yes'],
  ['elsa editors', 'create deployments.apps', 'yes'],
  ['elsa editors', 'get secrets', 'yes'],
  ['elsa editors', 'patch deployments.apps --subresource=scale', 'yes'],
  ['elsa editors', 'create rolebindings.rbac.authorization.k8s.io', 'no'],
  ['elsa editors', 'update resourcequotas', 'no'],
  ['anna', 'create rolebindings.rbac.authorization.k8s.io', 'yes'],
  ['anna', 'create pods --subresource=exec', 'yes'],
  ['anna', 'create namespaces', 'no'],
  ['anna', 'impersonate serviceaccounts', 'yes'],
  ['olaf', 'get configmaps/settings', 'yes'],
  ['olaf', 'get configmaps/others', 'no'],
  ['olaf', 'list configmaps', 'no'],
  [robot, 'get /metrics', 'yes'],
  [robot, 'get /logs/kernel', 'yes'],
  ['system:kube-scheduler', 'create pods --subresource=binding', 'yes'],
  ['system:kube-scheduler', 'get secrets', 'no'],
  ['nobody', 'create selfsubjectaccessreviews.authorization.k8s.io', 'yes'],
];

describe.skipIf(program === undefined)('kubectl auth', () => {
  const as = (who: string) => {
    const [user = '', group] = who.split(' ');
    return [...(user === '' ? [] : [`--as=${user}`]), ...(group === undefined ? [] : [`--as-group=${group}`])];
  };

  test.concurrent.each(cases)('as %j may %s: %s', { timeout: 60_000 }, async (who, what, expected) => {
    const { stdout } = await kubectl.run(['auth', 'can-i', ...what.split(' '), ...as(who)]);
    expect(stdout.trim().split(/\s/)[0]).toBe(expected);
  });

  it('says no where the server does, in its words', async () => {
    const refused = await kubectl.fails(['delete', 'pod', 'x', '--as=gina']);
    expect(refused).toContain(
      'Error from server (Forbidden): pods "x" is forbidden: User "gina" cannot delete resource "pods" in API group "" in the namespace "shop"',
    );
  }, 60_000);

  it('knows who is who, by token too', async () => {
    await kubectl.ok(['create', 'serviceaccount', 'robot']);
    const token = (await kubectl.ok(['create', 'token', 'robot', '--duration=10m'])).trim();
    const listed = await kubectl.ok(['auth', 'can-i', '--list', `--as=${robot}`]);
    expect(listed).toContain('/logs/*');
    const info = await kubectl.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}', `--as=${robot}`]);
    expect(info.stdout).toBe(robot);
    const config = join(folder.path, 'by-token');
    const own = (plane.kubeconfig ?? '').replace(/client-certificate-data: .*/, `token: ${token}`).replace(/\n *client-key-data: .*/, '');
    writeFileSync(config, own);
    const byToken = kubectlOn(program as NonNullable<typeof program>, { kubeconfig: config, namespace: 'shop', folder: folder.path });
    expect(await byToken.fails(['get', 'pods'])).toContain(`User "${robot}" cannot list resource "pods"`);
  }, 60_000);
});
