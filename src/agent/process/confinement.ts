import type { Launch } from '../runtime.ts';
import type { PodRecord } from './protocol.ts';

/** What is to be run for a container or for a command in it. */
export interface Invocation {
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** It says `ok` on file descriptor 3 when the command itself begins, or what went wrong before. */
  readonly announces: boolean;
  /** What the machine cannot give: sentences. */
  readonly notGiven: readonly string[];
}
/** A container's process as the shim holds it. */
export interface Held {
  readonly podUid: string;
  readonly id: string;
  /** Of the child that the shim has started. */
  readonly pid: number;
  readonly launch: Launch;
}

/** How a shim keeps containers apart from the machine and from each other. */
export interface Confinement {
  /** Containers are processes like any other, and may outlive the shim. */
  readonly plain: boolean;
  /** The network and what else the containers of a pod share. Answers what the machine cannot give. */
  openPod(pod: PodRecord): Promise<readonly string[]>;
  closePod(pod: PodRecord): Promise<void>;
  /** @throws RuntimeError with the waiting reason */
  prepare(pod: PodRecord, launch: Launch, id: string): Promise<Invocation>;
  /** A command in a running container. */
  beside(pod: PodRecord, held: Held, command: readonly string[]): Invocation;
  /**
   * Asks the container to end. `ended`: it was ended at once, as the signal's default would have done where it cannot reach it;
   * `unsure`: it cannot be seen just now whether it will reach it, so that this is to be called `again` soon, which asks no second time.
   */
  terminate(held: Held, again?: true): 'asked' | 'ended' | 'unsure';
  /** Ends every process of the container. */
  kill(held: Held): void;
  /** After its end: whether it ran out of memory; frees what it had. */
  release(held: Held): Promise<{ outOfMemory: boolean }>;
  /** Since the start of the container. */
  usage(held: Held): { cpuNanoseconds: number; memoryBytes: number };
  traffic(pod: PodRecord, held: readonly Held[]): { receivedBytes: number; sentBytes: number };
  memoryFolder(pod: PodRecord, path: string, sizeBytes: number | undefined): Promise<void>;
  close(): Promise<void>;
}
