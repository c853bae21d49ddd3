import type { Container, Pod } from '../../api/kinds.generated.ts';
import { milliValue, wholeValue } from '../../api/quantity.ts';

/** Amounts by resource name: CPU in millicores, all others in whole units (bytes, devices). */
export type Amounts = Map<string, number>;

/** What a container counts for in scoring when it asks for nothing (scheduler, util/pod_resources.go): 100m and 200 MiB. */
const defaultCpuMillis = 100;
const defaultMemoryBytes = 200 * 1024 * 1024;

/**
 * What a pod takes of a node, as upstream's PodRequests: containers and sidecars together, or the largest init container with the
 * sidecars started before it, whichever is more; plus overhead. `forScoring` counts containers without requests at a default.
 * @throws QuantityError
 */
export function podRequests(pod: Readonly<Pod>, options: { forScoring?: boolean } = {}): Amounts {
  const { spec } = pod;
  const scored = options.forScoring === true && spec.resources?.requests === undefined;
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, containerRequests(container, scored));
  const sidecars: Amounts = new Map();
  const initial: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = containerRequests(container, scored);
    if (container.restartPolicy === 'Always') {
      add(total, own);
      add(sidecars, own);
      raise(initial, sidecars);
    } else {
      add(own, sidecars);
      raise(initial, own);
    }
  }
  raise(total, initial);
  for (const [name, text] of Object.entries(spec.resources?.requests ?? {})) total.set(name, amountOf(name, text));
  if (spec.overhead !== undefined) add(total, amounts(spec.overhead));
  return total;
}

/** What it takes, and what it counts for in scores: the same object where every container says both CPU and memory, as most do. @throws QuantityError */
export function podAmounts(pod: Readonly<Pod>): { requests: Amounts; scored: Amounts } {
  const requests = podRequests(pod);
  const says = ({ resources }: Readonly<Container>): boolean =>
    resources?.requests !== undefined && 'cpu' in resources.requests && 'memory' in resources.requests;
  const same = pod.spec.containers.every(says) && (pod.spec.initContainers ?? []).every(says);
  return { requests, scored: same ? requests : podRequests(pod, { forScoring: true }) };
}

/** Shared: do not change it. */
export const noAmounts: Amounts = new Map();

function containerRequests(container: Readonly<Container>, scored: boolean): Amounts {
  const own = amounts(container.resources?.requests ?? {});
  if (scored) {
    if (!own.has('cpu')) own.set('cpu', defaultCpuMillis);
    if (!own.has('memory')) own.set('memory', defaultMemoryBytes);
  }
  return own;
}

/** A resource list in numbers. @throws QuantityError */
export function amounts(list: Readonly<Record<string, string>>): Amounts {
  return new Map(Object.entries(list).map(([name, text]) => [name, amountOf(name, text)]));
}

const plain = /^(\d{1,9})(m|Ki|Mi|Gi)?$/;
const factors: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/** Most requests are whole numbers with a usual unit, which need no exact arithmetic. */
function amountOf(name: string, text: string): number {
  const match = plain.exec(text);
  if (match !== null) {
    const amount = Number(match[1]);
    if (name === 'cpu' && (match[2] === undefined || match[2] === 'm')) return match[2] === undefined ? amount * 1000 : amount;
    if (name !== 'cpu' && match[2] !== 'm') return match[2] === undefined ? amount : amount * (factors[match[2]] as number);
  }
  return name === 'cpu' ? milliValue(text) : wholeValue(text);
}

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}

function raise(to: Amounts, least: Amounts): void {
  for (const [name, amount] of least) to.set(name, Math.max(to.get(name) ?? 0, amount));
}
