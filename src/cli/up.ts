import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { Application, Namespace } from '../api/kinds.generated.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { controllersWith } from '../controllers/index.ts';
import { chooseControllers } from '../controlplane/choose-controllers.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { loadKinds } from '../kinds/load.ts';
import type { Controller } from '../reconcile/controller.ts';
import { startInformers } from '../reconcile/informers.ts';
import { watchApplicationOf } from './application.ts';
import type { Call } from './command.ts';
import type { Environment } from './environment.ts';
import { gitopsControllers } from '../gitops/controller.ts';
import { gitopsUser } from '../controlplane/identities.ts';
import { openEngine, type Engine } from './engine.ts';
import { forgetToKeepPods, keepsPods } from './keep-pods.ts';
import { keepHeapSmall } from './heap.ts';
import { startLiveView, type LiveView } from './live-view.ts';
import { openMachine, type Machine } from './machine.ts';
import { paintFor, print, say } from './output.ts';
import { serviceUrls } from './service-urls.ts';
import { stderrLog } from './stderr-log.ts';
import { upOptions, type UpOptions } from './up-options.ts';
import { version } from './version.ts';

/** Told once, when the application is healthy for the first time. */
export interface UpEvents {
  healthy?(): void;
}

/** Runs the control plane and keeps the application true, until the process is interrupted or, with `--once`, until it is healthy. Answers the exit code. */
export async function runUp(call: Call, events: UpEvents = {}): Promise<number> {
  const ending = new AbortController();
  void keepHeapSmall(call.environment.clock, ending.signal);
  try {
    return await up(call, events);
  } finally {
    ending.abort(new Error('steer ends'));
  }
}

async function up(call: Call, events: UpEvents): Promise<number> {
  const { environment } = call;
  const options = upOptions(call);
  const kinds = loadKinds();
  const log = stderrLog(environment);
  forgetToKeepPods(options.dataDir);
  const machine = await openMachine(options, environment, log);
  const plane = await startPlane(options, environment, { kinds, machine, log });
  const engine = openEngine(environment, log, { directory: plane.paths?.git, kinds });
  try {
    return await follow(plane, options, { environment, events, engine, machine });
  } finally {
    say(environment, 'stopping …');
    try {
      await plane.stop({ endPods: !keepsPods(options.dataDir) });
      forgetToKeepPods(options.dataDir);
    } finally {
      await engine.sources.close(); // Last: until here a sync may have read from them.
    }
    print(environment, `The data directory is ${options.dataDir}`);
  }
}

async function startPlane(
  options: UpOptions,
  environment: Environment,
  about: { kinds: readonly ResourceKind[]; machine: Machine; log: Log },
): Promise<ControlPlane> {
  const { clock, random } = environment;
  const { kinds, machine, log } = about;
  return startControlPlane({
    ...{ clock, random, log, version, kinds, dataDir: options.dataDir, listen: { port: options.port } },
    nodes: machine.nodes,
    controllers: controllersOf(options, machine),
    ...(options.leaderElect ? { election: { identity: candidateName(options.dataDir) } } : {}),
    ...(options.scheduler === undefined ? {} : { schedulerConfiguration: options.scheduler }),
    ...machine.services,
    auditLog: options.auditLog,
    context: options.name,
    runInfo: { application: { namespace: options.namespace, name: options.name } },
  });
}

/** Of the data directory, which one process at a time can have: who starts again after a crash takes up its own lease at once. */
function candidateName(dataDir: string): string {
  return `${hostname()}_${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}

/** Pods of processes have addresses of this machine, so that its node has no range of its own. */
function controllersOf({ controllers, nodeGraceMs }: UpOptions, { nodes }: Machine): readonly Controller[] {
  const all = controllersWith(nodeGraceMs === undefined ? {} : { nodeMonitor: { graceMs: nodeGraceMs } });
  const simulated = nodes.every(({ runtime }) => runtime.simulates === true);
  return chooseControllers(controllers, all).filter(({ name }) => simulated || name !== 'node-ipam');
}

async function follow(
  plane: ControlPlane,
  options: UpOptions,
  about: { environment: Environment; events: UpEvents; engine: Engine; machine: Machine },
): Promise<number> {
  const { environment, events, engine, machine } = about;
  const paint = paintFor(environment);
  print(environment, paint.strong(`target: embedded cluster at ${plane.url ?? ''} (${options.dataDir})`));
  print(environment, machine.banner);
  const cluster = plane.cluster(undefined, 'steer-up');
  for (const controller of gitopsControllers(engine)) plane.run(controller, gitopsUser);
  await declare(cluster, options);
  const informers = startInformers({ cluster, clock: environment.clock, random: environment.random, log: stderrLog(environment) });
  const view = startLiveView(informers, environment);
  try {
    return await untilEnd(cluster, options, { environment, events, view, answers: machine.services.proxy !== undefined });
  } finally {
    view[Symbol.dispose]();
    await informers.stop();
  }
}

/** Creates the Application, or brings its source up to what the command line says; all else of it stays as people have set it. */
async function declare(cluster: Cluster, options: UpOptions): Promise<void> {
  const { repo, path, revision, interval, deadline, unserved, name, namespace } = options;
  const application: Application = {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name, namespace, finalizers: ['steersman.dev/prune'] },
    spec: { source: { repo, path, revision, interval }, namespace, sync: { deadline, unserved } },
  };
  await ensureNamespace(cluster, namespace);
  await cluster.apply(Application, application, { fieldManager: 'steer-up', force: true });
}

async function ensureNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.apply(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }, { fieldManager: 'steer-up' });
}

interface Following {
  readonly environment: Environment;
  readonly events: UpEvents;
  readonly view: LiveView;
  /** Services are answered on this machine. */
  readonly answers: boolean;
}

/** Waits for health, says so once, and goes on until the interrupt; with `--once` ends with the first verdict. */
async function untilEnd(cluster: Cluster, options: UpOptions, { environment, events, answers }: Following): Promise<number> {
  const key = { namespace: options.namespace, name: options.name };
  let healthy = false;
  const tell = async (): Promise<void> => {
    if (answers) for (const line of await serviceUrls(cluster, key, '127.0.0.1')) print(environment, line);
    events.healthy?.();
  };
  try {
    const last = await watchApplicationOf({ cluster, signal: environment.interrupted }, key, ({ status }) => {
      if (!healthy && status?.sync === 'Synced' && status.health === 'Healthy' && status.operation?.phase !== 'Running') {
        healthy = true;
        void tell().catch((error: unknown) => say(environment, `the addresses of Services cannot be read: ${errorText(error)}`));
      }
      return options.once && (healthy || hasFailed(status));
    });
    return hasFailed(last.status) && !healthy ? 1 : 0;
  } catch (error) {
    if (environment.interrupted.aborted) return options.once ? 130 : 0;
    throw error;
  }
}

/** A source that cannot be read or is refused is a verdict too. */
function hasFailed(status: Application['status']): boolean {
  if (status?.operation?.phase === 'Failed' || status?.sync === 'Held') return true;
  const says = (type: string, value: string) => status?.conditions?.some((one) => one.type === type && one.status === value) ?? false;
  return says('Stalled', 'True') || (status?.sync === 'Unknown' && says('Ready', 'False'));
}
