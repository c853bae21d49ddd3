import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { configMap, deployment, yaml } from '../support/gitops.ts';
import { startProgram, steer } from '../support/steer.ts';
import { startUp, type Up } from '../support/steer-up.ts';

interface Read extends KubeObject {
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly replicas: number;
    readonly paused?: boolean;
    readonly strategy: { readonly type: string };
    readonly template: {
      readonly metadata: { readonly annotations?: object };
      readonly spec: { readonly containers: readonly Container[] };
    };
  };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

const kubectls = findKubectls();
const folder = tempFolder('steer-merging-');
let repository: WorkRepository;
let up: Up;

beforeAll(async () => {
  repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'settings.yaml': yaml(configMap('settings', { a: '1' })) });
  up = await startUp(repository.path, { folder: folder.path, args: ['--interval', '1s'] });
  await up.running.printed(/is applied and healthy/);
  for (const program of kubectls) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: spaceOf(program) } };
    await on(program).ok(['create', ...lenient(program), '-f', '-'], JSON.stringify(namespace));
  }
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

function spaceOf({ version }: KubectlProgram): string {
  return `merging-${version.replace('.', '-')}`;
}
function on(program: KubectlProgram, namespace = spaceOf(program)): Kubectl {
  return kubectlOn(program, { kubeconfig: up.kubeconfig, namespace, folder: folder.path });
}
/** 1.20 checks against a document that is not served. */
function lenient(program: KubectlProgram): readonly string[] {
  return program.old ? ['--validate=false'] : [];
}
const text = (...objects: readonly object[]): string => objects.map((object) => JSON.stringify(object)).join('\n');
const managers = (object: KubeObject) =>
  (object.metadata.managedFields ?? [])
    .filter(({ subresource = '' }) => subresource === '')
    .map(({ manager, operation }) => `${manager} ${operation}`)
    .filter((name) => !name.startsWith('kube-controller-manager') && !name.startsWith('deployment-controller'))
    .sort();

/** A Deployment of two containers, the first with two variables. */
function web(name: string, containers: readonly object[] = both): object {
  return {
    ...deployment(name, { replicas: 1 }),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
    },
  };
}
const variables = [
  { name: 'A', value: '1' },
  { name: 'B', value: '2' },
];
const both = [
  { name: 'web', image: 'web:1', env: variables },
  { name: 'side', image: 'side:1' },
];

