import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { machineNode } from '../agent/machine.ts';
import type { Runtime } from '../agent/runtime.ts';
import { runtimes } from '../agent/runtimes/index.ts';
import type { Log } from '../base/log.ts';
import { simulatedNode, type NodeSetup } from '../controlplane/nodes.ts';
import { dataPaths } from '../controlplane/paths.ts';
import { makePrivateFolder } from '../controlplane/private-files.ts';
import type { ControlPlaneOptions } from '../controlplane/start.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './output.ts';
import type { UpOptions } from './up-options.ts';
import { version } from './version.ts';

/** The nodes of `steer up`, and how Services are answered here. */
export interface Machine {
  readonly nodes: readonly NodeSetup[];
  readonly services: Pick<ControlPlaneOptions, 'proxy' | 'serviceRange'>;
  /** What runs pods and what that means for whoever runs it, in one sentence. */
  readonly banner: string;
}

/**
 * Services of isolated pods have addresses in the pods' own network; those of plain ones, addresses of this machine. Where it has none but
 * 127.0.0.1, a port of it stands for each.
 */
const ranges = { isolated: '10.96.0.0/16', plain: '127.96.0.0/12', ports: '10.96.0.0/16' } as const;
const dns = { address: '10.96.0.10', domain: 'cluster.local' } as const;
const labels = { 'node-role.kubernetes.io/control-plane': '' };
const loopback = '127.0.0.1';

/** @throws UsageError for a runtime that is not known, Error for one that cannot work here */
export async function openMachine(options: UpOptions, environment: Environment, log: Log): Promise<Machine> {
  const { name, why } = options.runtime;
  const known = runtimes.find((one) => one.name === name);
  if (known === undefined) throw new UsageError(`--runtime ${name}: must be one of ${runtimes.map((one) => one.name).join(', ')}`);
  const folder = dataPaths(options.dataDir).pods;
  const { clock, random, variables } = environment;
  const path = variables['PATH'];
  const runtime = known.open({
    ...{ clock, random, log, folder, shim: shimCommand(), hide: [options.dataDir], dns, serviceRange: ranges.isolated },
    ...(path === undefined ? {} : { path }),
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
  });
  if (runtime.simulates === true) {
    const banner = `runtime simulated: pods are simulated, no process is started${why === '' ? '' : ` (${why})`}`;
    return { nodes: simulatedNodes(options, runtime), services: {}, banner };
  }
  if (options.nodes > 1) throw new UsageError(`--nodes ${options.nodes}: this machine is one node; \`--runtime simulated\` can have many`);
  for (const each of [options.dataDir, folder]) await makePrivateFolder(each);
  const unavailable = await runtime.unavailable();
  if (unavailable !== undefined)
    throw new Error(`the runtime ${name} cannot work here: ${unavailable}; \`--runtime simulated\` can everywhere`);
  const { reserve } = options;
  const description = await machineNode(nodeName(), { folder, labels, reserve, containerRuntime: `${name}://${version}` });
  return {
    nodes: [{ description: { ...description, ...renewal(options) }, runtime }],
    services: servicesOf(runtime),
    banner: bannerOf(runtime),
  };
}

/** The first has the name of this machine, the others a number behind it. All share one runtime, and so its addresses; the last closes it. */
function simulatedNodes(options: UpOptions, runtime: Runtime): NodeSetup[] {
  const alive = renewal(options);
  let left = options.nodes;
  const shared: Runtime = { ...runtime, close: (how) => (--left > 0 ? Promise.resolve() : runtime.close(how)) };
  return Array.from({ length: options.nodes }, (_, index) => {
    const description = index === 0 ? simulatedNode(nodeName(), { labels, ...alive }) : simulatedNode(`${nodeName()}-${index + 1}`, alive);
    return { description, runtime: shared };
  });
}

/** In the time for which it may be silent a node speaks five times. */
function renewal({ nodeGraceMs }: UpOptions): { renewMs?: number } {
  return nodeGraceMs === undefined ? {} : { renewMs: Math.ceil(nodeGraceMs / 5) };
}

function servicesOf(runtime: Runtime): Machine['services'] {
  const { mode = 'plain' } = runtime.isolation ?? {};
  const listen = { clusterAddresses: mode === 'plain', nodePorts: [loopback], externalAddresses: true };
  const proxy = mode === 'ports' ? { listen: { ...listen, loopbackPorts: loopback }, loopbackPorts: true as const } : { listen };
  return { serviceRange: ranges[mode], proxy: { ...proxy, loadBalancer: loopback } };
}

function bannerOf({ name, isolation }: Runtime): string {
  if (isolation?.mode === 'isolated') return `runtime ${name}: pods run commands of this machine, each in namespaces of its own`;
  const rights = 'pods run commands of this machine with the rights of the user who runs steer';
  const shared = isolation?.mode === 'ports' ? `, and share ${loopback}: each listens on $POD_IP:$PORT` : '';
  return `runtime ${name}: ${rights}${shared} (not isolated: ${isolation?.why ?? 'it cannot be had'})`;
}

/** The shim is a bundle beside this one; from the sources, a module that Node reads with the loader that reads this one. */
function shimCommand(): readonly string[] {
  const bundled = [join(import.meta.dirname, 'shim.js'), join(import.meta.dirname, '..', 'shim.js')].find((file) => existsSync(file));
  return bundled === undefined
    ? [process.execPath, ...process.execArgv, join(import.meta.dirname, 'shim.ts')]
    : [process.execPath, bundled];
}

function nodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name === '' ? 'node' : name;
}
