import type { LoopbackPorts } from '../../api/loopback-ports.ts';
import type { ServiceTable } from '../../api/service-table.ts';
import type { Exit, Isolation, Launch, SandboxStats } from '../runtime.ts';

/** How the pods of one shim are kept apart. */
export type IsolationMode = Isolation['mode'];

/** What a shim is told by `shim.json` in its folder before it starts. */
export interface ShimSettings {
  readonly mode: IsolationMode;
  /** Path of the unix socket on which it listens. */
  readonly socket: string;
  /** Where commands are looked for. */
  readonly path: string;
  /** Files and folders of the machine that isolated pods must not see. */
  readonly hide: readonly string[];
  /** Where pods have their addresses: `10.244` for 10.244.0.0/16; `127.0.0.1` where they share that one. */
  readonly network: string;
  /** Isolated: what is routed to the shim's own listeners, `10.96.0.0/12`. */
  readonly serviceRange: string;
  /** Isolated: where its DNS server listens, and for which domain. */
  readonly dns?: { readonly address: string; readonly domain: string };
  /** Its processes are those of the machine's root, so that cgroups and users can be given. */
  readonly root: boolean;
}

/** A pod as the shim needs it; kept on disk beside its containers. */
export interface PodRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly hostname: string;
  /** The contents of /etc/hosts and /etc/resolv.conf. */
  readonly hosts: string;
  readonly resolvConf: string;
  readonly shareProcesses: boolean;
  /** It wants the machine's own network. */
  readonly hostNetwork: boolean;
  /** What else of the machine's it wants: `the processes`, `the IPC`. */
  readonly hostParts: readonly string[];
  /** Groups that its processes are in beside that of their user: fsGroup and supplementalGroups. */
  readonly groups: readonly number[];
  /** TCP ports that its containers say that they listen on. */
  readonly ports: readonly { readonly container: string; readonly port: number; readonly hostPort?: number }[];
  /** Where pods share an address: what stands for its ports there. */
  readonly loopbackPorts?: LoopbackPorts;
}
/** One run of a container; kept on disk from its start, with its exit from its end. */
export interface ContainerRecord {
  readonly id: string;
  readonly podUid: string;
  readonly container: string;
  readonly attempt: number;
  /** As the shim sees it; with `processStart` (ticks since the boot) it names one process for ever. */
  readonly pid: number;
  readonly processStart: string;
  readonly startedAt: string;
  readonly logFile: string;
  readonly notGiven: readonly string[];
  readonly exit?: Exit;
}
export interface PodListing {
  readonly pod: PodRecord;
  readonly notGiven: readonly string[];
  /** Ready for containers in this life of the shim. */
  readonly open: boolean;
  readonly containers: readonly ContainerRecord[];
}

/** What can be asked of a shim: input and output of each operation. */
export interface Operations {
  hello: { input: Record<string, never>; output: { mode: IsolationMode; pid: number; network: string; containers: number } };
  list: { input: Record<string, never>; output: readonly PodListing[] };
  openPod: { input: { pod: PodRecord }; output: { notGiven: readonly string[] } };
  removePod: { input: { uid: string }; output: Record<string, never> };
  start: { input: { podUid: string; launch: Launch }; output: ContainerRecord };
  stop: { input: { id: string; graceMs: number }; output: Exit };
  stats: { input: { podUid: string }; output: SandboxStats };
  memoryFolder: { input: { podUid: string; path: string; sizeBytes?: number }; output: Record<string, never> };
  /** Keeps a block of addresses of this machine, `127.64.7`, from other shims for as long as this one lives. */
  claim: { input: { block: string }; output: { claimed: boolean } };
  serve: { input: { table: ServiceTable }; output: Record<string, never> };
  /** Ends every container and the shim itself. */
  end: { input: Record<string, never>; output: Record<string, never> };
}
export type Operation = keyof Operations;
export interface Request<Op extends Operation = Operation> {
  readonly id: number;
  readonly op: Op;
  readonly input: Operations[Op]['input'];
}
export interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: { readonly reason: string; readonly message: string };
}
/** Told to every client. */
export interface ExitNews {
  readonly exited: string;
  readonly exit: Exit;
}

/** The first line of a connection that runs a command in a container; `stdin` says that input follows. */
export interface ExecRequest {
  readonly exec: { readonly id: string; readonly command: readonly string[]; readonly stdin: boolean };
}
/** What follows it from the client, in base64; the end of the connection ends the command. */
export interface ExecInput {
  readonly stdin?: string;
  readonly stdinEnd?: true;
}
export interface ExecOutput {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  readonly error?: { readonly reason: string; readonly message: string };
}

/** Cuts a byte stream into lines of JSON. `onLine` gets each parsed line. @throws SyntaxError for a line that is no JSON */
export function lineReader(onLine: (value: unknown) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
      rest = [];
      from = at + 1;
      onLine(JSON.parse(line));
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  };
}
export function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