describe.concurrent.each(kubectls)('kubectl $version', (program) => {
  const apply = (kubectl: Kubectl, object: object, ...args: string[]) =>
    kubectl.ok(['apply', ...lenient(program), ...args, '-f', '-'], text(object));
  const read = (kubectl: Kubectl, name: string) =>
    kubectl.json<Read>(['get', ...(program.old ? [] : ['--show-managed-fields']), 'deployment', name]);
  const containersOf = ({ spec }: Read) => spec.template.spec.containers;

  it('applies on the client side: creates, leaves, changes, and takes away what the manifest has no more', async () => {
    const kubectl = on(program);
    expect(await apply(kubectl, web('client'))).toBe('deployment.apps/client created\n');
    expect(await apply(kubectl, web('client'))).toBe('deployment.apps/client unchanged\n');
    // Somebody adds a container and a variable, which are theirs.
    const added = [
      { name: 'web', env: [{ name: 'C', value: '3' }] },
      { name: 'injected', image: 'i:1' },
    ];
    await kubectl.ok(['patch', 'deployment/client', '-p', JSON.stringify({ spec: { template: { spec: { containers: added } } } })]);
    const next = [{ name: 'web', image: 'web:2', env: [{ name: 'B', value: '2' }] }];
    expect(await apply(kubectl, web('client', next))).toBe('deployment.apps/client configured\n');
    const containers = containersOf(await read(kubectl, 'client'));
    expect(containers.map(({ name, image }) => [name, image]).sort()).toEqual([
      ['injected', 'i:1'],
      ['web', 'web:2'],
    ]);
    expect(new Set(containers.find(({ name }) => name === 'web')?.env?.map(({ name }) => name))).toEqual(new Set(['B', 'C']));
  });

  it('moves from client-side to server-side apply and back', async () => {
    const kubectl = on(program);
    await apply(kubectl, web('moved'));
    expect(await apply(kubectl, web('moved', [{ name: 'web', image: 'web:2' }]), '--server-side')).toBe(
      'deployment.apps/moved serverside-applied\n',
    );
    const moved = await read(kubectl, 'moved');
    if (!program.old) {
      // What client-side apply had owned is folded into the applier, so that a field that is left out goes.
      expect(containersOf(moved).map(({ name, image, env = [] }) => [name, image, env.length])).toEqual([['web', 'web:2', 0]]);
      expect(managers(moved).filter((name) => name.startsWith('kubectl'))).toEqual(expect.arrayContaining(['kubectl Apply']));
      expect(managers(moved)).not.toContain('kubectl-client-side-apply Update');
    }
    expect(moved.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toContain('"web:2"');
    expect(await apply(kubectl, web('moved', [{ name: 'web', image: 'web:3' }]))).toBe('deployment.apps/moved configured\n');
    expect(containersOf(await read(kubectl, 'moved')).map(({ image }) => image)).toContain('web:3');
  });

  it('is told of conflicts, and forces them', async () => {
    const kubectl = on(program);
    await apply(kubectl, web('forced'), '--server-side', '--field-manager=flux');
    const other = web('forced', [{ name: 'web', image: 'web:9' }]);
    const refused = await kubectl.run(['apply', ...lenient(program), '--server-side', '-f', '-'], text(other));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'Apply failed with 1 conflict: conflict with "flux": .spec.template.spec.containers[name="web"].image',
    );
    await apply(kubectl, other, '--server-side', '--force-conflicts');
    expect(
      containersOf(await read(kubectl, 'forced'))
        .map(({ image }) => image)
        .sort(),
    ).toEqual(['side:1', 'web:9']);
  });

  it('diffs what client-side apply would change: 0 for nothing, 1 for something', async () => {
    const kubectl = on(program);
    await apply(kubectl, web('compared'));
    expect(await kubectl.run(['diff', '-f', '-'], text(web('compared')))).toMatchObject({ code: 0, stdout: '' });
    const changed = await kubectl.run(['diff', '-f', '-'], text(web('compared', [{ name: 'web', image: 'web:2' }])));
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining('image: web:2')]);
  });

  it('patches in three ways, labels, annotates, sets, edits, replaces, pauses and restarts', async () => {
    const kubectl = on(program);
    const it = 'deployment/patched';
    await apply(kubectl, web('patched'));
    await kubectl.ok([
      'patch',
      it,
      '-p',
      '{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"side"},{"name":"web"}]}}}}',
    ]);
    await kubectl.ok(['patch', it, '-p', '{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}']);
    await kubectl.ok(['patch', it, '--type=merge', '-p', '{"spec":{"replicas":2}}']);
    await kubectl.ok(['patch', it, '--type=json', '-p', '[{"op":"add","path":"/metadata/labels","value":{"json":"yes"}}]']);
    await kubectl.ok(['set', 'image', it, 'web=web:7']);
    await kubectl.ok(['set', 'env', it, '-c', 'web', 'A-', 'D=4']);
    await kubectl.ok(['label', it, 'tier=front']);
    await kubectl.ok(['annotate', it, 'note=kept']);
    await kubectl.ok(['rollout', 'pause', it]);
    await kubectl.ok(['rollout', 'restart', it]).catch(() => undefined); // A paused one is not restarted.
    await kubectl.ok(['rollout', 'resume', it]);
    await kubectl.ok(['rollout', 'restart', it]);
    const patched = await read(kubectl, 'patched');
    expect(containersOf(patched).map(({ name, image }) => [name, image])).toEqual([
      ['side', 'side:1'],
      ['web', 'web:7'],
    ]);
    expect(containersOf(patched)[1]?.env?.map(({ name }) => name)).toEqual(['B', 'D']);
    expect(patched.spec).toMatchObject({ replicas: 2, strategy: { type: 'Recreate' } });
    expect(patched.metadata).toMatchObject({ labels: { json: 'yes', tier: 'front' }, annotations: { note: 'kept' } });
    expect(patched.spec.template.metadata.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
    expect(await kubectl.fails(['patch', it, '-p', '{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}'])).toContain(
      'map: map[image:x] does not contain declared merge key: name',
    );
    const edited = await editing(program, it, 's/web:7/web:8/').finished;
    expect(edited.stdout + edited.stderr).toContain('deployment.apps/patched edited');
    expect(containersOf(await read(kubectl, 'patched'))[1]?.image).toBe('web:8');
    // It reads before it writes, and the status may be written between.
    const replacing = () => kubectl.run(['replace', ...lenient(program), '-f', '-'], text(web('patched')));
    let replaced = await replacing();
    for (let tries = 0; tries < 5 && replaced.stderr.includes('the object has been modified'); tries++) replaced = await replacing();
    expect(replaced.stdout).toBe('deployment.apps/patched replaced\n');
    expect(containersOf(await read(kubectl, 'patched')).map(({ image }) => image)).toEqual(['web:1', 'side:1']);
  });

  /** `kubectl edit` with sed for an editor. */
  function editing(edited: KubectlProgram, what: string, script: string) {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(folder.path, 'home-edit'),
      KUBECONFIG: up.kubeconfig,
      KUBE_EDITOR: `sed -i ${script}`,
    };
    return startProgram([edited.path, `--namespace=${spaceOf(edited)}`, 'edit', what], { cwd: folder.path, env, input: '' });
  }
});

