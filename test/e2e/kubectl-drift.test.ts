import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectls, kubectlOn, type Kubectl } from '../support/kubectl.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, deployment, yaml } from '../support/gitops.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const kubectls = findKubectls();
const folder = tempFolder('steer-drift-');
/** The last one: drift is the same whoever made it. */
const program = kubectls.at(-1);
let up: Up;
let kubectl: Kubectl;

beforeAll(async () => {
  if (program === undefined) return;
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'web.yaml': yaml(deployment('web', { replicas: 2 }), configMap('settings', { a: '1' })) });
  up = await startUp(repository.path, { folder: folder.path });
  await up.running.printed(/is applied and healthy/);
  kubectl = kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: 'default', folder: folder.path });
});
afterAll(async () => {
  if (program !== undefined) await up.stop();
  folder[Symbol.dispose]();
});

/** From the end of the change to the moment when a watch of kubectl sees the wanted cell again, in milliseconds. */
async function healed(watched: string, wanted: string, change: () => Promise<unknown>): Promise<number> {
  const columns = watched.startsWith('deployment')
    ? 'UID:.metadata.uid,REPLICAS:.spec.replicas,IMAGE:.spec.template.spec.containers[0].image,LABELS:.metadata.labels'
    : 'UID:.metadata.uid,DATA:.data';
  const watch = kubectl.start([
    'get',
    watched.split('/')[0] ?? '',
    '--field-selector',
    `metadata.name=${watched.split('/')[1]}`,
    '-w',
    '-o',
    `custom-columns=${columns}`,
  ]);
  await watch.printed(new RegExp(wanted));
  const before = watch.output().length;
  const from = Date.now();
  const at = new Promise<number>((resolve) => {
    const look = () => {
      const lines = watch
        .output()
        .slice(before)
        .split('\n')
        .filter((line) => line !== '');
      const drifted = lines.findIndex((line) => !new RegExp(wanted).test(line));
      if (lines.some((line, index) => index > drifted && new RegExp(wanted).test(line))) resolve(Date.now());
    };
    watch.child.stdout?.on('data', look);
  });
  await change();
  const changed = Date.now();
  const ms = Math.max(0, (await at) - changed);
  await watch.stop();
  console.log(`${watched} was healed ${ms} ms after kubectl had ended (${Date.now() - from} ms with it)`);
  return ms;
}

describe.skipIf(program === undefined)('drift by kubectl', () => {
  it('a scale is taken back', async () => {
    const ms = await healed('deployments/web', ' 2 +web:1 ', () => kubectl.ok(['scale', 'deployment/web', '--replicas=5']));
    expect(ms).toBeLessThan(5000);
  });
  it('an edited image is taken back', async () => {
    const patch = '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"web:evil"}]';
    const ms = await healed('deployments/web', ' 2 +web:1 ', () => kubectl.ok(['patch', 'deployment/web', '--type=json', '-p', patch]));
    expect(ms).toBeLessThan(5000);
  });
  it('a Deployment that was replaced is set back', async () => {
    const { metadata, ...rest } = await kubectl.json<{ metadata: Record<string, unknown>; spec: { replicas: number } }>([
      'get',
      'deployment/web',
    ]);
    const { resourceVersion: _, managedFields: __, ...kept } = metadata;
    const object = { ...rest, metadata: kept, spec: { ...rest.spec, replicas: 3, minReadySeconds: 1 } };
    const ms = await healed('deployments/web', ' 2 +web:1 ', () => kubectl.ok(['replace', '-f', '-'], JSON.stringify(object)));
    expect(ms).toBeLessThan(5000);
  });
  it('what was deleted is there again', async () => {
    const ms = await healed('deployments/web', ' 2 +web:1 ', () => kubectl.ok(['delete', 'deployment/web', '--wait=false']));
    expect(ms).toBeLessThan(5000);
    await kubectl.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  });
  it('a changed value of a ConfigMap is taken back, and one that is not in Git is left alone', async () => {
    const patch = '{"data":{"a":"2","extra":"kept"}}';
    const ms = await healed('configmaps/settings', 'a:1', () => kubectl.ok(['patch', 'configmap/settings', '--type=merge', '-p', patch]));
    expect(ms).toBeLessThan(5000);
    expect(await kubectl.ok(['get', 'configmap', 'settings', '-o', 'jsonpath={.data}'])).toBe('{"a":"1","extra":"kept"}');
  });
  it('is told in an event that names field and writer', async () => {
    const healings = await kubectl.ok([
      'get',
      'events',
      '--field-selector=reason=DriftHealed',
      '-o',
      'jsonpath={range .items[*]}{.message}{"\\n"}{end}',
    ]);
    expect(healings).toMatch(/^apps\/Deployment default\/web: .*spec\.replicas.*kubectl/m);
    expect(healings).toMatch(/^apps\/Deployment default\/web was deleted; it is made again$/m);
  });
});
