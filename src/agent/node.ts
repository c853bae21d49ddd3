import { Lease, Node, type NodeStatus, type Taint } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { microTimestamp, timestamp, type Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { conditionsOf } from './node-conditions.ts';
import type { Pressure } from './pressure.ts';

/** What a node says of itself. */
export interface NodeDescription {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As quantities: cpu, memory, pods, ephemeral-storage. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly address: string;
  readonly info: {
    readonly architecture: string;
    readonly operatingSystem: string;
    readonly kernelVersion: string;
    readonly osImage: string;
    readonly version: string;
    readonly machineId?: string;
    readonly systemUuid?: string;
    readonly bootId?: string;
  };
  /** Name and version, `containerd://1.7.0`. */
  readonly containerRuntime: string;
  readonly taints?: readonly Readonly<Taint>[];
  /** How often it says that it is alive: every 10 s, by a lease of four times as long. */
  readonly renewMs?: number;
  /** Why pods are not isolated from this machine: makes the condition Isolated false. '' makes it true; absent: no condition. */
  readonly notIsolated?: string;
  /** What is short on it; absent: nothing ever is. */
  pressure?(): Promise<Pressure>;
}
export interface NodeContext {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
}

/** Kubelet's defaults: a lease renewed every 10 s lasts 40 s; the status is written again every 5 min. */
const usualRenewMs = 10_000;
const renewalsOfALease = 4;
const statusMs = 300_000;

/** Makes or renews the Node object and says that it is ready. */
export async function registerNode(node: NodeDescription, context: NodeContext): Promise<void> {
  const labels = {
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': node.info.operatingSystem,
    'kubernetes.io/arch': node.info.architecture,
    // Of old: selectors still use them.
    'beta.kubernetes.io/os': node.info.operatingSystem,
    'beta.kubernetes.io/arch': node.info.architecture,
    ...node.labels,
  };
  try {
    await context.cluster.create(Node, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.name, labels },
      spec: { taints: (node.taints ?? []).map((taint) => ({ ...taint })) },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await context.cluster.patch(Node, { namespace: '', name: node.name }, { metadata: { labels } });
  }
  await writeStatus(node, context);
}

async function writeStatus(node: NodeDescription, context: NodeContext): Promise<void> {
  const key = { namespace: '', name: node.name };
  const live = await context.cluster.get(Node, key);
  const pressure = (await measured(node, context)) ?? nonePressing;
  const status = statusOf(node, live.status, { now: timestamp(context.clock), pressure });
  await context.cluster.patch(Node, key, { status }, { subresource: 'status' });
}

function statusOf(
  node: NodeDescription,
  before: NodeStatus | undefined,
  about: { now: string; pressure: Pressure },
): Record<string, unknown> {
  return {
    capacity: node.capacity,
    allocatable: node.allocatable,
    addresses: [
      { type: 'InternalIP', address: node.address },
      { type: 'Hostname', address: node.name },
    ],
    nodeInfo: {
      machineID: node.info.machineId ?? '',
      systemUUID: node.info.systemUuid ?? '',
      bootID: node.info.bootId ?? '',
      kernelVersion: node.info.kernelVersion,
      osImage: node.info.osImage,
      containerRuntimeVersion: node.containerRuntime,
      kubeletVersion: node.info.version,
      kubeProxyVersion: node.info.version,
      operatingSystem: node.info.operatingSystem,
      architecture: node.info.architecture,
    },
    conditions: conditionsOf(node, about.pressure).map((condition) => {
      const old = before?.conditions?.find((one) => one.type === condition.type);
      const since = old !== undefined && old.status === condition.status ? (old.lastTransitionTime ?? about.now) : about.now;
      return { ...condition, lastHeartbeatTime: about.now, lastTransitionTime: since };
    }),
  };
}

const nonePressing: Pressure = { memory: false, disk: false, pids: false };
async function measured(node: NodeDescription, context: NodeContext): Promise<Pressure | undefined> {
  return node.pressure === undefined ? undefined : context.clock.outside(node.pressure());
}

/** Renews the node's lease and status until `signal`. A node that was deleted is registered again. */
export async function keepNode(node: NodeDescription, context: NodeContext, signal: AbortSignal): Promise<void> {
  let statusAtMs = context.clock.now() + statusMs;
  while (!signal.aborted) {
    try {
      await renewLease(node, context);
      if (context.clock.now() >= statusAtMs || !(await isAsWritten(node, context))) {
        statusAtMs = context.clock.now() + statusMs;
        await registerNode(node, context);
      }
    } catch (error) {
      if (signal.aborted) return;
      context.log.warn('cannot renew the node', { node: node.name, error: errorText(error) });
    }
    // An abort of the signal is the way to end this loop.
    await context.clock.sleep(node.renewMs ?? usualRenewMs, { signal, upkeep: true }).catch(() => undefined);
  }
}

/** Whether the Node object says that it is ready, and of its pressure what is true. */
async function isAsWritten(node: NodeDescription, context: NodeContext): Promise<boolean> {
  try {
    const { status } = await context.cluster.get(Node, { namespace: '', name: node.name });
    const says = (type: string) => status?.conditions?.find((one) => one.type === type)?.status;
    if (says('Ready') !== 'True') return false;
    const pressure = await measured(node, context);
    return pressure === undefined || conditionsOf(node, pressure).every((one) => says(one.type) === one.status);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function renewLease(node: NodeDescription, context: NodeContext): Promise<void> {
  const key = { namespace: 'kube-node-lease', name: node.name };
  const leaseDurationSeconds = Math.ceil(((node.renewMs ?? usualRenewMs) * renewalsOfALease) / 1000);
  const spec = { holderIdentity: node.name, leaseDurationSeconds, renewTime: microTimestamp(context.clock) };
  try {
    await context.cluster.patch(Lease, key, { spec });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await context.cluster.create(Lease, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: key.name, namespace: key.namespace },
      spec,
    });
  }
}
