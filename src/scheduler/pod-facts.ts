import type { Pod } from '../api/kinds.generated.ts';
import { podRequests, type Amounts } from './requests.ts';

/** A port of the node that a pod wants for itself. */
export interface HostPort {
  readonly protocol: string;
  /** '0.0.0.0' for all addresses. */
  readonly address: string;
  readonly port: number;
}

/** What the scheduler wants to know of a pod, worked out once. */
export interface PodFacts {
  readonly pod: Readonly<Pod>;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly terminating: boolean;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  /** Everything but CPU and memory: ephemeral-storage, huge pages, devices. Amounts above 0. */
  readonly others: Amounts;
  /** CPU and memory with a default for what is not said: for scores. */
  readonly scoredCpuMillis: number;
  readonly scoredMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
}

/** @throws QuantityError for a request that is none (the API server lets none through) */
export function podFacts(pod: Readonly<Pod>): PodFacts {
  const requests = podRequests(pod);
  const scored = podRequests(pod, { forScoring: true });
  return {
    pod,
    uid: pod.metadata.uid ?? '',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    labels: pod.metadata.labels ?? {},
    terminating: pod.metadata.deletionTimestamp !== undefined,
    cpuMillis: requests.get('cpu') ?? 0,
    memoryBytes: requests.get('memory') ?? 0,
    others: new Map([...requests].filter(([name, amount]) => name !== 'cpu' && name !== 'memory' && amount > 0)),
    scoredCpuMillis: scored.get('cpu') ?? 0,
    scoredMemoryBytes: scored.get('memory') ?? 0,
    hostPorts: hostPortsOf(pod),
  };
}

function hostPortsOf(pod: Readonly<Pod>): readonly HostPort[] {
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  const wanted: HostPort[] = [];
  for (const container of [...sidecars, ...pod.spec.containers]) {
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of container.ports ?? []) {
      if (hostPort > 0) wanted.push({ protocol, port: hostPort, address: hostIP === '' ? '0.0.0.0' : hostIP });
    }
  }
  return wanted;
}
