import { rm } from 'node:fs/promises';
import type { Transport } from '../api/http.ts';
import type { Pod } from '../api/kinds.generated.ts';
import { keyOf, keyText } from '../api/object.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Informer } from '../reconcile/controller.ts';
import { logFolder, removeStrangeLogs } from './log-files.ts';
import { keepNode, registerNode, type NodeDescription } from './node.ts';
import type { Tell } from './pod-events.ts';
import { PodWorker, type WorkerContext } from './pod-worker.ts';
import { realProber, type Prober } from './probes/prober.ts';
import type { Runtime, Sandbox } from './runtime.ts';
import { openPodFolders, podsWithFolders, removePodFolder } from './volumes/folders.ts';
import type { VolumeServices } from './volumes/pod-volumes.ts';
import { serveNode } from './serve.ts';
import { StatsCollector } from './stats/collector.ts';
import { WatchedObjects } from './volumes/watched-objects.ts';

export interface AgentOptions {
  readonly node: NodeDescription;
  readonly runtime: Runtime;
  /** As `system:node:<name>`. */
  readonly cluster: Cluster;
  /** Pods of this node: `spec.nodeName=<name>`. */
  readonly pods: Informer<Pod>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where container logs are kept. */
  readonly logDirectory: string;
  /** Where volumes of pods are kept, a folder for each by its uid. Unused by a runtime that only simulates. */
  readonly podDirectory: string;
  /** How a token of a service account is had; absent where the cluster issues none. */
  readonly issueToken?: VolumeServices['issueToken'];
  readonly prober?: Prober;
  readonly event: Tell;
}
export interface Agent {
  /** What the API server asks of this node: container logs. */
  readonly handle: Transport;
  /** Leaves the pods as they are and ends the agent's own work. */
  stop(): Promise<void>;
  /** After `stop`, where the runtime has ended all pods: takes away what they had in memory, secrets above all. */
  sweep(): Promise<void>;
}

/** The kubelet's part: registers the node, keeps its lease, and runs the pods bound to it. Resolves when the node is registered. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const ended = new AbortController();
  const why = await options.runtime.unavailable();
  if (why !== undefined) throw new Error(`the runtime ${options.runtime.name} cannot work here: ${why}`);
  const real = options.runtime.simulates === true ? undefined : await volumeServices(options);
  const pods = new PodSet(options, await options.runtime.recover(), real);
  const node = withIsolation(options.node, options.runtime);
  const { simulates } = options.runtime;
  const about = { ...options, ...(simulates === true && { quietStart: true }) };
  await registerNode(node, about);
  const keeping = keepNode(node, about, ended.signal);
  await options.pods.synced;
  const subscription = options.pods.onChange((pod, previous) => pods.changed(pod, previous));
  await pods.removeStrangers();
  const { clock, log } = options;
  const folder = real === undefined ? undefined : options.podDirectory;
  const stats = new StatsCollector({ node: node.name, clock, log, folder, pods: () => pods.running() });
  const measuring = real === undefined ? undefined : stats.run(ended.signal);
  return {
    handle: serveNode({ find: (namespace, name) => pods.find(namespace, name), stats, clock }),
    stop: async () => {
      subscription[Symbol.dispose]();
      ended.abort(new Error('the agent stops'));
      await Promise.all([keeping, measuring, pods.abandon()]);
      await real?.stop();
    },
    sweep: async () => {
      if (real?.folders.memory !== undefined) await clock.outside(rm(real.folders.memory, { recursive: true, force: true }));
    },
  };
}

/** A node of a runtime that may or may not isolate says which, and why. */
function withIsolation(node: NodeDescription, { isolation }: Runtime): NodeDescription {
  if (isolation === undefined || node.notIsolated !== undefined) return node;
  return { ...node, notIsolated: isolation.mode === 'isolated' ? '' : isolation.why };
}

/** What really running pods need of this machine. */
async function volumeServices(options: AgentOptions): Promise<VolumeServices & { stop(): Promise<void> }> {
  const { clock, issueToken } = options;
  const folders = await clock.outside(openPodFolders(options.podDirectory));
  const objects = new WatchedObjects(options);
  return {
    folders,
    objects,
    cluster: options.cluster,
    clock,
    allocatable: options.node.allocatable,
    ...(issueToken === undefined ? {} : { issueToken }),
    stop: () => objects.stop(),
  };
}

/** How often it is tried to end a pod whose object is gone: what is left after that is ended when the agent starts again. */
const endAttempts = 4;

