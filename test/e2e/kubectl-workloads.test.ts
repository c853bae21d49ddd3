import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment } from '../support/gitops.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { eventually } from '../support/process-cluster.ts';
import { startUp, type Up } from '../support/steer-up.ts';

/** The oldest and the newest: what they ask for in between is the same. */
const kubectls = findKubectls().filter((_, at, all) => at === 0 || at === all.length - 1);
const folder = tempFolder('steer-kubectl-workloads-');
let up: Up;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'web.yaml': JSON.stringify(deployment('web', { replicas: 1 })) });
  up = await startUp(repository.path, { folder: folder.path, args: ['--nodes', '3'] });
  await Promise.all(
    kubectls.map((program) =>
      on(program).ok(['create', '-f', '-', ...lenient(program)], manifest('v1', 'Namespace', spaceOf(program), undefined)),
    ),
  );
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

const spaceOf = ({ version }: KubectlProgram) => `workloads-${version.replace('.', '-')}`;
const on = (program: KubectlProgram) => kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: spaceOf(program), folder: folder.path });
/** 1.20 checks against a document that is not served. */
const lenient = ({ old }: KubectlProgram) => (old ? ['--validate=false'] : []);
function manifest(apiVersion: string, kind: string, name: string, spec: object | undefined): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name }, ...(spec === undefined ? {} : { spec }) });
}
const template = (app: string, version = '1') => ({
  metadata: { labels: { app }, annotations: { version } },
  spec: { containers: [{ name: 'main', image: `main:${version}` }] },
});
const lines = (text: string) => text.trimEnd().split('\n');
const image = (kubectl: Kubectl, app: string) =>
  kubectl.ok(['get', 'pods', '-l', `app=${app}`, '--sort-by=.metadata.name', '-o', 'jsonpath={.items[*].spec.containers[0].image}']);

