import { describe, expect, test } from 'vitest';
import type { Container, PodSpec } from '../../src/api/kinds.generated.ts';
import { podFacts } from '../../src/scheduler/state/pod-facts.ts';
import { pod } from './builders.ts';

const container = (cpu?: string, memory?: string, more: Partial<Container> = {}): Container => ({
  name: 'c',
  image: 'i',
  resources: { requests: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) } },
  ...more,
});
const sidecar = (cpu: string): Container => container(cpu, undefined, { restartPolicy: 'Always' });
const Mi = 1024 * 1024;

describe('what a pod asks of a node', () => {
  test.each<{ what: string; spec: Partial<PodSpec>; cpu: number; memory: number }>([
    {
      what: 'is the sum of its containers',
      spec: { containers: [container('100m', '1Mi'), container('1', '2Mi')] },
      cpu: 1100,
      memory: 3 * Mi,
    },
    {
      what: 'is its largest init container when that is more',
      spec: { initContainers: [container('2', '1Mi'), container('1', '9Mi')], containers: [container('500m', '4Mi')] },
      cpu: 2000,
      memory: 9 * Mi,
    },
    {
      what: 'holds sidecars beside the containers',
      spec: { initContainers: [sidecar('300m')], containers: [container('500m')] },
      cpu: 800,
      memory: 0,
    },
    {
      what: 'counts the sidecars started before an init container beside it',
      spec: { initContainers: [sidecar('1'), container('2'), sidecar('4')], containers: [container('500m')] },
      cpu: 5500,
      memory: 0,
    },
    {
      what: 'is the init container with earlier sidecars when that is most',
      spec: { initContainers: [sidecar('1'), container('9')], containers: [container('500m')] },
      cpu: 10_000,
      memory: 0,
    },
    {
      what: 'has the overhead on top',
      spec: { containers: [container('1', '1Mi')], overhead: { cpu: '250m', memory: '3Mi' } },
      cpu: 1250,
      memory: 4 * Mi,
    },
    {
      what: 'is what the pod says as a whole, where it does',
      spec: { containers: [container('100m', '1Mi')], resources: { requests: { cpu: '3' } } },
      cpu: 3000,
      memory: Mi,
    },
    { what: 'is rounded up', spec: { containers: [container('100u', '1.5')] }, cpu: 1, memory: 2 },
  ])('$what', ({ spec, cpu, memory }) => {
    const found = podFacts(pod(spec as PodSpec));
    expect([found.cpuMillis, found.memoryBytes]).toEqual([cpu, memory]);
  });

  test('counts for scores at 100m and 200Mi per container that says nothing', () => {
    const found = podFacts(pod({ containers: [container(), container('50m', '1Mi')] }));
    expect([found.cpuMillis, found.memoryBytes]).toEqual([50, Mi]);
    expect([found.scoredCpuMillis, found.scoredMemoryBytes]).toEqual([150, 201 * Mi]);
  });

  test('names what is neither CPU nor memory, where it is more than nothing', () => {
    const found = podFacts(pod({ requests: { cpu: '1', 'nvidia.com/gpu': '2', 'ephemeral-storage': '1Gi', 'hugepages-2Mi': '0' } }));
    expect([...found.others]).toEqual([
      ['nvidia.com/gpu', 2],
      ['ephemeral-storage', 1024 * Mi],
    ]);
  });
});

test('host ports are those of containers and sidecars, not of other init containers', () => {
  const ports = (hostPort: number, more = {}) => [{ containerPort: 80, hostPort, ...more }];
  const found = podFacts(
    pod({
      initContainers: [container(undefined, undefined, { ports: ports(1) }), { ...sidecar('1'), ports: ports(2) }],
      containers: [container(undefined, undefined, { ports: ports(3, { protocol: 'UDP', hostIP: '10.0.0.1' }) })],
    }),
  );
  expect(found.hostPorts).toEqual([
    { protocol: 'TCP', port: 2, address: '0.0.0.0' },
    { protocol: 'UDP', port: 3, address: '10.0.0.1' },
  ]);
});