describe('what client-side apply made and a repository takes over', () => {
  // By the newest: it is the same whoever made it.
  it.each(kubectls.slice(-1))('is not changed, and planned to be unchanged: kubectl $version', async (program) => {
    const kubectl = on(program, 'default');
    const name = `taken-${program.version.replace('.', '-')}`;
    await kubectl.ok(['apply', ...lenient(program), '-f', '-'], text(web(name), { ...configMap(name, { a: '1', b: '2' }) }));
    await kubectl.ok(['rollout', 'status', `deployment/${name}`, '--timeout=60s']);
    const generationOf = async () => (await kubectl.json<Read>(['get', 'deployment', name])).metadata.generation;
    const before = await generationOf();
    repository.commit({ [`${name}.yaml`]: yaml(web(name), configMap(name, { a: '1', b: '2' })) });
    // What belongs to nobody is taken over only when somebody agrees.
    const held = new RegExp(`plan (p-[0-9a-f]+) waits for approval: takes over ConfigMap default/${name}`);
    await up.running.printed(held);
    const id = held.exec(up.running.output())?.[1] ?? '';
    const approved = await steer(['approve', 'app', '--plan', id, '--data-dir', up.dataDir], { cwd: folder.path });
    expect(approved.code, `${approved.stdout}${approved.stderr}${up.running.output()}`).toBe(0);
    for (let tries = 0; tries < 100 && !(await kubectl.ok(['get', 'cm', name, '-o', 'yaml'])).includes('steersman'); tries++) await pause();
    expect(await kubectl.ok(['get', 'cm', name, '-o', 'yaml']), up.running.output()).toContain('steersman');
    expect(await generationOf()).toBe(before);
    const planned = await steer(['plan', repository.path, '-o', 'json', '--data-dir', up.dataDir], { cwd: folder.path });
    const { steps } = parse(planned.stdout) as { steps: { action: string; ref: { name: string } }[] };
    expect(steps.filter(({ ref }) => ref.name === name).map(({ action }) => action)).toEqual(['unchanged', 'unchanged']);
    // What the repository gives up goes, though client-side apply had made it.
    repository.commit({ [`${name}.yaml`]: yaml(web(name), configMap(name, { a: '1' })) });
    for (let tries = 0; tries < 100 && (await dataOf(kubectl, name))['b'] !== undefined; tries++) await pause();
    expect(await dataOf(kubectl, name)).toEqual({ a: '1' });
  });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
  const dataOf = async (kubectl: Kubectl, name: string) => (await kubectl.json<Read>(['get', 'cm', name])).data ?? {};
});
