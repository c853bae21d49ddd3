import type { Node, Taint } from '../../api/kinds.generated.ts';
import { amounts, type Amounts } from './requests.ts';
import {
  cpuMillis,
  memoryBytes,
  podCount,
  podLimit,
  scoredCpuMillis,
  scoredMemoryBytes,
  usedCpuMillis,
  usedMemoryBytes,
  type NodeNumbers,
} from './node-numbers.ts';
import type { HostPort, PodFacts } from './pod-facts.ts';

const noTaints: readonly Taint[] = [];
const noAmounts: Amounts = new Map();
const noLabels: Readonly<Record<string, string>> = {};
const noImages: ReadonlyMap<string, number> = new Map();

/**
 * One node and what its pods take, kept up to date by adding and subtracting. Its numbers lie beside those of the other nodes, so that
 * looking at thousands of nodes for one pod allocates nothing and reads little memory.
 */
export class NodeState {
  readonly name: string;
  /** Its place in arrays by node; free again when it is forgotten. */
  readonly slot: number;
  node: Readonly<Node> | undefined;
  labels = noLabels;
  taints = noTaints;
  /** The same for nodes whose taints ask the same of pods; '' for none. */
  tainting = '';
  unschedulable = false;
  others = noAmounts;
  readonly usedOthers: Amounts = new Map();
  readonly pods = new Map<string, PodFacts>();
  /** `namespace/name` to the number of pods that use the claim. */
  readonly claims = new Map<string, number>();
  /** Image name to bytes, of images that are there. */
  images = noImages;
  /** `TCP/8080` to the addresses on which it is taken. */
  readonly ports = new Map<string, string[]>();

  readonly #numbers: NodeNumbers;

  constructor(name: string, slot: number, numbers: NodeNumbers) {
    this.name = name;
    this.slot = slot;
    this.#numbers = numbers;
    numbers.begin(slot);
  }

  get cpuMillis(): number {
    return this.#numbers.get(this.slot, cpuMillis);
  }
  get memoryBytes(): number {
    return this.#numbers.get(this.slot, memoryBytes);
  }
  get podLimit(): number {
    return this.#numbers.get(this.slot, podLimit);
  }
  get podCount(): number {
    return this.#numbers.get(this.slot, podCount);
  }
  get usedCpuMillis(): number {
    return this.#numbers.get(this.slot, usedCpuMillis);
  }
  get usedMemoryBytes(): number {
    return this.#numbers.get(this.slot, usedMemoryBytes);
  }
  get scoredCpuMillis(): number {
    return this.#numbers.get(this.slot, scoredCpuMillis);
  }
  get scoredMemoryBytes(): number {
    return this.#numbers.get(this.slot, scoredMemoryBytes);
  }

  setNode(node: Readonly<Node>): void {
    this.node = node;
    this.labels = node.metadata.labels ?? noLabels;
    this.taints = node.spec?.taints ?? noTaints;
    this.tainting = this.taints.map(({ key, value = '', effect }) => `${key}=${value}:${effect}`).join();
    this.unschedulable = node.spec?.unschedulable === true;
    const allocatable = amounts(node.status?.allocatable ?? node.status?.capacity ?? {});
    this.#numbers.set(this.slot, cpuMillis, allocatable.get('cpu') ?? 0);
    this.#numbers.set(this.slot, memoryBytes, allocatable.get('memory') ?? 0);
    this.#numbers.set(this.slot, podLimit, allocatable.get('pods') ?? 0);
    this.others = allocatable;
    this.images = imagesOf(node);
  }

  add(pod: PodFacts): void {
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
    for (const claim of pod.claims) this.claims.set(claim, (this.claims.get(claim) ?? 0) + 1);
    for (const port of pod.hostPorts) {
      const id = portId(port);
      this.ports.set(id, [...(this.ports.get(id) ?? []), port.address]);
    }
  }

  remove(pod: PodFacts): void {
    if (!this.pods.delete(pod.uid)) return;
    this.#count(pod, -1);
    for (const claim of pod.claims) {
      const left = (this.claims.get(claim) ?? 0) - 1;
      if (left > 0) this.claims.set(claim, left);
      else this.claims.delete(claim);
    }
    for (const port of pod.hostPorts) {
      const id = portId(port);
      const addresses = this.ports.get(id) ?? [];
      const left = addresses.toSpliced(addresses.indexOf(port.address), 1);
      if (left.length === 0) this.ports.delete(id);
      else this.ports.set(id, left);
    }
  }

  #count(pod: PodFacts, sign: 1 | -1): void {
    const numbers = this.#numbers;
    numbers.set(this.slot, podCount, this.pods.size);
    numbers.add(this.slot, usedCpuMillis, sign * pod.cpuMillis);
    numbers.add(this.slot, usedMemoryBytes, sign * pod.memoryBytes);
    numbers.add(this.slot, scoredCpuMillis, sign * pod.scoredCpuMillis);
    numbers.add(this.slot, scoredMemoryBytes, sign * pod.scoredMemoryBytes);
    for (const [name, amount] of pod.others) this.usedOthers.set(name, (this.usedOthers.get(name) ?? 0) + sign * amount);
  }
}

export function portId(port: HostPort): string {
  return `${port.protocol}/${port.port}`;
}

function imagesOf(node: Readonly<Node>): ReadonlyMap<string, number> {
  const images = node.status?.images ?? [];
  if (images.length === 0) return noImages;
  return new Map(images.flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes] as const)));
}
