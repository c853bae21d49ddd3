import { describe, expect, it, test } from 'vitest';
import { allocatableOf, machineNode, parseReserve } from '../../src/agent/machine.ts';
import { conditionsOf } from '../../src/agent/node-conditions.ts';
import { machineUsage } from '../../src/agent/stats/machine-usage.ts';
import { cadvisorText, resourceText } from '../../src/agent/stats/prometheus.ts';
import { Rates } from '../../src/agent/stats/rates.ts';
import type { Summary } from '../../src/agent/stats/summary.ts';
import { availableParallelism, tmpdir, totalmem } from 'node:os';

describe('a rate', () => {
  it('is since the start as long as there is one sample, then since the newest that is old enough', () => {
    const rates = new Rates();
    expect(rates.take('a', { atMs: 2000, total: 100 }, 0)).toEqual({ perSecond: 50, windowMs: 2000 });
    expect(rates.take('a', { atMs: 4000, total: 200 }, 0)).toEqual({ perSecond: 50, windowMs: 4000 });
    expect(rates.take('a', { atMs: 8000, total: 500 }, 0)).toEqual({ perSecond: (400 / 6000) * 1000, windowMs: 6000 });
    expect(rates.take('a', { atMs: 9000, total: 700 }, 0)).toEqual({ perSecond: 100, windowMs: 5000 });
  });
  it('does not reach back further than a minute and a half, nor behind a total that fell', () => {
    const rates = new Rates();
    rates.take('a', { atMs: 0, total: 100 }, 0);
    expect(rates.take('a', { atMs: 100_000, total: 300 }, 50_000).windowMs).toBe(50_000);
    expect(rates.take('a', { atMs: 110_000, total: 10 }, 109_000)).toEqual({ perSecond: 10, windowMs: 1000 });
  });
  it('is forgotten with its key', () => {
    const rates = new Rates();
    rates.take('a', { atMs: 0, total: 100 }, 0);
    rates.keepOnly(new Set(['b']));
    expect(rates.take('a', { atMs: 10_000, total: 200 }, 0)).toEqual({ perSecond: 20, windowMs: 10_000 });
  });
});

describe('this machine as a node', () => {
  it('has what it has, and gives less', async () => {
    const node = await machineNode('n', { folder: tmpdir(), containerRuntime: 'process://1', reserve: { cpu: '500m', memory: '1Gi' } });
    expect(node.capacity).toMatchObject({ cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' });
    expect(node.allocatable['cpu']).toBe(`${availableParallelism() * 1000 - 500}m`);
    expect(node.allocatable['memory']).toBe(`${Math.floor(totalmem() / 1024) - 1024 * 1024 - 100 * 1024}Ki`);
    expect(await node.pressure?.()).toEqual({ memory: false, disk: expect.any(Boolean) as boolean, pids: false });
  });
  it('keeps a tenth of the disk free', () => {
    expect(allocatableOf({ 'ephemeral-storage': '1000Ki' }, {})).toEqual({ 'ephemeral-storage': '900Ki' });
  });
  test.each([
    [{ gpu: '1' }, 'reserve of "gpu": must be one of cpu, memory, ephemeral-storage'],
    [{ cpu: '5' }, 'reserve cpu=5: must be between 0 and the capacity, 4'],
    [{ cpu: '-1' }, 'reserve cpu=-1: must be between 0 and the capacity, 4'],
  ])('refuses the reserve %j', (reserve, message) => {
    expect(() => allocatableOf({ cpu: '4' }, reserve as Record<string, string>)).toThrow(message);
  });
  it('reads a reserve as it is written on a command line', () => {
    expect(parseReserve('cpu=500m, memory=1Gi')).toEqual({ cpu: '500m', memory: '1Gi' });
    expect(() => parseReserve('cpu')).toThrow('reserve "cpu": write it like cpu=500m,memory=1Gi');
    expect(() => parseReserve('cpu=lots')).toThrow('unable to parse quantity');
  });
  it('says what is short, and whether pods are isolated', () => {
    const types = (list: readonly { type: string; status: string; reason: string }[]) =>
      list.map((one) => `${one.type} ${one.status} ${one.reason}`);
    expect(types(conditionsOf({ notIsolated: 'no namespaces' }, { memory: true, disk: true, pids: true }))).toEqual([
      'MemoryPressure True KubeletHasInsufficientMemory',
      'DiskPressure True KubeletHasDiskPressure',
      'PIDPressure True KubeletHasInsufficientPID',
      'Isolated False PodsAreNotIsolated',
      'Ready True KubeletReady',
    ]);
    expect(types(conditionsOf({}, { memory: false, disk: false, pids: false }))).toHaveLength(4);
  });
  it.skipIf(process.platform !== 'linux')('uses what the kernel says', async () => {
    const usage = await machineUsage(tmpdir());
    expect(usage.cpuNanoseconds).toBeGreaterThan(0);
    expect(usage.memory.workingSetBytes).toBeGreaterThan(0);
    expect(usage.memory.workingSetBytes + usage.memory.availableBytes).toBe(totalmem());
    expect(usage.disk.capacityBytes).toBeGreaterThan(usage.disk.usedBytes);
  });
});

describe('what Prometheus reads of a node', () => {
  const time = '2026-01-01T00:00:00Z';
  const cpu = { time, usageNanoCores: 1, usageCoreNanoSeconds: 2_500_000_000 };
  const memory = { time, usageBytes: 10, workingSetBytes: 8 };
  const summary: Summary = {
    node: { nodeName: 'n', startTime: time, cpu, memory, windowMs: 1 },
    pods: [
      {
        podRef: { name: 'p"x', namespace: 'd', uid: 'u' },
        startTime: time,
        containers: [{ name: 'main', startTime: time, cpu, memory }],
        cpu,
        memory,
        network: { time, name: 'eth0', rxBytes: 5, txBytes: 6 },
        windowMs: 1,
      },
    ],
  };
  const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  it('has the names of cAdvisor', () => {
    expect(samples(cadvisorText(summary))).toEqual([
      'container_cpu_usage_seconds_total{container="main",namespace="d",pod="p\\"x",cpu="total"} 2.5',
      'container_memory_working_set_bytes{container="main",namespace="d",pod="p\\"x"} 8',
      'container_memory_usage_bytes{container="main",namespace="d",pod="p\\"x"} 10',
      'container_start_time_seconds{container="main",namespace="d",pod="p\\"x"} 1767225600',
      'container_network_receive_bytes_total{container="",namespace="d",pod="p\\"x",interface="eth0"} 5',
      'container_network_transmit_bytes_total{container="",namespace="d",pod="p\\"x",interface="eth0"} 6',
    ]);
  });
  it('has the names of a kubelet for the resources of node, pods and containers', () => {
    expect(samples(resourceText(summary))).toEqual([
      'node_cpu_usage_seconds_total 2.5',
      'node_memory_working_set_bytes 8',
      'pod_cpu_usage_seconds_total{namespace="d",pod="p\\"x"} 2.5',
      'pod_memory_working_set_bytes{namespace="d",pod="p\\"x"} 8',
      'container_cpu_usage_seconds_total{container="main",namespace="d",pod="p\\"x"} 2.5',
      'container_memory_working_set_bytes{container="main",namespace="d",pod="p\\"x"} 8',
    ]);
  });
});
