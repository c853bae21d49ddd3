import { chmod, chown, mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ConfigMap, Secret, type Container, type Pod, type ServiceAccountTokenProjection, type Volume } from '../../api/kinds.generated.ts';
import { wholeValue } from '../../api/quantity.ts';
import type { Kind, KubeObject } from '../../api/object.ts';
import { timestamp, type Clock } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import { expand } from '../launch/environment.ts';
import { RuntimeError, type Launch, type Sandbox } from '../runtime.ts';
import { writeAtomically } from './atomic-folder.ts';
import { podFolder, removePodFolder, type PodFolders } from './folders.ts';
import { checkHostPath } from './host-path.ts';
import { payloadOf, type PayloadSources } from './payload.ts';
import { resolveSubPath, SubPathError } from './sub-path.ts';
import { usedBytes } from './used-bytes.ts';
import type { Followed, WatchedObjects } from './watched-objects.ts';

/** What volumes are made with. */
export interface VolumeServices {
  readonly folders: PodFolders;
  readonly objects: WatchedObjects;
  readonly clock: Clock;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Absent where the cluster issues none. @throws Error that says why not */
  issueToken?(pod: Readonly<Pod>, projection: ServiceAccountTokenProjection): Promise<string>;
}
export interface VolumeEvents {
  /** Something that was missing is there, or could be: prepare again. */
  changed(): void;
  event(type: 'Warning', reason: string, message: string): void;
  /** What this machine cannot give, as a sentence. */
  notGiven(sentence: string): void;
  /** A volume has outgrown its limit: the pod is to be ended. */
  exceeded(message: string): void;
}

type Mount = Launch['mounts'][number];
/** As kubelet's operation back-off and its patience. */
const retry = { firstMs: 500, maxMs: 122_000 };
const patienceMs = 123_000;
/** As a kubelet's eviction loop. */
const limitsMs = 10_000;
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
}

