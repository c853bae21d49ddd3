import type { Duplex } from 'node:stream';
import type { Pod } from '../api/kinds.generated.ts';
import type { LoopbackPorts } from '../api/loopback-ports.ts';
import type { ServiceTable } from '../api/service-table.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';
/** One entry of a dockerconfigjson. */
export interface RegistrySecret {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}
export interface ImageInfo {
  readonly id: string;
  readonly sizeBytes: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: string;
}
/** Since the start of each container. */
export interface SandboxStats {
  readonly containers: readonly { readonly container: string; readonly cpuNanoseconds: number; readonly memoryBytes: number }[];
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Runs pods for the node agent. Restarts, probes, init order and pod status stay in the agent, written once. */
export interface Runtime {
  readonly name: string;
  /** Nothing is run: the agent writes no volume, mounts nothing and asks scripts instead of probing. */
  readonly simulates?: true;
  readonly can: {
    readonly pullImages: boolean;
    readonly isolate: 'nothing' | 'files' | 'container';
    readonly limit: boolean;
    readonly exec: boolean;
  };
  /** Why it cannot work on this machine; undefined when it can. */
  unavailable(): Promise<string | undefined>;
  /** Sandboxes of an earlier life of the agent, running or ended; exit codes and logs survived on disk. */
  recover(): Promise<readonly Sandbox[]>;
  /** @throws RuntimeError with the waiting reason shown in pod status, e.g. ErrImagePull */
  pull(
    image: string,
    options: { policy: PullPolicy; secrets: readonly RegistrySecret[]; signal: AbortSignal; pod: Readonly<Pod> },
  ): Promise<ImageInfo>;
  openSandbox(pod: Readonly<Pod>, signal: AbortSignal): Promise<Sandbox>;
  /** The way into a pod's network where its address cannot be reached from this process; absent where it can. */
  readonly dial?: ((address: string, port: number) => Promise<Duplex>) | undefined;
  /** Takes the Services that pods must reach from their own network; absent where pods share this machine's. */
  readonly serve?: ((services: ServiceTable) => Promise<void>) | undefined;
  /** Known once `unavailable` has answered; absent where a runtime has but one way. */
  readonly isolation?: Isolation;
  /** Ends what this process holds. Pods of a runtime that survives it go on, unless `endPods`: then each is asked, and ended after 3 s. */
  close(options?: { readonly endPods?: boolean }): Promise<void>;
}
/**
 * How a runtime keeps pods apart here, and why so: each with namespaces of its own; as processes like any other, each at a loopback
 * address of its own; or, `ports`, all of them at 127.0.0.1, where each port of theirs is a free one of the machine.
 */
export interface Isolation {
  readonly mode: 'isolated' | 'plain' | 'ports';
  readonly why: string;
}
/** What a runtime is opened with. */
export interface RuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A private folder of its own, where what must survive this process is kept. */
  readonly folder: string;
  /** Where pods find the cluster's DNS server, and the domain it serves: `10.96.0.10`, `cluster.local`. */
  readonly dns?: { readonly address: string; readonly domain: string };
  /** What `process` starts to hold containers: program and arguments, to which it adds its folder. */
  readonly shim?: readonly string[];
  /** Where commands of this machine are looked for, colon-separated: the usual folders by default. */
  readonly path?: string;
  /** By default isolated where that can be had. */
  readonly isolation?: Isolation['mode'];
  /** Files and folders of this machine that no pod may see, beside home folders: the data directory. */
  readonly hide?: readonly string[];
  /** Cluster addresses of Services, `10.96.0.0/12`: where pods have a network of their own, they are served in it. */
  readonly serviceRange?: string;
}
/** What the containers of one pod share: addresses, network, lifetime. */
export interface Sandbox {
  readonly podUid: string;
  readonly addresses: readonly string[];
  /** Where pods share an address: what its ports stand for those that containers name. */
  readonly ports?: LoopbackPorts;
  readonly containers: readonly RunningContainer[];
  /** What held it has ended, and all its containers with it: nothing starts in it any more. */
  readonly lost?: boolean;
  /** Nothing of it happens by itself, and the runtime finds it again by the pod's status: it may be let go without being removed. */
  readonly atRest?: boolean;
  /** What this machine cannot give the pod: one sentence each, shown once as a Warning event of the pod. */
  readonly notGiven?: readonly string[];
  /** Makes `path` a folder in memory that containers can mount; gone with the sandbox. Absent where it cannot be had. */
  memoryFolder?(path: string, sizeBytes?: number): Promise<void>;
  start(launch: Launch, signal: AbortSignal): Promise<RunningContainer>;
  /** To a port of the address. The signal gives up a connection that is still being made. */
  connect(port: number, signal?: AbortSignal): Promise<Duplex>;
  /** `pod`: as it is now; a runtime that measures need not look at it. */
  stats(pod?: Readonly<Pod>): Promise<SandboxStats>;
  /** Ends all and frees what it holds. Log files stay: the agent removes them with the pod's object. */
  remove(): Promise<void>;
}
export interface Launch {
  readonly container: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** `uid` or `uid:gid`. */
  readonly user?: string;
  readonly readOnlyRoot?: boolean;
  /** What it asks for of the securityContext beside those: capabilities in upper case without `CAP_`, or `ALL`. */
  readonly rights?: {
    readonly add?: readonly string[];
    readonly drop?: readonly string[];
    readonly noNewPrivileges?: true;
    readonly privileged?: true;
    /** By name: `seccomp profile RuntimeDefault`. */
    readonly profiles?: readonly string[];
  };
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly readOnly: boolean }[];
  readonly limits: { readonly memoryBytes?: number; readonly cpuMillis?: number; readonly pids?: number };
  readonly logFile: string;
  /** How often this container has been started before. */
  readonly attempt: number;
}
export interface Exit {
  readonly code: number;
  readonly signal?: string;
  readonly outOfMemory?: true;
  readonly finishedAt: string;
}
export interface RunningContainer {
  readonly id: string;
  readonly podUid: string;
  readonly container: string;
  /** How often this container had been started before, where the runtime keeps that. */
  readonly attempt?: number;
  readonly startedAt: string;
  /** What this machine cannot give the container (a mount, a user, a limit): as the sandbox's. */
  readonly notGiven?: readonly string[];
  /** Settles once, when it has ended. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to end, ends it after `graceMs`; resolves when it has ended. */
  stop(graceMs: number): Promise<Exit>;
  /** The output so far and, with `follow`, all that comes, as lines. Ends with the container or the signal. */
  logs(options: { follow: boolean; signal: AbortSignal }): AsyncIterable<LogRecord>;
  /** A scripted answer instead of a real probe: only the simulated runtime has it. */
  probe?(kind: ProbeKind): Promise<ProbeResult>;
  /** It is to be asked for readiness even where the pod names no probe. */
  readonly readinessScripted?: boolean;
  /** Absent when the runtime cannot. Resolves to the exit code. */
  exec?(command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number>;
  remove(): Promise<void>;
}
export type ProbeKind = 'startup' | 'readiness' | 'liveness';
export interface ProbeResult {
  readonly success: boolean;
  /** Why it failed. */
  readonly message: string;
  /** It could not be made at all: nothing is known of the container, and it does not count. */
  readonly errored?: true;
}
export interface LogRecord {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Without the newline. */
  readonly line: string;
}
export interface ExecStreams {
  readonly tty?: boolean;
  readonly resize?: AsyncIterable<{ columns: number; rows: number }>;
  readonly stdin?: ReadableStream<Uint8Array>;
  readonly stdout: WritableStream<Uint8Array>;
  readonly stderr: WritableStream<Uint8Array>;
}

/** A failure to pull, open or start; `reason` is the waiting reason of the container status. */
export class RuntimeError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RuntimeError';
    this.reason = reason;
  }
}