/** One worker for each pod of the node, by uid. */
class PodSet {
  readonly #options: AgentOptions;
  readonly #context: WorkerContext;
  readonly #workers = new Map<string, PodWorker>();
  readonly #byName = new Map<string, PodWorker>();
  /** Pods that have no worker at present, by uid. */
  readonly #resting = new Map<string, Readonly<Pod>>();
  readonly #recovered: Map<string, Sandbox>;
  /** Pods whose objects are gone and that are being ended: nothing of them is left half done. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: AgentOptions, recovered: readonly Sandbox[], real: VolumeServices | undefined) {
    this.#options = options;
    this.#recovered = new Map(recovered.map((sandbox) => [sandbox.podUid, sandbox]));
    this.#context = {
      cluster: options.cluster,
      clock: options.clock,
      log: options.log,
      runtime: options.runtime,
      prober: options.prober ?? realProber,
      hostAddress: options.node.address,
      allocatable: options.node.allocatable,
      real,
      logDirectory: options.logDirectory,
      event: (about, type, what) => options.event(about, type, what),
      recovered: (uid) => this.#takeRecovered(uid),
      rested: (worker) => this.#rested(worker),
    };
  }

  changed(pod: Readonly<Pod> | undefined, previous: Readonly<Pod> | undefined): void {
    const uid = pod?.metadata.uid;
    if (previous !== undefined && previous.metadata.uid !== uid) this.#gone(previous);
    if (pod === undefined || uid === undefined) return;
    const worker = this.#workers.get(uid);
    if (worker === undefined) this.#begin(pod);
    else worker.update(pod);
  }

  #begin(pod: Readonly<Pod>): PodWorker {
    const uid = pod.metadata.uid ?? '';
    this.#resting.delete(uid);
    const started = new PodWorker(pod, this.#context);
    this.#workers.set(uid, started);
    this.#byName.set(keyText(keyOf(pod)), started);
    return started;
  }

  #rested(worker: PodWorker): void {
    const uid = worker.pod.metadata.uid ?? '';
    const name = keyText(keyOf(worker.pod));
    if (this.#workers.get(uid) !== worker) return;
    this.#workers.delete(uid);
    if (this.#byName.get(name) === worker) this.#byName.delete(name);
    this.#resting.set(uid, worker.pod);
  }

  /** Its pod is not let go from now on: somebody may read its log for a long time. */
  async find(namespace: string, name: string): Promise<PodWorker | undefined> {
    const resting = [...this.#resting.values()].find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    const worker = resting === undefined ? this.#byName.get(keyText({ namespace, name })) : this.#begin(resting);
    worker?.hold();
    if (resting !== undefined) await worker?.opened;
    return worker;
  }

  /** Those at rest are taken up again, for what they use is counted from now on. */
  async running(): Promise<readonly { pod: Readonly<Pod>; sandbox: Sandbox }[]> {
    const woken = [...this.#resting.values()].map((pod) => this.#begin(pod));
    for (const worker of woken) worker.hold();
    await Promise.all(woken.map(({ opened }) => opened));
    return [...this.#workers.values()].flatMap(({ pod, sandbox }) => (sandbox === undefined ? [] : [{ pod, sandbox }]));
  }

  /** Ends sandboxes of an earlier life whose pods are no longer wanted. */
  async removeStrangers(): Promise<void> {
    const strangers = [...this.#recovered.values()].filter((sandbox) => !this.#workers.has(sandbox.podUid));
    await Promise.all(strangers.map((sandbox) => sandbox.remove()));
    const { real, clock } = this.#context;
    if (real === undefined) return;
    const left = (await clock.outside(podsWithFolders(real.folders))).filter((uid) => !this.#workers.has(uid));
    await clock.outside(Promise.all(left.map((uid) => removePodFolder(real.folders, uid))));
    await clock.outside(removeStrangeLogs(this.#options.logDirectory, (uid) => this.#workers.has(uid)));
  }

  async abandon(): Promise<void> {
    await Promise.all([...[...this.#workers.values()].map((worker) => worker.abandon()), ...this.#ending]);
  }

  #takeRecovered(uid: string): Sandbox | undefined {
    const sandbox = this.#recovered.get(uid);
    this.#recovered.delete(uid);
    return sandbox;
  }

  #gone(pod: Readonly<Pod>): void {
    const uid = pod.metadata.uid ?? '';
    const resting = this.#resting.get(uid);
    const worker = resting === undefined ? this.#workers.get(uid) : this.#begin(resting);
    this.#workers.delete(uid);
    const name = keyText(keyOf(pod));
    if (this.#byName.get(name) === worker) this.#byName.delete(name);
    if (worker === undefined) return;
    // What has been at rest has to be taken up before it can be ended.
    const ready = resting === undefined ? Promise.resolve() : worker.opened;
    const ending = ready
      .then(() => this.#end(worker, pod))
      .catch((error: unknown) => this.#options.log.error('cannot end a pod that is gone', { pod: name, error: errorText(error) }))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #end(worker: PodWorker, pod: Readonly<Pod>): Promise<void> {
    const { real, clock, log, logDirectory } = this.#context;
    for (let attempt = 1; ; attempt++) {
      try {
        await worker.vanish();
        break;
      } catch (error) {
        if (attempt >= endAttempts) throw error;
        log.warn('cannot end a pod that is gone, trying again', { pod: pod.metadata.name, error: errorText(error) });
        await clock.sleep(1000 * attempt);
      }
    }
    if (real !== undefined) await clock.outside(rm(logFolder(logDirectory, pod), { recursive: true, force: true }));
  }
}
