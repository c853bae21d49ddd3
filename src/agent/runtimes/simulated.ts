import type { Duplex } from 'node:stream';
import type { ContainerStatus, Pod } from '../../api/kinds.generated.ts';
import { timestamp, parseTime, type Clock } from '../../base/clock.ts';
import { uuid, type Random } from '../../base/random.ts';
import { RuntimeError, type ImageInfo, type Launch, type Runtime, type Sandbox, type SandboxStats } from '../runtime.ts';
import { SimulatedContainer } from './simulated-container.ts';
import { scriptOf, usageOf } from './simulated-script.ts';

export interface SimulatedOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A runtime that starts no process: containers do what their pod's annotations script. What runs is written in the pod's own
 * status, so an agent that starts again finds its containers where they would be by now.
 */
export function simulatedRuntime(options: SimulatedOptions): Runtime {
  const addresses = addressPool();
  const closed = new AbortController();
  return {
    name: 'simulated',
    simulates: true,
    can: { pullImages: true, isolate: 'nothing', limit: false, exec: false },
    unavailable: () => Promise.resolve(undefined),
    recover: () => Promise.resolve([]),
    pull: (image, { pod }) => pull(image, pod),
    openSandbox: (pod) => Promise.resolve(openSandbox(pod, { ...options, addresses, closed: closed.signal })),
    close: () => {
      closed.abort(new Error('the simulated runtime is closed'));
      return Promise.resolve();
    },
  };
}

/** A pull fails where a container with this image is scripted to fail with an image reason. */
function pull(image: string, pod: Readonly<Pod>): Promise<ImageInfo> {
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    if (container.image !== image) continue;
    const { failure } = scriptOf(pod, container.name, 0);
    if (failure !== undefined && /Image/.test(failure.reason)) {
      return Promise.reject(new RuntimeError(failure.reason, failure.message));
    }
  }
  return Promise.resolve({
    id: `simulated://${image}`,
    sizeBytes: 0,
    entrypoint: [],
    command: [],
    env: {},
    workingDir: '/',
    user: '65534',
  });
}

interface Surroundings extends SimulatedOptions {
  readonly addresses: AddressPool;
  readonly closed: AbortSignal;
}

function openSandbox(pod: Readonly<Pod>, around: Surroundings): Sandbox {
  const podUid = pod.metadata.uid ?? '';
  const address = around.addresses.take(podUid, pod.status?.podIP);
  const containers: SimulatedContainer[] = [];
  const begin = (container: string, attempt: number, started: { id: string; atMs: number }) => {
    const script = scriptOf(pod, container, attempt);
    const running = new SimulatedContainer({ ...started, podUid, container, script, clock: around.clock, closed: around.closed });
    containers.push(running);
    return running;
  };
  for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const atMs = parseTime(status.state?.running?.startedAt);
    if (atMs !== undefined && status.containerID !== undefined) begin(status.name, attemptOf(status), { id: idOf(status), atMs });
  }
  return {
    podUid,
    addresses: [address],
    get containers() {
      return containers;
    },
    get atRest() {
      return containers.every((container) => container.atRest);
    },
    start: async (launch, signal) => {
      const script = scriptOf(pod, launch.container, launch.attempt);
      if (script.failure !== undefined) throw new RuntimeError(script.failure.reason, script.failure.message);
      if (script.startMs > 0) await around.clock.sleep(script.startMs, { signal });
      drop(containers, launch);
      return begin(launch.container, launch.attempt, { id: uuid(around.random).replaceAll('-', ''), atMs: around.clock.now() });
    },
    connect: (port) =>
      Promise.reject<Duplex>(new RuntimeError('Unsupported', `simulated pods have no network: port ${port} of ${pod.metadata.name}`)),
    stats: (now = pod) => Promise.resolve({ containers: containers.flatMap((one) => measured(one, now)), receivedBytes: 0, sentBytes: 0 }),
    remove: async () => {
      await Promise.all(containers.map((container) => container.stop(0)));
      around.addresses.give(podUid, address);
    },
  };
}

function measured(running: SimulatedContainer, pod: Readonly<Pod>): SandboxStats['containers'] {
  const { container } = running;
  const usage = running.usage(usageOf(pod, container));
  return usage === undefined ? [] : [{ container, ...usage }];
}

function drop(containers: SimulatedContainer[], launch: Launch): void {
  const old = containers.findIndex((one) => one.container === launch.container);
  if (old >= 0) containers.splice(old, 1);
}
function attemptOf(status: ContainerStatus): number {
  return status.restartCount ?? 0;
}
function idOf(status: ContainerStatus): string {
  return (status.containerID ?? '').replace(/^[a-z]+:\/\//, '');
}

/** Addresses of 10.244.0.0/16, the longest unused first, so that a new pod rarely gets the address of one that just went. */
interface AddressPool {
  /** `wanted`: the pod's address before. It is given again unless another pod has it. */
  take(podUid: string, wanted: string | undefined): string;
  give(podUid: string, address: string): void;
}
function addressPool(): AddressPool {
  /** Pods by address. */
  const taken = new Map<string, string>();
  let next = 2;
  const at = (index: number) => `10.${244 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const free = () => {
    while (taken.has(at(next)) || (next & 255) === 0 || (next & 255) === 255) next = next >= 10 * 65536 ? 2 : next + 1;
    return at(next++);
  };
  return {
    take: (podUid, wanted) => {
      const address = wanted !== undefined && (taken.get(wanted) ?? podUid) === podUid ? wanted : free();
      taken.set(address, podUid);
      return address;
    },
    give: (podUid, address) => {
      if (taken.get(address) === podUid) taken.delete(address);
    },
  };
}

/** The moment as a container status writes it. */
export function startedAtText(ms: number): string {
  return timestamp({ now: () => ms });
}
