import { parseTime } from '../../base/clock.ts';
import type { PodStats, Summary } from './summary.ts';

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** What cAdvisor tells in Prometheus' text format of the containers of a node, under its names. */
export function cadvisorText({ pods }: Summary): string {
  const containers = pods.flatMap((pod) => pod.containers.map((one) => ({ labels: labelsOf(pod, one.name), one })));
  const networks = pods.map((pod) => ({ labels: { ...labelsOf(pod, ''), interface: pod.network.name }, one: pod.network }));
  return textOf([
    {
      name: 'container_cpu_usage_seconds_total',
      type: 'counter',
      help: 'Cpu time used, in seconds.',
      samples: containers.map(({ labels, one }) => ({ labels: { ...labels, cpu: 'total' }, value: one.cpu.usageCoreNanoSeconds / 1e9 })),
    },
    {
      name: 'container_memory_working_set_bytes',
      type: 'gauge',
      help: 'Memory that cannot be taken back, in bytes.',
      samples: containers.map(({ labels, one }) => ({ labels, value: one.memory.workingSetBytes })),
    },
    {
      name: 'container_memory_usage_bytes',
      type: 'gauge',
      help: 'Memory used, in bytes.',
      samples: containers.map(({ labels, one }) => ({ labels, value: one.memory.usageBytes })),
    },
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: 'Start of the container, in seconds since the epoch.',
      samples: containers.map(({ labels, one }) => ({ labels, value: (parseTime(one.startTime) ?? 0) / 1000 })),
    },
    {
      name: 'container_network_receive_bytes_total',
      type: 'counter',
      help: 'Bytes received by the pod.',
      samples: networks.map(({ labels, one }) => ({ labels, value: one.rxBytes })),
    },
    {
      name: 'container_network_transmit_bytes_total',
      type: 'counter',
      help: 'Bytes sent by the pod.',
      samples: networks.map(({ labels, one }) => ({ labels, value: one.txBytes })),
    },
  ]);
}

/** What a kubelet tells at /metrics/resource: the node, its pods and containers. */
export function resourceText({ node, pods }: Summary): string {
  const containers = pods.flatMap((pod) => pod.containers.map((one) => ({ labels: labelsOf(pod, one.name), one })));
  const ofPods = pods.map((one) => ({ labels: { namespace: one.podRef.namespace, pod: one.podRef.name }, one }));
  const both = (level: string, list: readonly { labels: Record<string, string>; one: Pick<PodStats, 'cpu' | 'memory'> }[]): Family[] => [
    {
      name: `${level}_cpu_usage_seconds_total`,
      type: 'counter',
      help: `Cpu time used by the ${level}, in seconds.`,
      samples: list.map(({ labels, one }) => ({ labels, value: one.cpu.usageCoreNanoSeconds / 1e9 })),
    },
    {
      name: `${level}_memory_working_set_bytes`,
      type: 'gauge',
      help: `Working set of the ${level}, in bytes.`,
      samples: list.map(({ labels, one }) => ({ labels, value: one.memory.workingSetBytes })),
    },
  ];
  return textOf([...both('node', [{ labels: {}, one: node }]), ...both('pod', ofPods), ...both('container', containers)]);
}

function labelsOf({ podRef }: PodStats, container: string): Record<string, string> {
  return { container, namespace: podRef.namespace, pod: podRef.name };
}

function textOf(families: readonly Family[]): string {
  return families
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
function labelText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}
