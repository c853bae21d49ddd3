import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { formatIPv4, parseRange } from '../apiserver/address-pool.ts';
import type { User } from '../apiserver/context.ts';
import { defaultServiceRange } from '../apiserver/service-pools.ts';
import { timestamp } from '../base/clock.ts';
import type { Connection } from '../client/connect.ts';
import {
  controllers as allControllers,
  ingressStatus,
  localPathProvisioner,
  memoryVolumeFolders,
  serviceAddresses,
  serviceLoadBalancer,
  serviceLoopbackPorts,
  serviceRange,
} from '../controllers/index.ts';
import type { Controller } from '../reconcile/controller.ts';
import type { SchedulerConfiguration } from '../scheduler/configuration.ts';
import type { Store } from '../store/store.ts';
import { advertise } from './advertise.ts';
import { Components } from './components.ts';
import { runElected, type Election } from './elected.ts';
import { embed } from './embed.ts';
import { Ending } from './ending.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';
import { adminUser, apiServerUser, Identities, informersUser, nodeUser } from './identities.ts';
import { Nodes, type NodeSetup } from './nodes.ts';
import { dataPaths, type DataPaths } from './paths.ts';
import { publishAuthority } from './publish-authority.ts';
import { gatewayPath, proxyOptions, type ProxySetup } from './service-proxy.ts';
import { startServer, type ServeOptions } from './serve.ts';
import { EventSender, type EventSenderOptions } from '../reconcile/event-sender.ts';
import { turnsOfWrites } from './take-turns.ts';
import { volumeFolders } from './volume-folders.ts';
import { removeIfThere, writePrivate } from './private-files.ts';

export interface ControlPlaneOptions extends ServeOptions {
  /** Where everything is kept (paths.ts); absent: in memory, and gone with the process. */
  readonly dataDir?: string;
  /** Absent: no socket; the API server is reached in this process only. */
  readonly listen?: { readonly host?: string; readonly port?: number; readonly names?: readonly string[] };
  /** Nodes that run in this process. None by default. */
  readonly nodes?: readonly NodeSetup[];
  /** All of them by default. */
  readonly controllers?: readonly Controller[];
  /** On by default. */
  readonly scheduler?: boolean;
  /** One profile with everything by default. */
  readonly schedulerConfiguration?: SchedulerConfiguration;
  /** Controllers and scheduler run only while this process holds the lease. Absent: always, as nobody else writes to its store. */
  readonly election?: Election;
  /** Answers for Services on this machine. Off by default. */
  readonly proxy?: ProxySetup;
  /** Of the context in the kubeconfig: `steersman`. */
  readonly context?: string;
  /** Goes into run.json, beside pid, url and start time. */
  readonly runInfo?: Readonly<Record<string, unknown>>;
  /** Stands between the components and the API server: faults for tests. */
  readonly between?: (handle: Transport, user: User) => Transport;
}
export interface ControlPlane {
  /** The API server in process. Requests need an Authorization header. */
  readonly handle: Transport;
  readonly store: Store<KubeObject>;
  /** Undefined without `listen`. */
  readonly url: string | undefined;
  /** Of the administrator, as YAML; undefined without `listen`. */
  readonly kubeconfig: string | undefined;
  readonly paths: DataPaths | undefined;
  /** A client in process. `agent` is up to its slash the field manager of writes that name none. */
  cluster(user?: User, agent?: string, through?: (handle: Transport) => Transport): Connection;
  /** Runs a further controller under a user of its own, on the shared informers. */
  run(controller: Controller, user: User): void;
  /** Ends everything and waits for it: afterwards no timer, watch, socket or file of it is open. */
  stop(options?: StopOptions): Promise<void>;
}
export interface StopOptions {
  /** Also ends the pods of runtimes whose pods outlive this process. By default they go on, and are taken over by the next start. */
  readonly endPods?: boolean;
}

const defaultAgent = 'steersman';

