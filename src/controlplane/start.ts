import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { formatIPv4, parseRange } from '../apiserver/address-pool.ts';
import { createAudit, isWorthWriting, type Audit, type AuditLevel } from '../apiserver/audit.ts';
import { objectCodec } from '../apiserver/codec.ts';
import type { User } from '../apiserver/context.ts';
import { createApiServer, type AdmissionChoice, type ApiServer } from '../apiserver/server.ts';
import { defaultServiceRange } from '../apiserver/service-pools.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
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
import type { ResourceKind } from '../kinds/kind.ts';
import { loadKinds } from '../kinds/load.ts';
import { createKindRegistry } from '../kinds/registry.ts';
import type { Controller } from '../reconcile/controller.ts';
import type { SchedulerConfiguration } from '../scheduler/configuration.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { advertise } from './advertise.ts';
import { AuditLog } from './audit-log.ts';
import { Components } from './components.ts';
import { runElected, type Election } from './elected.ts';
import { embed } from './embed.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';
import { adminUser, apiServerUser, Identities, informersUser, nodeUser } from './identities.ts';
import { Nodes, type NodeSetup } from './nodes.ts';
import { dataPaths, type DataPaths } from './paths.ts';
import { openTokenKey } from './token-key.ts';
import { publishAuthority } from './publish-authority.ts';
import { gatewayPath, proxyOptions, type ProxySetup } from './service-proxy.ts';
import { volumeFolders } from './volume-folders.ts';
import { makePrivateFolder, removeIfThere, writePrivate } from './private-files.ts';

export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
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
  /** Admission plugins beyond the default and less than it. Those whose controller does not run are off. */
  readonly admission?: AdmissionChoice;
  /** Where Services get their cluster addresses from: `10.96.0.0/16`. Its first one is the API server's. */
  readonly serviceRange?: string;
  /** Answers for Services on this machine. Off by default. */
  readonly proxy?: ProxySetup;
  /** Of Steersman. */
  readonly version?: string;
  /** Of the context in the kubeconfig: `steersman`. */
  readonly context?: string;
  /** Goes into run.json, beside pid, url and start time. */
  readonly runInfo?: Readonly<Record<string, unknown>>;
  /** Where the audit log goes, if not into the data directory, and how much it says: `Metadata`. */
  readonly auditLog?: { readonly path?: string | undefined; readonly level?: AuditLevel | undefined };
  /** Told of every request, beside the audit log of the data directory. */
  readonly audit?: Audit;
  /** Kinds that were loaded before: to start many in one process. */
  readonly kinds?: readonly ResourceKind[];
  /** Opens the store instead of `memory` or the data directory's. */
  readonly openStore?: () => Promise<Store<KubeObject>>;
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
  const { store, server } = await startServer(options, { identities, nodes, paths, ending });
  const clusterOf = (user: User, agent: string, through = (handle: Transport): Transport => handle): Connection => {
    const handle = options.between?.(server.handle, user) ?? server.handle;
    return embed({ handle: through(handle), identities, clock, random }, user, `${agent}/${version}`);
  };
  const components = new Components({ clock, random, log, clusterOf, readAs: informersUser });
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
  else ending.add(runElected({ clock, random, log, clusterOf, readAs: informersUser }, options.election, (set) => led.begin(set)));
  if (door !== undefined) await advertise(clusterOf(apiServerUser, 'kube-apiserver'), door.url, clock);
  await runProxy(options, paths, { components, ending });
  const { logs, pods } = paths ?? temporaryFolders();
  const register = (setup: NodeSetup): Promise<void> =>
    nodes.start(setup, { cluster: clusterOf(nodeUser(setup.description.name), 'kubelet'), clock, random, log, logs, pods });
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

/** What is to be ended, in the reverse order of the start, once. Goes on after a failure and tells all of them. */
class Ending {
  readonly #steps: (() => Promise<unknown> | void)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => Promise<unknown> | void): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `the control plane did not stop cleanly: ${failures.map(errorText).join('; ')}`);
  }
}

interface ServerParts {
  readonly identities: Identities;
  readonly nodes: Nodes;
  readonly paths: DataPaths | undefined;
  readonly ending: Ending;
}

async function startServer(options: ControlPlaneOptions, parts: ServerParts): Promise<{ store: Store<KubeObject>; server: ApiServer }> {
  const { clock, random, log, version } = options;
  const { identities, nodes, paths, ending } = parts;
  if (paths !== undefined) await clock.outside(makePrivateFolder(paths.root));
  const store = await (options.openStore?.() ?? openStore(paths?.store ?? 'memory', { codec: objectCodec, clock, random }));
  ending.add(() => store.close());
  const audit = openAudit(options, paths, ending);
  const tokenKey = paths === undefined ? undefined : await clock.outside(openTokenKey(paths.pki));
  const server = createApiServer({
    tokenKey,
    store,
    kinds: createKindRegistry(options.kinds ?? loadKinds()),
    clock,
    random,
    log,
    authenticate: identities.authenticate,
    reachNode: (node) => nodes.reach(node),
    ...(options.serviceRange === undefined ? {} : { services: { clusterIPs: options.serviceRange } }),
    ...(version === undefined ? {} : { version }),
    ...(audit === undefined ? {} : { audit }),
    admission: admissionOf(options),
  });
  ending.add(() => server.stop());
  await server.ready;
  return { store, server };
}

/** Plugins that leave something for a controller to do, by the controller's name. */
const leftTo: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccount',
  TaintNodesByCondition: 'node-lifecycle',
  StorageObjectInUseProtection: 'persistentvolumeclaim-protection',
};

function admissionOf({ admission = {}, controllers = allControllers }: ControlPlaneOptions): AdmissionChoice {
  const running = new Set(controllers.map(({ name }) => name));
  const alone = Object.keys(leftTo).filter((plugin) => !running.has(leftTo[plugin] ?? ''));
  return { ...admission, disable: [...(admission.disable ?? []), ...alone] };
}

function openAudit(options: ControlPlaneOptions, paths: DataPaths | undefined, ending: Ending): Audit | undefined {
  const { clock, log, auditLog: wanted } = options;
  const path = wanted?.path ?? paths?.audit;
  if (path === undefined) return auditOf(options, undefined);
  const auditLog = new AuditLog({ path, clock, log });
  ending.add(() => auditLog.close());
  return auditOf(options, auditLog);
}

function auditOf(options: ControlPlaneOptions, auditLog: AuditLog | undefined): Audit | undefined {
  if (auditLog === undefined) return options.audit;
  const write = createAudit((line) => auditLog.write(line), options.random, options.auditLog?.level);
  return (audited) => {
    if (isWorthWriting(audited)) write(audited);
    options.audit?.(audited);
  };
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
