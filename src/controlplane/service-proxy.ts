import type { Runtime } from '../agent/runtime.ts';
import type { FrontEndChoice } from '../proxy/front-end.ts';
import type { ServiceProxyOptions } from '../proxy/proxy.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import type { NodeSetup } from './nodes.ts';
import type { DataPaths } from './paths.ts';
import { removeIfThere } from './private-files.ts';

/** How Services are answered on this machine. */
export interface ProxySetup {
  /** The node that this machine is; by default the first one of this process. Its runtime is told of every Service. */
  readonly node?: string;
  /** What this process listens on. */
  readonly listen: FrontEndChoice;
  /** The cluster's DNS server; absent: none. */
  readonly dns?: ServiceProxyOptions['dns'];
  /** What Services of type LoadBalancer are given as theirs: an address of this machine, or a name. Absent: they wait for others. */
  readonly loadBalancer?: string;
  /** Cluster addresses cannot be listened on: each port of them is given one of 127.0.0.1. */
  readonly loopbackPorts?: true;
}

/** Longer paths cannot be listened on. */
const longestSocketPath = 100;

/**
 * Where pods in a network of their own find a way to endpoints outside of it; undefined without a data directory, and where its name is
 * too long for a socket.
 */
export async function gatewayPath(paths: DataPaths | undefined): Promise<string | undefined> {
  if (paths === undefined || Buffer.byteLength(paths.gateway) > longestSocketPath) return undefined;
  // Of a life that ended without a word.
  await removeIfThere(paths.gateway);
  return paths.gateway;
}

/** The options of a proxy for the node of `setup`: its pods are reached by its runtime's own way, where it has one. */
export function proxyOptions(
  setup: ProxySetup,
  nodes: readonly NodeSetup[],
  gateway: string | undefined,
): Omit<ServiceProxyOptions, keyof Surroundings> {
  const node = nodes.find(({ description }) => setup.node === undefined || description.name === setup.node);
  const runtime: Runtime | undefined = node?.runtime;
  return {
    nodeName: setup.node ?? node?.description.name ?? '',
    listen: setup.listen,
    ...(setup.dns === undefined ? {} : { dns: setup.dns }),
    ...(runtime?.dial === undefined
      ? {}
      : { dial: (address, port, { here }) => (here === true ? runtime.dial?.(address, port) : undefined) }),
    ...(gateway === undefined || runtime?.serve === undefined ? {} : { gateway }),
    sinks: runtime?.serve === undefined ? [] : [async (table) => runtime.serve?.(table)],
  };
}
