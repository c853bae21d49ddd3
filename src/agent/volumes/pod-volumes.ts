import { ConfigMap, Secret, type Container, type Pod, type ServiceAccountTokenProjection, type Volume } from '../../api/kinds.generated.ts';
import { wholeValue } from '../../api/quantity.ts';
import type { Kind, KubeObject } from '../../api/object.ts';
import type { Clock } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import type { Reader } from '../../client/cluster.ts';
import type { Launch, Sandbox } from '../runtime.ts';
import { claimedVolume, claimNameOf, UnprocessedVolume, type ClaimedVolume } from './claimed-volume.ts';
import { removePodFolder, type PodFolders } from './folders.ts';
import { checkHostPath } from './host-path.ts';
import { limitExceeded } from './limits.ts';
import { mountsOf } from './mounts.ts';
import { payloadOf, type PayloadSources } from './payload.ts';
import { VolumeWriter } from './volume-writer.ts';
import type { Followed, WatchedObjects } from './watched-objects.ts';

/** What volumes are made with. */
export interface VolumeServices {
  readonly folders: PodFolders;
  readonly objects: WatchedObjects;
  /** As the node: claims are looked up when they are mounted. */
  readonly cluster: Reader;
  readonly clock: Clock;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Absent where the cluster issues none. @throws Error that says why not */
  issueToken?(pod: Readonly<Pod>, projection: ServiceAccountTokenProjection): Promise<string>;
}
export interface VolumeEvents {
  /** Something that was missing is there, or could be: prepare again. */
  changed(): void;
  warn(reason: string, message: string): void;
  /** What this machine cannot give, as a sentence. */
  notGiven(sentence: string): void;
  /** A volume has outgrown its limit: the pod is to be ended. */
  exceeded(message: string): void;
}

/** As kubelet's operation back-off. */
const retry = { firstMs: 500, maxMs: 122_000 };
/** How soon what became available after a restart is looked at. */
const resumeMs = 5000;
/** For a list of one object, as kubelet's cache has. */
const knownWithinMs = 2000;

interface State {
  readonly volume: Volume;
  ready: boolean;
  failures: number;
  retryAtMs: number;
  said: string;
  /** Of a claim, once it is ready. */
  claimed?: ClaimedVolume;
}