describe.concurrent.each(kubectls)('workloads with kubectl $version', (program) => {
  const create = (kubectl: Kubectl, text: string) => kubectl.ok(['create', ...lenient(program), '-f', '-'], text);

  it('rolls a StatefulSet out, in part and in whole, tells its history, takes it back and starts it anew', async () => {
    const kubectl = on(program);
    const set = (...args: string[]) => kubectl.ok([...args, 'statefulset/db']);
    const spec = { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db') };
    await create(kubectl, manifest('apps/v1', 'StatefulSet', 'db', spec));
    expect(lines(await set('rollout', 'status', '--timeout=60s')).at(-1)).toMatch(
      /^(partitioned roll out complete: 3 new pods have been updated\.\.\.|statefulset rolling update complete 3 pods at revision db-\w+\.\.\.)$/,
    );
    const partition = (at: number) =>
      kubectl.ok(['patch', 'statefulset/db', '-p', JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { partition: at } } } })]);
    await partition(2);
    await kubectl.ok(['set', 'image', 'statefulset/db', 'main=main:2']);
    expect(lines(await set('rollout', 'status', '--timeout=60s')).at(-1)).toBe(
      'partitioned roll out complete: 1 new pods have been updated...',
    );
    expect(await image(kubectl, 'db')).toBe('main:1 main:1 main:2');
    await partition(0);
    await set('rollout', 'status', '--timeout=60s');
    expect(await image(kubectl, 'db')).toBe('main:2 main:2 main:2');
    expect(lines(await set('rollout', 'history'))).toEqual([
      'statefulset.apps/db ',
      'REVISION  CHANGE-CAUSE',
      '1         <none>',
      '2         <none>',
    ]);
    expect(await kubectl.ok(['rollout', 'history', 'statefulset/db', '--revision=1'])).toMatch(/Image:\s+main:1/);
    expect(await set('rollout', 'undo')).toBe('statefulset.apps/db rolled back\n');
    await set('rollout', 'status', '--timeout=60s');
    expect(await image(kubectl, 'db')).toBe('main:1 main:1 main:1');
    expect(lines(await set('rollout', 'history')).slice(2)).toEqual(['2         <none>', '3         <none>']);
    const uids = await kubectl.ok(['get', 'pods', '-l', 'app=db', '-o', 'jsonpath={.items[*].metadata.uid}']);
    expect(await set('rollout', 'restart')).toBe('statefulset.apps/db restarted\n');
    await set('rollout', 'status', '--timeout=60s');
    const anew = await kubectl.ok(['get', 'pods', '-l', 'app=db', '-o', 'jsonpath={.items[*].metadata.uid}']);
    expect(anew.split(' ').filter((uid) => uids.includes(uid))).toEqual([]);
  });

  it('scales and describes a StatefulSet, and lists its events', async () => {
    const kubectl = on(program);
    const spec = { replicas: 1, serviceName: 'kv', selector: { matchLabels: { app: 'kv' } }, template: template('kv') };
    await create(kubectl, manifest('apps/v1', 'StatefulSet', 'kv', spec));
    expect(await kubectl.ok(['scale', 'statefulset/kv', '--replicas=3'])).toBe('statefulset.apps/kv scaled\n');
    await kubectl.ok(['rollout', 'status', 'statefulset/kv', '--timeout=60s']);
    const table = lines(await kubectl.ok(['get', 'statefulset', 'kv']));
    expect(table[0]?.trim().split(/\s+/)).toEqual(['NAME', 'READY', 'AGE']);
    expect(table[1]).toMatch(/^kv +3\/3 /);
    // Events come a moment after what they tell of.
    const events = () => kubectl.ok(['get', 'events', '--field-selector', 'involvedObject.kind=StatefulSet,involvedObject.name=kv']);
    await expect.poll(events, { timeout: 30_000 }).toContain('create Pod kv-2 in StatefulSet kv successful');
    const told = await kubectl.ok(['describe', 'statefulset', 'kv']);
    expect(told).toMatch(/^Replicas: +3 desired \| 3 total$/m);
    expect(told).toMatch(/^Pods Status: +3 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m);
    expect(told).toMatch(/Normal +SuccessfulCreate .* statefulset-controller +create Pod kv-2 in StatefulSet kv successful$/m);
    expect(await kubectl.ok(['get', 'controllerrevisions', '-l', 'app=kv'])).toMatch(/^kv-\w+ +statefulset\.apps\/kv +1 /m);
    await kubectl.ok(['scale', 'statefulset/kv', '--replicas=0']);
    const waited = await kubectl.run(['wait', '--for=delete', 'pod/kv-0', '--timeout=60s']);
    // kubectl 1.20 finds no fault with what goes while it waits, but with what has gone before.
    if (waited.code !== 0) expect(waited.stderr).toMatch(/no matching resources found|NotFound/);
    const deleted = /Normal +SuccessfulDelete +statefulset\/kv +delete Pod kv-0 in StatefulSet kv successful$/m;
    await expect.poll(events, { timeout: 30_000 }).toMatch(deleted);
  });

  it('rolls a DaemonSet out, tells its history, takes it back and starts it anew', async () => {
    const kubectl = on(program);
    const set = (...args: string[]) => kubectl.ok([...args, 'daemonset/agent']);
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } };
    const spec = { selector: { matchLabels: { app: 'agent' } }, template: template('agent'), updateStrategy };
    await create(kubectl, manifest('apps/v1', 'DaemonSet', 'agent', spec));
    expect(lines(await set('rollout', 'status', '--timeout=60s')).at(-1)).toBe('daemon set "agent" successfully rolled out');
    const row = lines(await kubectl.ok(['get', 'daemonset', 'agent']))[1];
    expect(row?.trim().split(/\s+/).slice(0, 7)).toEqual(['agent', '3', '3', '3', '3', '3', '<none>']);
    await kubectl.ok(['set', 'image', 'daemonset/agent', 'main=main:2']);
    await set('rollout', 'status', '--timeout=60s');
    expect(await image(kubectl, 'agent')).toBe('main:2 main:2 main:2');
    expect(await kubectl.ok(['rollout', 'history', 'daemonset/agent', '--revision=1'])).toMatch(/Image:\s+main:1/);
    expect(await kubectl.ok(['rollout', 'undo', 'daemonset/agent', '--to-revision=1'])).toBe('daemonset.apps/agent rolled back\n');
    await set('rollout', 'status', '--timeout=60s');
    expect(await image(kubectl, 'agent')).toBe('main:1 main:1 main:1');
    expect(lines(await set('rollout', 'history')).slice(2)).toEqual(['2         <none>', '3         <none>']);
    expect(await set('rollout', 'restart')).toBe('daemonset.apps/agent restarted\n');
    await set('rollout', 'status', '--timeout=60s');
    const told = await kubectl.ok(['describe', 'daemonset', 'agent']);
    expect(told).toMatch(/^Desired Number of Nodes Scheduled: 3$/m);
    expect(told).toMatch(/^Pods Status: +3 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m);
    expect(told).toMatch(/Normal +SuccessfulCreate .* daemonset-controller +Created pod: agent-\w{5}$/m);
  });

  it('pauses and resumes a Deployment, and starts it anew', async () => {
    const kubectl = on(program);
    const spec = { replicas: 2, selector: { matchLabels: { app: 'api' } }, template: template('api') };
    await create(kubectl, manifest('apps/v1', 'Deployment', 'api', spec));
    await kubectl.ok(['rollout', 'status', 'deployment/api', '--timeout=60s']);
    expect(await kubectl.ok(['rollout', 'pause', 'deployment/api'])).toBe('deployment.apps/api paused\n');
    await kubectl.ok(['set', 'image', 'deployment/api', 'main=main:2']);
    expect(await kubectl.ok(['rollout', 'status', 'deployment/api', '--watch=false'])).toMatch(/^Waiting for deployment "api"/);
    expect(await kubectl.fails(['rollout', 'restart', 'deployment/api'])).toContain("can't restart paused deployment");
    expect(await kubectl.ok(['rollout', 'resume', 'deployment/api'])).toBe('deployment.apps/api resumed\n');
    await kubectl.ok(['rollout', 'status', 'deployment/api', '--timeout=60s']);
    expect(await image(kubectl, 'api')).toContain('main:2');
    expect(await kubectl.ok(['rollout', 'restart', 'deployment/api'])).toBe('deployment.apps/api restarted\n');
    await kubectl.ok(['rollout', 'status', 'deployment/api', '--timeout=60s']);
    expect(lines(await kubectl.ok(['rollout', 'history', 'deployment/api'])).slice(2)).toHaveLength(3);
    await kubectl.ok(['rollout', 'pause', 'deployment/api']);
    expect(await kubectl.fails(['rollout', 'undo', 'deployment/api'])).toContain('you cannot rollback a paused deployment');
  });

  it('scales and describes a ReplicationController', async () => {
    const kubectl = on(program);
    await create(kubectl, manifest('v1', 'ReplicationController', 'old', { replicas: 1, template: template('old') }));
    expect(await kubectl.ok(['scale', 'rc', 'old', '--replicas=5'])).toBe('replicationcontroller/old scaled\n');
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod', '-l', 'app=old', '--timeout=60s']);
    const ready = async () =>
      lines(await kubectl.ok(['get', 'rc', 'old']))[1]
        ?.trim()
        .split(/\s+/)
        .slice(0, 4)
        .join(' ');
    await eventually('five ready pods', async () => (await ready()) === 'old 5 5 5');
    const told = await kubectl.ok(['describe', 'rc', 'old']);
    expect(told).toMatch(/^Replicas: +5 current \/ 5 desired$/m);
    expect(told).toMatch(/Normal +SuccessfulCreate .* replication-controller +Created pod: old-\w{5}$/m);
    await kubectl.ok(['delete', 'rc', 'old']);
    expect(await kubectl.ok(['get', 'rc', '-o', 'name'])).toBe('');
  });
});