/** The volumes of one pod: made before its containers, kept as their sources are while they run, taken away at its end. */
export class PodVolumes {
  readonly #services: VolumeServices;
  readonly #events: VolumeEvents;
  readonly #states: readonly State[];
  readonly #followed = new Map<string, Followed<KubeObject>>();
  readonly #uid: string;
  #pod: Readonly<Pod>;
  #waitingSinceMs: number | undefined;
  readonly #ended = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(pod: Readonly<Pod>, services: VolumeServices, events: VolumeEvents) {
    this.#pod = pod;
    this.#uid = pod.metadata.uid ?? '';
    this.#services = services;
    this.#events = events;
    this.#states = (pod.spec?.volumes ?? []).map((volume) => ({ volume, ready: false, failures: 0, retryAtMs: 0, said: '' }));
  }

  /** Makes what is not there yet. Answers when to try again, or undefined when all volumes are ready. */
  async prepare(): Promise<number | undefined> {
    const now = this.#services.clock.now();
    this.#waitingSinceMs ??= now;
    await this.#inTurn(() => Promise.all(this.#states.filter((one) => !one.ready && one.retryAtMs <= now).map((one) => this.#try(one))));
    const missing = this.#states.filter((one) => !one.ready);
    if (missing.length === 0) return undefined;
    if (this.#services.clock.now() - this.#waitingSinceMs >= patienceMs) {
      this.#waitingSinceMs = this.#services.clock.now();
      const names = missing.map((one) => one.volume.name).join(' ');
      const text = `Unable to attach or mount volumes: unmounted volumes=[${names}], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition`;
      this.#events.event('Warning', 'FailedMount', text);
    }
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
        sandbox.memoryFolder(this.#folderOf(volume), sizeLimit === undefined ? undefined : wholeValue(sizeLimit)),
      );
    }
  }

  /** Measures emptyDirs on disk that have a limit, until one exceeds it. In memory the folder itself has the limit. */
  watchLimits(): void {
    const limited = this.#states.filter(({ volume: { emptyDir } }) => emptyDir?.sizeLimit !== undefined && emptyDir.medium !== 'Memory');
    if (limited.length > 0) void this.#watchLimits(limited.map((state) => state.volume));
  }

  async #watchLimits(volumes: readonly Volume[]): Promise<void> {
    const { clock } = this.#services;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      for (const volume of volumes) {
        const limit = volume.emptyDir?.sizeLimit ?? '0';
        if ((await clock.outside(usedBytes(this.#folderOf(volume)))) <= wholeValue(limit)) continue;
        if (!signal.aborted) this.#events.exceeded(`Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `);
        return;
      }
      await clock.sleep(limitsMs, { signal, upkeep: true }).catch(() => undefined); // The abort ends the sleep.
    }
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
  async mountsOf(container: Container, env: Readonly<Record<string, string>>): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = this.#states.find((one) => one.volume.name === mount.name)?.volume;
      if (volume === undefined) throw new RuntimeError('CreateContainerConfigError', `volume ${JSON.stringify(mount.name)} not found`);
      const subPath = mount.subPathExpr === undefined ? (mount.subPath ?? '') : expandSubPath(mount.subPathExpr, env);
      mounts.push({
        from: await this.#services.clock.outside(this.#fromOf(volume, subPath, { container: container.name, mount: mount.name })),
        to: posix.join('/', mount.mountPath),
        readOnly: mount.readOnly === true || isWritten(volume),
      });
    }
    return mounts;
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
    void this.#inTurn(() => (this.#ended.signal.aborted ? Promise.resolve() : this.#try(state)));
  }

  async #try(state: State): Promise<void> {
    const { clock } = this.#services;
    try {
      await this.#setUp(state.volume);
      Object.assign(state, { ready: true, failures: 0, said: '' });
    } catch (error) {
      const text = `MountVolume.SetUp failed for volume "${state.volume.name}" : ${errorText(error)}`;
      // A kubelet says it again at each attempt; one event counts them.
      if (!state.ready || state.said !== text) this.#events.event('Warning', 'FailedMount', text);
      state.said = text;
      state.retryAtMs = clock.now() + Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(state.failures++, 20));
    }
  }

  async #setUp(volume: Volume): Promise<void> {
    const { clock } = this.#services;
    const { hostPath, emptyDir } = volume;
    if (hostPath !== undefined) return clock.outside(checkHostPath(hostPath.path, hostPath.type ?? ''));
    if (emptyDir !== undefined || Object.keys(volume).length === 1) return clock.outside(this.#makeEmpty(volume));
    const payload = await payloadOf(volume, this.#sources());
    if (payload === undefined) {
      const kind = Object.keys(volume).find((key) => key !== 'name') ?? '';
      throw new Error(`volumes of type ${kind} are not provided by this node`);
    }
    const group = this.#group();
    const files = new Map([...payload].map(([path, file]) => [path, group === undefined ? file : { ...file, mode: file.mode | 0o440 }]));
    await clock.outside(this.#write(volume, files, group));
  }

  async #write(volume: Volume, files: Parameters<typeof writeAtomically>[1], group: number | undefined): Promise<void> {
    const folder = this.#folderOf(volume);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await chmod(folder, 0o755);
    const stamp = timestamp(this.#services.clock).replaceAll(/[-T:]/g, '_').replace('Z', '');
    await writeAtomically(folder, files, { stamp, ...(group !== undefined && { group }) });
  }

  async #makeEmpty(volume: Volume): Promise<void> {
    const folder = this.#folderOf(volume);
    await mkdir(folder, { recursive: true, mode: 0o777 });
    const group = this.#group();
    if (group !== undefined) await chown(folder, process.getuid?.() ?? 0, group);
    await chmod(folder, group === undefined ? 0o777 : 0o2777);
  }

  /** The fsGroup, where this process may give files to a group. */
  #group(): number | undefined {
    const group = this.#pod.spec?.securityContext?.fsGroup;
    if (group === undefined || process.getuid?.() === 0) return group;
    this.#events.notGiven(`fsGroup ${group}: only root can give the files of volumes to a group`);
    return undefined;
  }

  #folderOf(volume: Volume): string {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(volume.name)) throw new Error(`the volume name ${JSON.stringify(volume.name)} cannot name a folder`);
    const { root, memory } = this.#services.folders;
    const secret = volume.secret !== undefined || volume.projected !== undefined;
    const inMemory = secret || volume.emptyDir?.medium === 'Memory';
    return join(podFolder(inMemory ? (memory ?? root) : root, this.#uid), 'volumes', volume.name);
  }

  async #fromOf(volume: Volume, subPath: string, about: { container: string; mount: string }): Promise<string> {
    const folder = volume.hostPath?.path ?? this.#folderOf(volume);
    if (subPath === '') return folder;
    try {
      return await resolveSubPath(folder, subPath);
    } catch (cause) {
      const why = cause instanceof SubPathError && !cause.message.startsWith('cannot') && !cause.message.startsWith('subpath');
      const text = why
        ? errorText(cause)
        : `failed to prepare subPath for volumeMount "${about.mount}" of container "${about.container}": ${errorText(cause)}`;
      throw new RuntimeError('CreateContainerConfigError', text, { cause });
    }
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

/** Volumes that the agent writes are mounted read-only, as by a kubelet. */
function isWritten({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

function refersTo(volume: Volume, kind: Kind, name: string): boolean {
  const secrets = [volume.secret?.secretName, ...(volume.projected?.sources ?? []).map((one) => one.secret?.name)];
  const maps = [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((one) => one.configMap?.name)];
  return (kind.plural === 'secrets' ? secrets : maps).includes(name);
}

/** @throws RuntimeError where a variable is missing */
function expandSubPath(expression: string, env: Readonly<Record<string, string>>): string {
  const missing = [...expression.matchAll(/(?<!\$)\$\(([^()]*)\)/g)]
    .map((match) => match[1] as string)
    .find((name) => env[name] === undefined);
  if (missing !== undefined)
    throw new RuntimeError('CreateContainerConfigError', `failed to expand subPath: missing value for "${missing}"`);
  return expand(expression, env);
}