/** The volumes of one pod: made before its containers, kept as their sources are while they run, taken away at its end. */
export class PodVolumes {
  readonly #services: VolumeServices;
  readonly #events: VolumeEvents;
  readonly #writer: VolumeWriter;
  readonly #states: readonly State[];
  readonly #followed = new Map<string, Followed<KubeObject>>();
  readonly #uid: string;
  #pod: Readonly<Pod>;
  readonly #ended = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(pod: Readonly<Pod>, services: VolumeServices, events: VolumeEvents) {
    this.#pod = pod;
    this.#uid = pod.metadata.uid ?? '';
    this.#services = services;
    this.#events = events;
    this.#writer = new VolumeWriter({ ...services, pod, notGiven: (sentence) => events.notGiven(sentence) });
    this.#states = (pod.spec?.volumes ?? []).map((volume) => ({ volume, ready: false, failures: 0, retryAtMs: 0, said: '' }));
  }

  /** Makes what is not there yet. Answers when to try again, or undefined when all volumes are ready. */
  async prepare(): Promise<number | undefined> {
    const now = this.#services.clock.now();
    await this.#inTurn(() => this.#tryAll(this.#states.filter((one) => !one.ready && one.retryAtMs <= now)));
    const missing = this.#states.filter((one) => !one.ready);
    if (missing.length === 0) return undefined;
    return Math.min(...missing.map((one) => one.retryAtMs));
  }

  /** For containers that run already: prepares in the background until all is there. */
  resume(): void {
    const { clock } = this.#services;
    const { signal } = this.#ended;
    const run = async (): Promise<void> => {
      while (!signal.aborted) {
        const againAtMs = await this.prepare();
        if (againAtMs === undefined) return;
        const pauseMs = Math.min(againAtMs - clock.now(), resumeMs);
        await clock.sleep(Math.max(0, pauseMs), { signal, upkeep: true }).catch(() => undefined); // The abort ends the sleep.
      }
    };
    void run();
  }

  /** Folders in memory, which only a sandbox has. */
  async attach(sandbox: Sandbox): Promise<void> {
    for (const { volume } of this.#states) {
      if (volume.emptyDir?.medium !== 'Memory' || sandbox.memoryFolder === undefined) continue;
      const { sizeLimit } = volume.emptyDir;
      await this.#services.clock.outside(
        sandbox.memoryFolder(this.#writer.folderOf(volume), sizeLimit === undefined ? undefined : wholeValue(sizeLimit)),
      );
    }
  }

  /** Tells of an emptyDir that outgrows its limit. */
  async watchLimits(): Promise<void> {
    const volumes = this.#states.map((state) => state.volume);
    const about = { clock: this.#services.clock, signal: this.#ended.signal, folderOf: (volume: Volume) => this.#writer.folderOf(volume) };
    const exceeded = await limitExceeded(volumes, about);
    if (exceeded !== undefined) this.#events.exceeded(exceeded);
  }

  /** The pod has changed: its labels and annotations may be files. */
  update(pod: Readonly<Pod>): void {
    const before = this.#pod.metadata;
    this.#pod = pod;
    if (before.labels === pod.metadata.labels && before.annotations === pod.metadata.annotations) return;
    for (const state of this.#states) {
      const { downwardAPI, projected } = state.volume;
      if (downwardAPI !== undefined || projected?.sources?.some((one) => one.downwardAPI !== undefined) === true) this.#refresh(state);
    }
  }

  /** Where the container's mounts come from. @throws RuntimeError CreateContainerConfigError */
  mountsOf(container: Container, env: Readonly<Record<string, string>>): Promise<Launch['mounts']> {
    const volumes = this.#states.map((state) => state.volume);
    const claimedOf = (volume: Volume) => this.#states.find((state) => state.volume === volume)?.claimed;
    const folderOf = (volume: Volume) => claimedOf(volume)?.path ?? this.#writer.folderOf(volume);
    const isReadOnly = (volume: Volume) => claimedOf(volume)?.readOnly === true;
    return mountsOf(container, { volumes, env, clock: this.#services.clock, folderOf, isReadOnly });
  }

  /** Follows nothing any more. */
  dispose(): void {
    this.#ended.abort(new Error('the volumes are no longer looked after'));
    for (const followed of this.#followed.values()) followed[Symbol.dispose]();
    this.#followed.clear();
  }

  /** Takes everything of the pod away. */
  async remove(): Promise<void> {
    this.dispose();
    await this.#inTurn(() => this.#services.clock.outside(removePodFolder(this.#services.folders, this.#uid)));
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#work.then(step, step);
    this.#work = turn.catch(() => undefined);
    return turn;
  }

  #refresh(state: State): void {
    if (!state.ready) {
      state.retryAtMs = 0;
      return this.#events.changed();
    }
    void this.#inTurn(() => (this.#ended.signal.aborted ? Promise.resolve() : this.#tryAll([state])));
  }

  async #tryAll(states: readonly State[]): Promise<void> {
    const errors = await Promise.all(states.map((state) => this.#try(state)));
    for (const [at, state] of states.entries()) if (errors[at] !== undefined) this.#failed(state, errors[at]);
  }

  /** Answers why it failed. */
  async #try(state: State): Promise<Error | undefined> {
    try {
      await this.#setUp(state);
      Object.assign(state, { ready: true, failures: 0, said: '' });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #failed(state: State, error: Error): void {
    const text = this.#failureText(state, error);
    // A kubelet says it again at each attempt; one event counts them.
    if (!state.ready || state.said !== text) this.#events.warn('FailedMount', text);
    state.said = text;
    state.retryAtMs = this.#services.clock.now() + Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(state.failures++, 20));
  }

  /** In the words of a kubelet: of a volume that was tried, or of one that could not be. */
  #failureText({ volume }: State, error: Error): string {
    if (!(error instanceof UnprocessedVolume)) return `MountVolume.SetUp failed for volume "${volume.name}" : ${errorText(error)}`;
    const missing = this.#states.filter((one) => !one.ready).map((one) => one.volume.name);
    const lists = `unmounted volumes=[${missing.sort().join(' ')}], unattached volumes=[], failed to process volumes=[${volume.name}]`;
    return `Unable to attach or mount volumes: ${lists}: ${errorText(error)}`;
  }

  async #setUp(state: State): Promise<void> {
    const { clock } = this.#services;
    const { volume } = state;
    const { hostPath, emptyDir } = volume;
    if (claimNameOf(this.#pod, volume) !== undefined) return this.#setUpClaim(state);
    if (hostPath !== undefined) return clock.outside(checkHostPath(hostPath.path, hostPath.type ?? ''));
    if (emptyDir !== undefined || Object.keys(volume).length === 1) return clock.outside(this.#writer.makeEmpty(volume));
    const payload = await payloadOf(volume, this.#sources());
    if (payload === undefined) {
      const kind = Object.keys(volume).find((key) => key !== 'name') ?? '';
      throw new Error(`volumes of type ${kind} are not provided by this node`);
    }
    await clock.outside(this.#writer.write(volume, payload));
  }

  async #setUpClaim(state: State): Promise<void> {
    const claimed = await claimedVolume(this.#pod, state.volume, this.#services);
    if (claimed.ownable && !claimed.readOnly) await this.#services.clock.outside(this.#writer.own(claimed.path));
    state.claimed = claimed;
  }

  #sources(): PayloadSources {
    return {
      pod: this.#pod,
      facts: { podAddresses: [], hostAddress: '', allocatable: this.#services.allocatable },
      configMap: (name, optional) => this.#object(ConfigMap, 'configmap', { name, optional }),
      secret: (name, optional) => this.#object(Secret, 'secret', { name, optional }),
      token: async (projection) => {
        const { issueToken } = this.#services;
        if (issueToken === undefined) throw new Error('failed to fetch token: this cluster does not issue tokens of service accounts');
        return issueToken(this.#pod, projection);
      },
    };
  }

  async #object<T extends KubeObject>(
    kind: Kind<T>,
    what: string,
    reference: { name: string; optional: boolean | undefined },
  ): Promise<Readonly<T> | undefined> {
    const followed = this.#follow(kind, reference.name);
    if (!(await this.#isKnown(followed.known))) throw new Error(`failed to sync ${what} cache: timed out waiting for the condition`);
    const found = followed.get();
    if (found === undefined && reference.optional !== true) throw new Error(`${what} "${reference.name}" not found`);
    return found;
  }

  #follow<T extends KubeObject>(kind: Kind<T>, name: string): Followed<T> {
    const id = `${kind.plural}/${name}`;
    // The id names the kind.
    const known = this.#followed.get(id) as Followed<T> | undefined;
    if (known !== undefined) return known;
    const namespace = this.#pod.metadata.namespace ?? '';
    const followed = this.#services.objects.follow(kind, { namespace, name }, () => {
      for (const state of this.#states) if (refersTo(state.volume, kind, name)) this.#refresh(state);
    });
    this.#followed.set(id, followed);
    return followed;
  }

  async #isKnown(known: Promise<void>): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#services.clock.sleep(knownWithinMs, { signal: timer.signal }).then(
      () => false,
      () => false,
    );
    const answer = await Promise.race([known.then(() => true), late]);
    timer.abort(new Error('known'));
    return answer;
  }
}

function refersTo(volume: Volume, kind: Kind, name: string): boolean {
  const secrets = [volume.secret?.secretName, ...(volume.projected?.sources ?? []).map((one) => one.secret?.name)];
  const maps = [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((one) => one.configMap?.name)];
  return (kind.plural === 'secrets' ? secrets : maps).includes(name);
}
