import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, yaml } from '../support/gitops.ts';
import { startUp, type Up } from '../support/steer-up.ts';

/** 1.20 speaks of ephemeral containers as a kind of their own, which is gone since Kubernetes 1.22. */
const kubectls = findKubectls().filter(({ old }) => !old);
const folder = tempFolder('steer-pod-parts-');
let up: Up;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'settings.yaml': yaml(configMap('settings', { a: '1' })) });
  up = await startUp(repository.path, { folder: folder.path });
  await up.running.printed(/default\/app Synced Healthy/);
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

function on(program: KubectlProgram): Kubectl {
  return kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: 'default', folder: folder.path });
}
const pod = (name: string, spec: object = {}) => {
  const container = { name: 'web', image: 'web:1', resources: { requests: { cpu: '100m', memory: '10Mi' } } };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container], ...spec } });
};
/** Whether this kubectl knows that pods can be resized. */
const resizes = ({ version }: KubectlProgram): boolean => Number(version.split('.')[1]) >= 32;

describe.each(kubectls)('kubectl $version', (program) => {
  it('adds a container to look into a pod that runs', async () => {
    const kubectl = on(program);
    const name = `debugged-${program.version.replace('.', '-')}`;
    await kubectl.ok(['create', '-f', '-'], pod(name));
    await kubectl.ok(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    await kubectl.ok(['debug', name, '--image=busybox', '--target=web', '--container=look']);
    const after = await kubectl.json<Pod>(['get', 'pod', name]);
    expect(after.spec.ephemeralContainers).toMatchObject([{ name: 'look', image: 'busybox', targetContainerName: 'web' }]);
    expect(after.metadata.generation).toBe(2);
    // Its node goes on with it as before.
    expect(await kubectl.ok(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s'])).toContain('condition met');
    expect(after.status?.containerStatuses).toMatchObject([{ name: 'web', ready: true, restartCount: 0 }]);
    await kubectl.ok(['delete', 'pod', name, '--now']);
  });

  it.runIf(resizes(program))('resizes a pod, unless its node cannot', async () => {
    const kubectl = on(program);
    const suffix = program.version.replace('.', '-');
    const [waiting, running] = [`waiting-${suffix}`, `running-${suffix}`];
    await kubectl.ok(['create', '-f', '-'], pod(waiting, { nodeSelector: { 'is.example/no-node': 'here' } }));
    await kubectl.ok(['create', '-f', '-'], pod(running));
    await kubectl.ok(['wait', '--for=condition=Ready', `pod/${running}`, '--timeout=60s']);
    const patch = { spec: { containers: [{ name: 'web', resources: { requests: { cpu: '200m' } } }] } };
    const resize = (name: string) => ['patch', 'pod', name, '--subresource=resize', '-p', JSON.stringify(patch)];
    expect(await kubectl.ok(resize(waiting))).toBe(`pod/${waiting} patched\n`);
    const after = await kubectl.json<Pod>(['get', 'pod', waiting]);
    expect(after.spec.containers[0]?.resources).toEqual({ requests: { cpu: '200m', memory: '10Mi' } });
    expect(await kubectl.fails(resize(running))).toContain('spec: Forbidden: Pod running on node without support for resize');
    await kubectl.ok(['delete', 'pod', waiting, running, '--now']);
  });
});
