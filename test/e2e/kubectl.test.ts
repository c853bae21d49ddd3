import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, deployment } from '../support/gitops.ts';
import { root } from '../support/sources.ts';
import { startUp, type Up } from '../support/steer-up.ts';

interface Read {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Record<string, string>;
  };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: { readonly image: string }[] } } };
  readonly status: { readonly readyReplicas?: number };
}

const kubectls = findKubectls();
const newest = kubectls.at(-1);
const folder = tempFolder('steer-kubectl-');
let up: Up;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'web.yaml': manifests(deployment('web', { replicas: 1 })) });
  up = await startUp(repository.path, { folder: folder.path });
  await up.running.printed(/default\/app Synced Healthy/);
  await Promise.all(kubectls.map((program) => on(program).ok(['create', ...lenient(program), '-f', '-'], manifests(namespace(program)))));
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

function spaceOf({ version }: KubectlProgram): string {
  return `with-${version.replace('.', '-')}`;
}
function on(program: KubectlProgram): Kubectl {
  return kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: spaceOf(program), folder: folder.path });
}
function namespace(program: KubectlProgram): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: spaceOf(program) } };
}
/** 1.20 checks against a document that is not served. */
function lenient(program: KubectlProgram): readonly string[] {
  return program.old ? ['--validate=false'] : [];
}
/** JSON documents one after the other: as YAML documents kubectl would take the first for JSON and stumble over the dashes. */
function manifests(...objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n');
}
function pod(name: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers: [{ name: 'main', image: 'main:1' }] } };
}
function service(name: string): object {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports } };
}
function job(name: string): object {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'main:1' }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template } };
}
/** One line of a table as its cells; headings may hold single spaces. */
function cells(line: string | undefined): readonly string[] {
  return (line ?? '').trim().split(/\s{2,}/);
}
function lines(text: string): readonly string[] {
  return text.trimEnd().split('\n');
}