/** Starts one of each. Resolves when the API server answers and every node is registered; controllers find their caches as they come. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const ending = new Ending();
  try {
    return await start(options, ending);
  } catch (error) {
    await ending.run();
    throw error;
  }
}

async function start(options: ControlPlaneOptions, ending: Ending): Promise<ControlPlane> {
  const { clock, random, log, version = '0.0.0' } = options;
  const paths = options.dataDir === undefined ? undefined : dataPaths(options.dataDir);
  const identities = new Identities(random);
  const nodes = new Nodes();
  const { store, server } = await startServer(options, {
    ...{ identities, paths, ending },
    reachNode: (node) => nodes.reach(node),
    running: (options.controllers ?? allControllers).map(({ name }) => name),
  });
  const inTurns = turnsOfWrites();
  const clusterOf = (user: User, agent: string, through = (handle: Transport): Transport => handle): Connection => {
    const handle = options.between?.(server.handle, user) ?? server.handle;
    return embed({ handle: through(inTurns(handle)), identities, clock, random }, user, `${agent}/${version}`);
  };
  const events = beginEvents({ clock, random, log }, ending);
  const components = new Components({ clock, random, log, events, clusterOf, readAs: informersUser });
  ending.add(() => components.stop());
  const door = await openDoor(options, server.handle, paths);
  if (door !== undefined) ending.add(() => door.close());
  await publish(options, door, clusterOf(adminUser, defaultAgent));
  let stopping: StopOptions = {};
  ending.add(() => nodes.stop(stopping));
  const led = new Led(options, (set) => {
    runControllers(options, set, paths);
    // For whoever looks from outside: nobody else asks which addresses Services have.
    if (door !== undefined) for (const controller of addressControllers(options)) set.runController(controller);
  });
  if (options.election === undefined) led.begin(components);
  else ending.add(runElected({ clock, random, log, events, clusterOf, readAs: informersUser }, options.election, (set) => led.begin(set)));
  if (door !== undefined) await advertise(clusterOf(apiServerUser, 'kube-apiserver'), door.url, clock);
  await runProxy(options, paths, { components, ending });
  const { logs, pods } = paths ?? temporaryFolders();
  const register = (setup: NodeSetup): Promise<void> =>
    nodes.start(setup, { cluster: clusterOf(nodeUser(setup.description.name), 'kubelet'), clock, random, log, events, logs, pods });
  await Promise.all((options.nodes ?? []).map(register));
  if (paths !== undefined && door !== undefined) ending.add(await announce(options, paths, door));
  return {
    handle: server.handle,
    store,
    url: door?.url,
    kubeconfig: door?.kubeconfig,
    paths,
    cluster: (user = adminUser, agent = defaultAgent, through) => clusterOf(user, agent, through),
    run: (controller, user) => led.run(controller, user),
    stop: (how = {}) => {
      stopping = how;
      return ending.run();
    },
  };
}

/** What sends the events of everything here; it ends after all that may tell one. */
function beginEvents(options: Omit<EventSenderOptions, 'signal'>, ending: Ending): EventSender {
  const stopping = new AbortController();
  const events = new EventSender({ ...options, signal: stopping.signal });
  ending.add(() => {
    stopping.abort(new Error('the control plane stops'));
    return events.done;
  });
  return events;
}

/** What only a leader runs: from the start where there is no election, else in each of its terms. */
class Led {
  readonly #begin: (components: Components) => void;
  readonly #more: { readonly controller: Controller; readonly user: User }[] = [];
  #components: Components | undefined;

  constructor({ scheduler, schedulerConfiguration }: ControlPlaneOptions, runControllers: (components: Components) => void) {
    this.#begin = (components) => {
      runControllers(components);
      if (scheduler !== false) components.runScheduler(schedulerConfiguration);
    };
  }

  begin(components: Components): void {
    this.#components = components;
    this.#begin(components);
    for (const { controller, user } of this.#more) components.runController(controller, user);
  }

  run(controller: Controller, user: User): void {
    this.#more.push({ controller, user });
    this.#components?.runController(controller, user);
  }
}

/** Real pods wait for the certificate of the authority, also where there is no socket that they could reach. */
async function publish({ nodes = [] }: ControlPlaneOptions, door: FrontDoor | undefined, cluster: Connection): Promise<void> {
  const awaited = door !== undefined || nodes.some(({ runtime }) => runtime.simulates !== true);
  if (awaited) await publishAuthority(cluster, door?.certificates.authority ?? '');
}

function runControllers({ controllers = allControllers }: ControlPlaneOptions, components: Components, paths: DataPaths | undefined): void {
  for (const controller of controllers) components.runController(controller);
  const folders = paths === undefined ? memoryVolumeFolders() : volumeFolders(paths.volumes);
  // It makes what the binder asks for.
  if (controllers.some(({ name }) => name === 'persistentvolume-binder')) components.runController(localPathProvisioner(folders));
}

function addressControllers({ serviceRange: range = defaultServiceRange }: ControlPlaneOptions): readonly Controller[] {
  return [serviceAddresses, serviceRange(range)];
}

async function runProxy(
  { proxy, nodes = [], clock }: ControlPlaneOptions,
  paths: DataPaths | undefined,
  { components, ending }: { components: Components; ending: Ending },
): Promise<void> {
  if (proxy === undefined) return;
  const { loadBalancer } = proxy;
  if (loadBalancer !== undefined) {
    for (const controller of [serviceLoadBalancer(loadBalancer), ingressStatus(loadBalancer)]) components.runController(controller);
  }
  if (proxy.loopbackPorts === true) components.runController(serviceLoopbackPorts);
  // It ends before the nodes, whose runtimes it calls.
  ending.add(components.runProxy(proxyOptions(proxy, nodes, await clock.outside(gatewayPath(paths)))));
}

/** For a control plane without a data directory: of this process alone. */
function temporaryFolders(): Pick<DataPaths, 'logs' | 'pods'> {
  const folder = join(tmpdir(), `steer-${process.pid}`);
  return { logs: join(folder, 'logs'), pods: join(folder, 'pods') };
}

async function openDoor(options: ControlPlaneOptions, handle: Transport, paths: DataPaths | undefined): Promise<FrontDoor | undefined> {
  const { clock, random, log, context = 'steersman', listen } = options;
  if (listen === undefined) return undefined;
  const { first } = parseRange(options.serviceRange ?? defaultServiceRange);
  const names = [...(listen.names ?? []), formatIPv4(first)];
  return openFrontDoor({ handle, paths, clock, random, log, context, host: listen.host, port: listen.port, names });
}

/** Commands find the process by run.json. Answers what takes it away again. */
async function announce(options: ControlPlaneOptions, paths: DataPaths, door: FrontDoor): Promise<() => Promise<void>> {
  const { clock, runInfo, version } = options;
  const run = { pid: process.pid, url: door.url, startedAt: timestamp(clock), version, ...runInfo };
  await clock.outside(writePrivate(paths.run, `${JSON.stringify(run, undefined, 2)}\n`));
  return () => clock.outside(removeIfThere(paths.run));
}
