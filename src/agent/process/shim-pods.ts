import { timestamp, type Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { RuntimeError, type Exit, type Launch, type SandboxStats } from '../runtime.ts';
import type { Confinement, Invocation } from './confinement.ts';
import { ShimContainer } from './container.ts';
import type { LogLimits } from './log-writer.ts';
import type { ContainerRecord, PodListing, PodRecord } from './protocol.ts';
import { killAll, processFacts } from './processes.ts';
import { readPods, removeContainer, removePodFolder, writeContainer, writePod } from './records.ts';

export interface ShimPodsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly confinement: Confinement;
  readonly logLimits?: LogLimits;
}
interface HeldPod {
  pod: PodRecord;
  notGiven: readonly string[];
  /** Ready for containers in this life of the shim. */
  opened: Promise<void> | undefined;
  /** Every run that is kept, in the order of their starts. */
  readonly runs: (ContainerRecord | ShimContainer)[];
}
const recordOf = (run: ContainerRecord | ShimContainer): ContainerRecord => (run instanceof ShimContainer ? run.record : run);

function listingOf({ pod, notGiven, opened, runs }: HeldPod): PodListing {
  return { pod, notGiven, open: opened !== undefined, containers: runs.map((run) => recordOf(run)) };
}

/** The pods of a shim: what runs, and what is known of what has ended. */
export class ShimPods {
  readonly #options: ShimPodsOptions;
  readonly #pods = new Map<string, HeldPod>();
  readonly #listeners = new Set<(id: string, exit: Exit) => void>();

  constructor(options: ShimPodsOptions) {
    this.#options = options;
    for (const { pod, containers } of readPods(options.folder)) {
      const runs = containers.map((record) => this.#lost(record));
      this.#pods.set(pod.uid, { pod, notGiven: [], opened: undefined, runs });
    }
  }

  get running(): number {
    return [...this.#pods.values()].reduce((sum, { runs }) => sum + runs.filter((run) => recordOf(run).exit === undefined).length, 0);
  }

  onExit(listener: (id: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  list(): PodListing[] {
    return [...this.#pods.values()].map((held) => listingOf(held));
  }

  /** May be asked again; what the pod has stays as it is. */
  async open(pod: PodRecord): Promise<readonly string[]> {
    const held = this.#pods.get(pod.uid) ?? { pod, notGiven: [], opened: undefined, runs: [] };
    this.#pods.set(pod.uid, held);
    if (held.opened === undefined) {
      held.pod = pod;
      writePod(this.#options.folder, pod);
      held.opened = this.#options.confinement.openPod(pod).then((notGiven) => void (held.notGiven = notGiven));
    }
    try {
      await held.opened;
    } catch (error) {
      held.opened = undefined;
      throw error;
    }
    return held.notGiven;
  }

  async start(podUid: string, launch: Launch): Promise<ContainerRecord> {
    const { folder, random } = this.#options;
    const held = this.#pod(podUid);
    await held.opened;
    if (held.runs.some((run) => recordOf(run).container === launch.container && recordOf(run).exit === undefined)) {
      throw new RuntimeError('CreateContainerError', `the container ${launch.container} of the pod ${held.pod.name} runs already`);
    }
    const id = Buffer.from(random.bytes(32)).toString('hex');
    const keep = (record: ContainerRecord) => writeContainer(folder, record);
    const container = await ShimContainer.start({ ...this.#options, id, pod: held.pod, launch, keep });
    held.runs.push(container);
    void container.exited.then((exit) => this.#listeners.forEach((listener) => listener(id, exit)));
    this.#forgetOld(held, launch.container);
    return container.record;
  }

  async stop(id: string, graceMs: number): Promise<Exit> {
    const run = this.#run(id).run;
    return run instanceof ShimContainer ? run.stop(graceMs) : (run.exit as Exit);
  }

  /** A command beside a running container. */
  beside(id: string, command: readonly string[]): Invocation {
    const { pod, run } = this.#run(id);
    if (!(run instanceof ShimContainer) || !run.running)
      throw new RuntimeError('ExecFailed', `the container ${recordOf(run).container} does not run`);
    return this.#options.confinement.beside(pod, run.held, command);
  }

  stats(podUid: string): SandboxStats {
    const { confinement } = this.#options;
    const { pod, runs } = this.#pod(podUid);
    const running = runs.filter((run): run is ShimContainer => run instanceof ShimContainer && run.running);
    const containers = running.map((run) => ({ container: run.record.container, ...confinement.usage(run.held) }));
    return {
      containers,
      ...confinement.traffic(
        pod,
        running.map((run) => run.held),
      ),
    };
  }

  memoryFolder(podUid: string, path: string, sizeBytes: number | undefined): Promise<void> {
    return this.#options.confinement.memoryFolder(this.#pod(podUid).pod, path, sizeBytes);
  }

  /** Ends what runs of the pod at once and forgets all of it; a pod that is not there is removed already. */
  async remove(uid: string): Promise<void> {
    const held = this.#pods.get(uid);
    if (held === undefined) return;
    await this.#endRuns(held);
    await this.#options.confinement.closePod(held.pod);
    removePodFolder(this.#options.folder, listingOf(held));
    this.#pods.delete(uid);
  }

  async endAll(): Promise<void> {
    for (const held of this.#pods.values()) {
      await this.#endRuns(held);
      if (held.opened !== undefined) await this.#options.confinement.closePod(held.pod);
    }
  }

  async #endRuns(held: HeldPod): Promise<void> {
    await Promise.all(held.runs.map((run) => (run instanceof ShimContainer ? run.stop(0) : undefined)));
  }

  #pod(uid: string): HeldPod {
    const held = this.#pods.get(uid);
    if (held === undefined) throw new RuntimeError('PodNotFound', `the shim has no pod ${uid}`);
    return held;
  }
  #run(id: string): { pod: PodRecord; run: ContainerRecord | ShimContainer } {
    for (const { pod, runs } of this.#pods.values()) {
      const run = runs.find((one) => recordOf(one).id === id);
      if (run !== undefined) return { pod, run };
    }
    throw new RuntimeError('ContainerNotFound', `the shim has no container ${id}`);
  }

  /** The present run and the one before are kept, as a kubelet does. */
  #forgetOld(held: HeldPod, container: string): void {
    const runs = held.runs.filter((run) => recordOf(run).container === container);
    for (const run of runs.slice(0, -2)) {
      held.runs.splice(held.runs.indexOf(run), 1);
      removeContainer(this.#options.folder, recordOf(run));
    }
  }

  /** A run whose shim died before it: whatever is left of it is ended, and nobody knows its exit code. */
  #lost(record: ContainerRecord): ContainerRecord {
    if (record.exit !== undefined) return record;
    if (this.#options.confinement.plain) {
      const same = record.processStart !== '' && processFacts(record.pid)?.start === record.processStart;
      killAll(`${record.podUid}/${record.id}`, same ? record.pid : 0);
    }
    const ended: ContainerRecord = { ...record, exit: { code: 137, signal: 'SIGKILL', finishedAt: timestamp(this.#options.clock) } };
    writeContainer(this.#options.folder, ended);
    return ended;
  }
}