describe.concurrent.each(kubectls)('kubectl $version', (program) => {
  const create = (kubectl: Kubectl, ...objects: object[]) => kubectl.ok(['create', ...lenient(program), '-f', '-'], manifests(...objects));
  const apply = (kubectl: Kubectl, object: object, ...args: string[]) =>
    kubectl.run(['apply', '--server-side', ...lenient(program), ...args, '-f', '-'], manifests(object));
  const rolledOut = (kubectl: Kubectl, name: string) => kubectl.ok(['rollout', 'status', `deployment/${name}`, '--timeout=60s']);

  it('gets objects in every form', async () => {
    const kubectl = on(program);
    await create(kubectl, deployment('forms', { replicas: 2 }), deployment('other', { replicas: 1 }));
    await Promise.all([rolledOut(kubectl, 'forms'), rolledOut(kubectl, 'other')]);
    const get = (...args: string[]) => kubectl.ok(['get', ...args]);
    const [plain, wide, asYaml, asJson, labelled, running, sorted, names, columns, path, all] = await Promise.all([
      get('deployment', 'forms'),
      get('pods', '-l', 'app=forms', '-o', 'wide'),
      get('deployment', 'forms', '-o', 'yaml'),
      kubectl.json<Read>(['get', 'deployment', 'forms']),
      get('pods', '-l', 'app in (other)', '-o', 'name'),
      get('pods', '-l', 'app=forms', '--field-selector', 'status.phase!=Running', '-o', 'name'),
      get('deployments', '--sort-by=.spec.replicas', '-o', 'name'),
      get('rs,svc', '-l', 'app=forms', '-o', 'name'),
      get('deployments', '-o', 'custom-columns=NAME:.metadata.name,WANTED:.spec.replicas'),
      get('deployment', 'forms', '-o', 'jsonpath={.spec.template.spec.containers[*].image}'),
      get('deployments', '-A'),
    ]);
    const [head, row] = lines(plain);
    expect(cells(head)).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(cells(row)).toEqual(['forms', '2/2', '2', '2', expect.stringMatching(/^\d+[sm]/)]);
    expect(cells(lines(wide)[0])).toEqual([
      ...['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES'],
    ]);
    expect(lines(wide)).toHaveLength(3);
    expect(asYaml).toContain(`  uid: ${asJson.metadata.uid}\n`);
    expect(asYaml).toContain('\n  replicas: 2\n');
    expect(labelled).toMatch(/^pod\/other-[a-z0-9]+-[a-z0-9]+\n$/);
    expect(running).toBe('');
    expect(lines(sorted).filter((name) => /forms|other/.test(name))).toEqual(['deployment.apps/other', 'deployment.apps/forms']);
    expect(names).toMatch(/^replicaset\.apps\/forms-[a-z0-9]+\n$/);
    expect(lines(columns).map((line) => cells(line))).toEqual(
      expect.arrayContaining([
        ['NAME', 'WANTED'],
        ['forms', '2'],
        ['other', '1'],
      ]),
    );
    expect(path).toBe('web:1');
    expect(all).toMatch(new RegExp(`^${spaceOf(program)} +forms +2/2`, 'm'));
    expect(await kubectl.fails(['get', 'pod', 'nobody'])).toBe('Error from server (NotFound): pods "nobody" not found\n');
    expect(await kubectl.fails(['get', 'nothings'])).toBe('error: the server doesn\'t have a resource type "nothings"\n');
  });

  it('watches: what is there, what changes and what goes', async () => {
    const kubectl = on(program);
    await create(kubectl, configMap('watched', { a: '1' }));
    const watch = kubectl.start([
      'get',
      'configmaps',
      '-w',
      '-l',
      'seen!=no',
      '--output-watch-events',
      '--field-selector=metadata.name=watched',
    ]);
    await watch.printed(/^ADDED +watched +1/m);
    await kubectl.ok(['patch', 'configmap', 'watched', '--type=merge', '-p', '{"data":{"b":"2"}}']);
    await watch.printed(/^MODIFIED +watched +2/m);
    await kubectl.ok(['delete', 'configmap', 'watched']);
    await watch.printed(/^DELETED +watched +2/m);
    await watch.stop();
  });

  it('describes each kind', async () => {
    const kubectl = on(program);
    await create(kubectl, deployment('told'), service('told'), job('told'), configMap('told', { greeting: 'hello' }), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'told' },
      stringData: { password: 'not to be shown' },
    });
    await rolledOut(kubectl, 'told');
    await kubectl.ok(['wait', '--for=condition=complete', 'job/told', '--timeout=60s']);
    const describeIt = (...args: string[]) => kubectl.ok(['describe', ...args]);
    const [pods, deploy, rs, jobs, svc, node, ns, cm, secret] = await Promise.all([
      describeIt('pods', '-l', 'app=told'),
      describeIt('deploy', 'told'),
      describeIt('rs', '-l', 'app=told'),
      describeIt('job', 'told'),
      describeIt('svc', 'told'),
      describeIt('nodes'),
      describeIt('ns', spaceOf(program)),
      describeIt('cm', 'told'),
      describeIt('secret', 'told'),
    ]);
    expect(pods).toMatch(/^Controlled By: +ReplicaSet\/told-[a-z0-9]+$/m);
    expect(pods).toMatch(/^ +Normal +Scheduled .* default-scheduler +Successfully assigned /m);
    expect(pods).toMatch(/^ +Normal +Started .* kubelet +(spec\.containers\{web\}: )?Container started$/m);
    expect(pods).toMatch(/^Status: +Running$/m);
    expect(deploy).toMatch(/^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m);
    expect(deploy).toMatch(/^ +Available +True +MinimumReplicasAvailable$/m);
    expect(deploy).toMatch(/ScalingReplicaSet .* deployment-controller +Scaled up replica set told-[a-z0-9]+ (from 0 )?to 2$/m);
    expect(rs).toMatch(/^Pods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m);
    expect(rs).toMatch(/SuccessfulCreate .* replicaset-controller +Created pod: told-/m);
    expect(jobs).toMatch(/^Pods Statuses: +0 (Active|Running).* \/ 1 Succeeded \/ 0 Failed$/m);
    expect(jobs).toMatch(/Completed .* job-controller +Job completed$/m);
    expect(svc).toMatch(/^IP: +10\.96\./m);
    expect(svc).toMatch(/^Port: +http +80\/TCP$/m);
    expect(node).toMatch(/^ +Ready +True .* KubeletReady/m);
    expect(node).toMatch(/^Non-terminated Pods: +\(\d+ in total\)$/m);
    expect(node).toMatch(/^ +pods: +\d+/m);
    expect(ns).toMatch(/^Status: +Active$/m);
    expect(cm).toMatch(/^greeting:\n-+\nhello\n/m);
    expect(secret).toMatch(/^password: +15 bytes$/m);
    expect(secret).not.toContain('not to be shown');
  });

  it('reads logs, and follows them', async () => {
    const kubectl = on(program);
    const annotations = { 'simulated.steersman.dev/log': 'one\ntwo', 'simulated.steersman.dev/log-every': '200ms' };
    await create(kubectl, pod('talks', { annotations }));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/talks', '--timeout=60s']);
    expect(await kubectl.ok(['logs', 'talks'])).toMatch(/^one\ntwo\n/);
    expect(await kubectl.ok(['logs', 'talks', '-c', 'main', '--limit-bytes=5'])).toBe('one\nt');
    expect(lines(await kubectl.ok(['logs', 'talks', '--tail=1', '--timestamps']))).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z /),
    ]);
    const follow = kubectl.start(['logs', '-f', 'talks']);
    await follow.printed(/^one\ntwo\n(.+\n){3}/);
    await kubectl.ok(['delete', 'pod', 'talks', '--force', '--grace-period=0']);
    expect((await follow.finished).code).toBe(0);
    expect(await kubectl.fails(['logs', 'talks'])).toContain('rror from server (NotFound): pods "talks" not found');
  });

  it('applies on the server: owners, conflicts and force', async () => {
    const kubectl = on(program);
    const version = async () => (await kubectl.json<Read>(['get', 'cm', 'applied'])).metadata.resourceVersion;
    const once = await apply(kubectl, configMap('applied', { a: '1' }));
    expect(once.stdout).toBe('configmap/applied serverside-applied\n');
    const first = await version();
    expect((await apply(kubectl, configMap('applied', { a: '1' }))).stdout).toBe('configmap/applied serverside-applied\n');
    expect(await version()).toBe(first);
    const other = await apply(kubectl, configMap('applied', { a: '2' }), '--field-manager=other');
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(
      /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.a\nPlease review the fields above/,
    );
    expect((await apply(kubectl, configMap('applied', { a: '2' }), '--field-manager=other', '--force-conflicts')).code).toBe(0);
    expect(await kubectl.ok(['get', 'cm', 'applied', '-o', 'jsonpath={.data.a}'])).toBe('2');
    const tried = await apply(kubectl, configMap('applied', { a: '3' }), '--field-manager=other', '--dry-run=server');
    expect(tried.stdout).toBe('configmap/applied serverside-applied (server dry run)\n');
    expect(await kubectl.ok(['get', 'cm', 'applied', '-o', 'jsonpath={.data.a}'])).toBe('2');
  });

  it('diffs on the server: 0 for nothing, 1 for a change', async () => {
    const kubectl = on(program);
    const diff = (data: Record<string, string>) =>
      kubectl.run(['diff', '--server-side', '-f', '-'], manifests(configMap('compared', data)));
    await apply(kubectl, configMap('compared', { a: 'former' }));
    const changed = await diff({ a: 'latter' });
    expect(changed.code).toBe(1);
    expect(changed.stdout).toContain('\n-  a: former\n+  a: latter\n');
    expect(await diff({ a: 'former' })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await kubectl.run(['diff', '--server-side', '-f', '-'], manifests(configMap('new', {})))).code).toBe(1);
  });

  it('creates once', async () => {
    const kubectl = on(program);
    expect(await create(kubectl, configMap('once', {}), service('once'))).toBe('configmap/once created\nservice/once created\n');
    expect(await kubectl.fails(['create', ...lenient(program), '-f', '-'], manifests(configMap('once', {})))).toContain(
      'Error from server (AlreadyExists): error when creating "STDIN": configmaps "once" already exists\n',
    );
    const wrong = { ...configMap('Not_A_Name', {}) };
    expect(await kubectl.fails(['create', ...lenient(program), '-f', '-'], manifests(wrong))).toMatch(
      /^The ConfigMap "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of/,
    );
    if (program.old) return;
    expect(await kubectl.fails(['create', '-f', '-'], manifests({ ...configMap('typo', {}), dtaa: {} }))).toContain(
      'strict decoding error: unknown field "dtaa"',
    );
  });

  it('deletes in the background, in the foreground and leaving orphans', async () => {
    const kubectl = on(program);
    const names = ['background', 'foreground', 'orphan'];
    await create(kubectl, ...names.map((name) => deployment(`gone-${name}`, { replicas: 1 })), configMap('gone', {}), pod('gone'));
    await Promise.all(names.map((name) => rolledOut(kubectl, `gone-${name}`)));
    const deletion = (name: string) => kubectl.ok(['delete', 'deployment', `gone-${name}`, `--cascade=${name}`, '--wait']);
    const owned = (name: string) => kubectl.ok(['get', 'rs', '-l', `app=gone-${name}`, '-o', 'name']);
    const said = await Promise.all(names.map(deletion));
    expect(said).toEqual(names.map((name) => expect.stringContaining(`deployment.apps "gone-${name}" deleted`) as string));
    expect(await owned('foreground')).toBe('');
    expect(await owned('orphan')).toMatch(/^replicaset\.apps\/gone-orphan-[a-z0-9]+\n$/);
    await Promise.all([
      kubectl.ok(['delete', 'rs', '-l', 'app=gone-orphan']),
      kubectl.ok(['wait', '--for=delete', 'rs', '-l', 'app=gone-background', '--timeout=60s']).catch(async (error: unknown) => {
        // 1.20 and others take it as a mistake when nothing is left to wait for.
        if ((await owned('background')) !== '') throw error;
      }),
    ]);
    expect(await kubectl.ok(['delete', 'pod', 'gone', '--force', '--grace-period=0', '--wait=false'])).toMatch(/^pod "gone" force deleted/);
    expect(await kubectl.ok(['delete', 'configmap', 'gone', '--ignore-not-found'])).toMatch(/^configmap "gone" deleted/);
    expect(await kubectl.ok(['delete', 'configmap', 'gone', '--ignore-not-found'])).toBe('');
    expect(await kubectl.fails(['delete', 'configmap', 'gone'])).toBe('Error from server (NotFound): configmaps "gone" not found\n');
  });

  it('scales, labels, annotates and patches', async () => {
    const kubectl = on(program);
    await create(kubectl, deployment('changed', { replicas: 1 }));
    const it = 'deployment/changed';
    expect(await kubectl.ok(['scale', it, '--replicas=2'])).toBe('deployment.apps/changed scaled\n');
    expect(await kubectl.fails(['scale', it, '--replicas=3', '--current-replicas=7'])).toContain('Expected replicas to be 7, was 2');
    expect(await kubectl.ok(['label', it, 'tier=front'])).toBe('deployment.apps/changed labeled\n');
    expect(await kubectl.fails(['label', it, 'tier=back'])).toContain("'tier' already has a value (front), and --overwrite is false");
    await kubectl.ok(['label', it, 'tier=back', '--overwrite']);
    await kubectl.ok(['annotate', it, 'note=kept']);
    await kubectl.ok([
      'patch',
      it,
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"web:2"}]',
    ]);
    await kubectl.ok(['patch', it, '--type=merge', '-p', '{"spec":{"paused":true}}']);
    await create(kubectl, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'still' }, data: { a: '1' } });
    expect(await kubectl.ok(['patch', 'configmap/still', '--type=merge', '-p', '{"data":{"a":"1"}}'])).toBe(
      'configmap/still patched (no change)\n',
    );
    expect(await kubectl.json(['get', it])).toMatchObject({
      metadata: { labels: { tier: 'back' }, annotations: { note: 'kept' } },
      spec: { replicas: 2, paused: true, template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } },
    });
    expect(await kubectl.fails(['patch', it, '--type=merge', '-p', '{"spec":{"replicas":-1}}'])).toBe(
      'The Deployment "changed" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n',
    );
    expect(await kubectl.fails(['patch', it, '--type=json', '-p', '[{"op":"test","path":"/spec/replicas","value":9}]'])).toContain(
      'The request is invalid',
    );
    expect(await kubectl.fails(['scale', 'deployment/nobody', '--replicas=1'])).toMatch(
      /deployments\.apps "nobody" not found|no objects passed to scale/,
    );
  });

  it('rolls out, shows the history and goes back', async () => {
    const kubectl = on(program);
    await create(kubectl, deployment('rolls', { replicas: 2 }));
    expect(await rolledOut(kubectl, 'rolls')).toContain('deployment "rolls" successfully rolled out\n');
    await kubectl.ok(['annotate', 'deployment/rolls', 'kubernetes.io/change-cause=the second']);
    await kubectl.ok([
      'patch',
      'deployment/rolls',
      '--type=merge',
      '-p',
      '{"spec":{"template":{"metadata":{"annotations":{"round":"2"}}}}}',
    ]);
    await rolledOut(kubectl, 'rolls');
    const history = lines(await kubectl.ok(['rollout', 'history', 'deployment/rolls']));
    expect(history.slice(1).map((line) => line.split(/\s+/)[0])).toEqual(['REVISION', '1', '2']);
    expect(history[3]).toMatch(/^2 +the second$/);
    expect(await kubectl.ok(['rollout', 'history', 'deployment/rolls', '--revision=2'])).toContain('round: 2');
    expect(await kubectl.ok(['rollout', 'undo', 'deployment/rolls'])).toBe('deployment.apps/rolls rolled back\n');
    await rolledOut(kubectl, 'rolls');
    expect(await kubectl.ok(['get', 'deployment', 'rolls', '-o', 'jsonpath={.spec.template.metadata.annotations.round}'])).toBe('');
    expect(
      lines(await kubectl.ok(['rollout', 'history', 'deployment/rolls']))
        .slice(2)
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual(['2', '3']);
  });

  it('waits for conditions, deletion and values', async () => {
    const kubectl = on(program);
    await create(
      kubectl,
      deployment('awaited', { replicas: 1, annotations: { 'simulated.steersman.dev/ready': '500ms' } }),
      configMap('awaited', {}),
    );
    expect(await kubectl.ok(['wait', '--for=condition=Available', 'deployment/awaited', '--timeout=60s'])).toBe(
      'deployment.apps/awaited condition met\n',
    );
    expect(await kubectl.fails(['wait', '--for=condition=Never', 'deployment/awaited', '--timeout=1s'])).toBe(
      'error: timed out waiting for the condition on deployments/awaited\n',
    );
    const waiting = kubectl.run(['wait', '--for=delete', 'configmap/awaited', '--timeout=60s']);
    await kubectl.ok(['delete', 'configmap', 'awaited']);
    const waited = await waiting;
    // It may come too late to see it, which it calls an error.
    expect(waited.code === 0 ? '' : waited.stderr).toMatch(/^$|not found|no matching resources/i);
    if (program.old) return;
    expect(await kubectl.ok(['wait', '--for=jsonpath={.status.readyReplicas}=1', 'deployment/awaited', '--timeout=60s'])).toContain(
      'condition met',
    );
  });

  it('finds out what is served', async () => {
    const kubectl = on(program);
    const [resources, versions, live, info, version] = await Promise.all([
      kubectl.ok(['api-resources']),
      kubectl.ok(['api-versions']),
      kubectl.ok(['get', '--raw', '/livez']),
      kubectl.ok(['cluster-info']),
      kubectl.ok(['version', '-o', 'json']),
    ]);
    expect(resources).toMatch(/^deployments +deploy +apps(\/v1)? +true +Deployment$/m);
    expect(resources).toMatch(/^applications +app,apps +steersman\.dev(\/v1)? +true +Application$/m);
    expect(lines(versions)).toEqual(expect.arrayContaining(['apps/v1', 'batch/v1', 'steersman.dev/v1', 'v1']));
    expect(live).toBe('ok');
    expect(stripVTControlCharacters(info)).toContain(`is running at ${up.url}`);
    expect(version).toContain('+steersman-');
    if (program.old) return;
    const [fields, deep] = await Promise.all([
      kubectl.ok(['explain', 'deployment.spec.strategy']),
      kubectl.ok(['explain', 'pod.spec.containers', '--recursive']),
    ]);
    expect(fields).toMatch(/^ +rollingUpdate\s+<RollingUpdateDeployment>/m);
    expect(deep).toMatch(/^ +configMapKeyRef\s+<ConfigMapKeySelector>$/m);
    expect(await kubectl.ok(['explain', 'application.spec.source'])).toMatch(/^ +repo\s+<string> -required-/m);
  });

  it('makes things by its own commands, which send protobuf from 1.32 on', async () => {
    const kubectl = on(program);
    const make = (...args: string[]) => kubectl.ok(['create', ...args]);
    await Promise.all([
      make('configmap', 'made', '--from-literal=a=b'),
      make('secret', 'generic', 'made', '--from-literal=word=hidden'),
      make('deployment', 'made', '--image=made:1', '--replicas=0', '--port=80'),
      make('quota', 'made', '--hard=pods=1000,requests.cpu=500'),
      make('role', 'made', '--verb=get,list', '--resource=pods,deployments.apps'),
      make('serviceaccount', 'made'),
      make('service', 'nodeport', 'made', '--tcp=80:8080'),
    ]);
    const get = (what: string, path: string) => kubectl.ok(['get', what, 'made', '-o', `jsonpath=${path}`]);
    expect(await get('configmap', '{.data}')).toMatch(/^(\{"a":"b"\}|map\[a:b\])$/);
    expect(await get('secret', '{.data.word}')).toBe('aGlkZGVu');
    expect(await get('deployment', '{.spec.replicas} {.spec.template.spec.containers[*].ports[*].containerPort}')).toBe('0 80');
    expect(await get('quota', '{.spec.hard.pods} {.spec.hard.requests\\.cpu}')).toBe('1k 500');
    expect(await get('role', '{.rules[*].resources}')).toMatch(/pods.*deployments/);
    expect(await get('service', '{.spec.type} {.spec.ports[0].targetPort}')).toBe('NodePort 8080');
    expect(await kubectl.ok(['delete', 'deployment,service,serviceaccount,role,quota,secret,configmap', 'made'])).toContain(
      '"made" deleted',
    );
  });
});

