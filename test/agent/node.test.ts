import { afterEach, describe, expect, it } from 'vitest';
import { keepNode, registerNode } from '../../src/agent/node.ts';
import { createLog } from '../../src/base/log.ts';
import type { Pressure } from '../../src/agent/pressure.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { Event, Node, Pod } from '../../src/api/kinds.generated.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
afterEach(() => plane.stop());

const condition = async (type: string) =>
  (await plane.cluster().get(Node, { namespace: '', name: 'n' })).status?.conditions?.find((one) => one.type === type);

/** What the node itself says of it, in the order of the letters. */
async function told(): Promise<string[]> {
  const { items } = await plane.cluster().list(Event, { namespace: 'default' });
  const own = items.filter(({ involvedObject, source }) => involvedObject.kind === 'Node' && source?.component === 'kubelet');
  return own.map(({ type, reason, message, count }) => `${type} ${reason} ${count}: ${message}`).sort();
}

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
    expect(await told()).toEqual([
      'Normal NodeHasInsufficientMemory 1: Node n status is now: NodeHasInsufficientMemory',
      'Normal NodeHasSufficientMemory 1: Node n status is now: NodeHasSufficientMemory',
    ]);
  });
  it.each([
    ['disk', { type: 'DiskPressure', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }, 'NodeHasDiskPressure'],
    [
      'pids',
      { type: 'PIDPressure', reason: 'KubeletHasInsufficientPID', message: 'kubelet has insufficient PID available' },
      'NodeHasInsufficientPID',
    ],
  ])('tells of what is short in the words of a kubelet: %s', async (what, wanted, event) => {
    let pressure: Pressure = { memory: false, disk: false, pids: false };
    plane = await startCluster({ nodes: [{ name: 'n', pressure: () => Promise.resolve(pressure) }] });
    pressure = { ...pressure, [what]: true };
    await plane.clock.advance(11_000);
    expect(await condition(wanted.type)).toMatchObject({ ...wanted, status: 'True' });
    expect(await told()).toEqual([`Normal ${event} 1: Node n status is now: ${event}`]);
  });
  it('says that it takes no pods any more, and that it does again', async () => {
    plane = await startCluster({ nodes: [{ name: 'n' }] });
    const cordon = (unschedulable: boolean) => plane.cluster().patch(Node, { namespace: '', name: 'n' }, { spec: { unschedulable } });
    await cordon(true);
    await plane.clock.advance(11_000);
    expect(await told()).toEqual(['Normal NodeNotSchedulable 1: Node n status is now: NodeNotSchedulable']);
    await cordon(false);
    await plane.clock.advance(11_000);
    expect(await told()).toContain('Normal NodeSchedulable 1: Node n status is now: NodeSchedulable');
  });
  it('that really runs pods tells of its start and its states, and of a boot of its machine', async () => {
    const events: string[] = [];
    plane = await startCluster({ nodes: [] });
    const description = {
      ...{
        name: 'real',
        labels: {},
        capacity: { cpu: '1' },
        allocatable: { cpu: '1' },
        address: '10.0.0.1',
        containerRuntime: 'process://1',
      },
      info: { architecture: 'amd64', operatingSystem: 'linux', kernelVersion: '6', osImage: 'it', version: 'v1.35.0', bootId: 'first' },
    };
    const context = {
      cluster: plane.cluster(),
      clock: plane.clock,
      log: createLog(() => undefined, 'error'),
      event: (about: KubeObject, type: string, what: { reason: string; message: string }) =>
        void events.push(`${about.kind} ${about.metadata.name} ${type} ${what.reason}: ${what.message}`),
    };
    await registerNode(description, context);
    const ending = new AbortController();
    const kept = keepNode(description, context, ending.signal);
    await plane.settle();
    await registerNode({ ...description, info: { ...description.info, bootId: 'second' } }, context);
    ending.abort(new Error('the test is over'));
    await kept;
    expect(events).toEqual([
      ...['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady'].map(
        (state) => `Node real Normal ${state}: Node real status is now: ${state}`,
      ),
      'Node real Normal Starting: Starting kubelet.',
      'Node real Warning Rebooted: Node real has been rebooted, boot id: second',
    ]);
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
