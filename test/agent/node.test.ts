import { afterEach, describe, expect, it } from 'vitest';
import { Node } from '../../src/api/kinds.generated.ts';
import type { Pressure } from '../../src/agent/pressure.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { Pod } from '../../src/api/kinds.generated.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
afterEach(() => plane.stop());

const condition = async (type: string) =>
  (await plane.cluster().get(Node, { namespace: '', name: 'n' })).status?.conditions?.find((one) => one.type === type);

describe('a node', () => {
  it('says within seconds that something is short, and that it no longer is', async () => {
    let pressure: Pressure = { memory: false, disk: false, pids: false };
    plane = await startCluster({ nodes: [{ name: 'n', pressure: () => Promise.resolve(pressure) }] });
    expect(await condition('MemoryPressure')).toMatchObject({ status: 'False', reason: 'KubeletHasSufficientMemory' });
    pressure = { memory: true, disk: false, pids: false };
    await plane.clock.advance(11_000);
    expect(await condition('MemoryPressure')).toMatchObject({ status: 'True', reason: 'KubeletHasInsufficientMemory' });
    expect(await condition('DiskPressure')).toMatchObject({ status: 'False' });
    pressure = { memory: false, disk: false, pids: false };
    await plane.clock.advance(11_000);
    expect(await condition('MemoryPressure')).toMatchObject({ status: 'False' });
  });
  it('says why its pods are not isolated, where that is known', async () => {
    plane = await startCluster({ nodes: [{ name: 'n', notIsolated: 'this kernel has no user namespaces' }] });
    expect(await condition('Isolated')).toMatchObject({
      status: 'False',
      reason: 'PodsAreNotIsolated',
      message: 'pods have the rights of the user who runs them: this kernel has no user namespaces',
    });
  });
  it('that simulates tells what its pods say that they use', async () => {
    plane = await startCluster({ nodes: [{ name: 'n' }] });
    const annotations = { 'simulated.steersman.dev/cpu': '250m', 'simulated.steersman.dev/memory': '64Mi' };
    const metadata = { name: 'p', namespace: 'default', annotations };
    await plane.cluster().create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main', image: 'i' }] } });
    await plane.settle();
    await plane.clock.advance(20_000);
    const kind = { group: 'metrics.k8s.io', version: 'v1beta1', kind: 'PodMetrics', plural: 'pods', namespaced: true } as Kind<
      KubeObject & { containers: object[] }
    >;
    const { items } = await plane.cluster().list(kind, { namespace: 'default' });
    expect(items.map((one) => one.containers)).toEqual([[{ name: 'main', usage: { cpu: '250000000n', memory: '65536Ki' } }]]);
  });
});