it('tells no secret to who may read the audit log', () => {
  expect(readFileSync(join(up.dataDir, 'audit.log'), 'utf8')).not.toContain('not to be shown');
});

describe.skipIf(newest === undefined)('each kind that is served', () => {
  /** A right object of each kind, with which its rules are tested. */
  const golden = join(root, 'test/kinds/golden');
  const files = readdirSync(golden).filter((name) => name.endsWith('.yaml'));
  const objects = files.map((name) => (parse(readFileSync(join(golden, name), 'utf8')) as { base: KubeObject }).base);
  const nameOf = ({ apiVersion, kind }: KubeObject) => `${apiVersion} ${kind}`;
  const stored = objects.filter(({ kind }) => !/Review$|^(Binding|ComponentStatus)$/.test(kind));

  const own = ['steersman.dev/v1 Application', 'steersman.dev/v1 ApplicationRevision'];

  it('is made and described', async () => {
    const kubectl = on(newest as KubectlProgram);
    await kubectl.ok(['create', 'namespace', 'described']);
    const table = lines(await kubectl.ok(['api-resources', '--verbs=create,get', '--no-headers'])).map((line) => line.trim().split(/\s+/));
    const served = table.map((cells) => `${cells.at(-3) ?? ''} ${cells.at(-1) ?? ''}`);
    expect(served.filter((each) => !stored.some((object) => nameOf(object) === each)).toSorted()).toEqual(own);
    const sent = stored.map(({ metadata: { namespace: space, ...metadata }, ...object }) => ({
      ...object,
      metadata: { ...metadata, ...(space !== undefined && { namespace: 'described' }) },
    }));
    const made = await kubectl.run(['create', '--validate=false', '-f', '-'], manifests(...sent));
    expect(lines(made.stderr).filter((line) => !/AlreadyExists|^Warning: |^$/.test(line))).toEqual([]);
    const told = await kubectl.run(['describe', '-f', '-'], manifests(...sent));
    // kubectl 1.33 asks for it in v1beta1.
    expect(lines(told.stderr).filter((line) => !/could not find the requested resource|^Warning: |^$/.test(line))).toEqual([]);
    const names = new Set([...told.stdout.matchAll(/^Name: +(.+)$/gm)].map(([, name]) => name));
    const untold = sent.filter(({ kind, metadata: { name } }) => !names.has(name) && kind !== 'VolumeAttributesClass');
    expect(untold.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).toEqual([]);
    expect(await kubectl.ok(['describe', 'application/app', '-n', 'default'])).toMatch(/^ +Health: +Healthy$/m);
    expect(await kubectl.ok(['get', 'ipaddress', '10.96.0.1'])).toMatch(/^10\.96\.0\.1 +services\/default\/kubernetes/m);
    expect(await kubectl.ok(['get', 'servicecidr', 'kubernetes'])).toMatch(/^kubernetes +10\.96\.0\.0\/16 /m);
    expect(await kubectl.ok(['describe', 'applicationrevisions', '-n', 'default'])).toMatch(/^Kind: +ApplicationRevision$/m);
  });
});
