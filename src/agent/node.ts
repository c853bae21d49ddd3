import { Lease, Node, type NodeCondition, type NodeStatus, type Taint } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { microTimestamp, timestamp, type Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { conditionsOf, type Condition } from './node-conditions.ts';
import { changesOf, tellState } from './node-events.ts';
import type { Tell } from './pod-events.ts';
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
  readonly event: Tell;
  /** Its node is one of thousands that only simulate: of its start nobody is told, of what changes afterwards they are. */
  readonly quietStart?: boolean;
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
  const before = live.status?.conditions ?? [];
  const conditions = conditionsOf(node, (await measured(node, context)) ?? nonePressing);
  tellReboot(node, context, live);
  const status = { ...descriptionOf(node), conditions: dated(conditions, before, timestamp(context.clock)) };
  await context.cluster.patch(Node, key, { status }, { subresource: 'status' });
  if (before.length === 0 && context.quietStart === true) return;
  for (const change of changesOf(before, conditions)) tellState(context.event, live, change);
}

/** The machine has another boot id than the last time it was heard of. */
function tellReboot({ name, info }: NodeDescription, context: NodeContext, live: Readonly<Node>): void {
  const { bootId = '' } = info;
  const known = live.status?.nodeInfo?.bootID ?? '';
  if (bootId === '' || known === '' || known === bootId) return;
  context.event(live, 'Warning', { reason: 'Rebooted', message: `Node ${name} has been rebooted, boot id: ${bootId}` });
}

function descriptionOf(node: NodeDescription): NodeStatus {
  return {
    capacity: { ...node.capacity },
    allocatable: { ...node.allocatable },
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
  };
}

/** Each since when it is so. */
function dated(conditions: readonly Condition[], before: readonly NodeCondition[], now: string): NodeCondition[] {
  return conditions.map((condition) => {
    const old = before.find((one) => one.type === condition.type);
    const since = old !== undefined && old.status === condition.status ? (old.lastTransitionTime ?? now) : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime: since };
  });
}

const nonePressing: Pressure = { memory: false, disk: false, pids: false };
async function measured(node: NodeDescription, context: NodeContext): Promise<Pressure | undefined> {
  return node.pressure === undefined ? undefined : context.clock.outside(node.pressure());
}

/** Renews the node's lease and status until `signal`. A node that was deleted is registered again. */
export async function keepNode(node: NodeDescription, context: NodeContext, signal: AbortSignal): Promise<void> {
  let statusAtMs = context.clock.now() + statusMs;
  let cordoned: boolean | undefined;
  while (!signal.aborted) {
    try {
      await renewLease(node, context);
      const live = await liveNode(node, context);
      if (cordoned === undefined && live !== undefined) tellStart(context, live);
      cordoned = tellCordon(context, live, cordoned);
      if (context.clock.now() >= statusAtMs || !(await isAsWritten(node, context, live))) {
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

async function liveNode(node: NodeDescription, context: NodeContext): Promise<Readonly<Node> | undefined> {
  try {
    return await context.cluster.get(Node, { namespace: '', name: node.name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function tellStart({ event, quietStart }: NodeContext, live: Readonly<Node>): void {
  if (quietStart !== true) event(live, 'Normal', { reason: 'Starting', message: 'Starting kubelet.' });
}

/** Answers whether pods are kept off the node, and tells where that is no longer as it was. */
function tellCordon(context: NodeContext, live: Readonly<Node> | undefined, before: boolean | undefined): boolean | undefined {
  if (live === undefined) return before;
  const cordoned = live.spec.unschedulable === true;
  if (before !== undefined && cordoned !== before) tellState(context.event, live, cordoned ? 'NodeNotSchedulable' : 'NodeSchedulable');
  return cordoned;
}

/** Whether the Node object says that it is ready, and of its pressure what is true. */
async function isAsWritten(node: NodeDescription, context: NodeContext, live: Readonly<Node> | undefined): Promise<boolean> {
  const says = (type: string) => live?.status?.conditions?.find((one) => one.type === type)?.status;
  if (says('Ready') !== 'True') return false;
  const pressure = await measured(node, context);
  return pressure === undefined || conditionsOf(node, pressure).every((one) => says(one.type) === one.status);
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
