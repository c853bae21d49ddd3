import type { Container, Pod, Volume } from '../../api/kinds.generated.ts';
import { noAmounts, podAmounts, type Amounts } from './requests.ts';
import { termsOf, type PodTerms } from './terms.ts';

/** A port of the node that a pod wants for itself. */
export interface HostPort {
  readonly protocol: string;
  /** '0.0.0.0' for all addresses. */
  readonly address: string;
  readonly port: number;
}

/** What the scheduler wants to know of a pod, worked out once. */
export interface PodFacts {
  /** Its last known state, which may be newer than the rest: what changed since concerns no rule. */
  pod: Readonly<Pod>;
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
  readonly priority: number;
  readonly terms: PodTerms;
  /** `namespace/name` of the claims it uses. */
  readonly claims: readonly string[];
}

const none: readonly never[] = [];
const noLabels: Readonly<Record<string, string>> = {};

/** @throws QuantityError for a request that is none (the API server lets none through) */
export function podFacts(pod: Readonly<Pod>): PodFacts {
  const { requests, scored } = podAmounts(pod);
  return {
    pod,
    uid: pod.metadata.uid ?? '',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    labels: pod.metadata.labels ?? noLabels,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    cpuMillis: requests.get('cpu') ?? 0,
    memoryBytes: requests.get('memory') ?? 0,
    others: othersOf(requests),
    scoredCpuMillis: scored.get('cpu') ?? 0,
    scoredMemoryBytes: scored.get('memory') ?? 0,
    hostPorts: hostPortsOf(pod),
    priority: pod.spec.priority ?? 0,
    terms: termsOf(pod),
    claims: claimsOf(pod),
  };
}

function othersOf(requests: Amounts): Amounts {
  let others: Amounts | undefined;
  for (const [name, amount] of requests) {
    if (name === 'cpu' || name === 'memory' || amount === 0) continue;
    others ??= new Map();
    others.set(name, amount);
  }
  return others ?? noAmounts;
}

function hostPortsOf(pod: Readonly<Pod>): readonly HostPort[] {
  let wanted: HostPort[] | undefined;
  const take = (container: Readonly<Container>): void => {
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of container.ports ?? none) {
      if (hostPort > 0) (wanted ??= []).push({ protocol, port: hostPort, address: hostIP === '' ? '0.0.0.0' : hostIP });
    }
  };
  for (const container of pod.spec.initContainers ?? none) if (container.restartPolicy === 'Always') take(container);
  for (const container of pod.spec.containers) take(container);
  return wanted ?? none;
}

function claimsOf(pod: Readonly<Pod>): readonly string[] {
  let claims: string[] | undefined;
  for (const volume of pod.spec.volumes ?? none) {
    const name = claimName(pod, volume);
    if (name !== undefined) (claims ??= []).push(`${pod.metadata.namespace ?? ''}/${name}`);
  }
  return claims ?? none;
}

/** The claim that stands behind a volume of a pod; an ephemeral one is named after both. */
export function claimName(pod: Readonly<Pod>, volume: Readonly<Volume>): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`;
}
