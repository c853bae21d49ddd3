import { statfs } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { formatQuantity, parseQuantity } from '../api/quantity.ts';
import { machineFile } from './machine-file.ts';
import type { NodeDescription } from './node.ts';
import { measurePressure, nodefsLeast } from './pressure.ts';

export interface MachineOptions {
  /** The file system that holds volumes and logs of pods; its size is the node's ephemeral storage. */
  readonly folder: string;
  /** Kept back from pods, as quantities: `{ cpu: '500m', memory: '1Gi' }`. */
  readonly reserve?: Readonly<Record<string, string>>;
  /** Most pods at one time; 110 by default, as of a kubelet. */
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** By default that of this machine for itself: it never changes and nobody else can reach it. */
  readonly address?: string;
  /** Name and version of the runtime: `process://1`. */
  readonly containerRuntime: string;
  /** Why pods are not isolated here; absent where they are. */
  readonly notIsolated?: string;
}

/** Kept free by a kubelet before it evicts (defaults of its hard eviction thresholds). */
const memoryLeast = parseQuantity('100Mi').nano;

/**
 * A node that is this machine: its cpus, memory and file system, less what is kept back. @throws Error that names a reserve
 * that is no quantity, is of an unknown resource or exceeds what there is
 */
export async function machineNode(name: string, options: MachineOptions): Promise<NodeDescription> {
  const [disk, osRelease, machineId, systemUuid, bootId] = await Promise.all([
    statfs(options.folder),
    lineOf('/etc/os-release'),
    lineOf('/etc/machine-id'),
    lineOf('/sys/class/dmi/id/product_uuid'),
    lineOf('/proc/sys/kernel/random/boot_id'),
  ]);
  const capacity = {
    cpu: String(availableParallelism()),
    memory: kibibytes(totalmem()),
    'ephemeral-storage': kibibytes(disk.blocks * disk.bsize),
    pods: String(options.pods ?? 110),
  };
  return {
    name,
    labels: options.labels ?? {},
    capacity,
    allocatable: allocatableOf(capacity, options.reserve ?? {}),
    address: options.address ?? '127.0.0.1',
    info: {
      architecture: arch() === 'x64' ? 'amd64' : arch(),
      operatingSystem: platform(),
      kernelVersion: release(),
      osImage: osImageOf(osRelease),
      version: 'v1.35.0',
      machineId,
      systemUuid: systemUuid === '' ? machineId : systemUuid,
      bootId,
    },
    containerRuntime: options.containerRuntime,
    ...(options.notIsolated === undefined ? {} : { notIsolated: options.notIsolated }),
    pressure: () => measurePressure(options.folder),
  };
}

/** `cpu=500m,memory=1Gi` as a record. @throws Error that names the part that cannot be read */
export function parseReserve(text: string): Record<string, string> {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return Object.fromEntries(
    parts.map((part) => {
      const [name = '', amount = ''] = part.split('=').map((side) => side.trim());
      if (name === '' || amount === '') throw new Error(`reserve ${JSON.stringify(part)}: write it like cpu=500m,memory=1Gi`);
      parseQuantity(amount);
      return [name, amount];
    }),
  );
}

/** Capacity less the reserve and less what eviction keeps free: 100Mi of memory, a tenth of the disk. */
export function allocatableOf(
  capacity: Readonly<Record<string, string>>,
  reserve: Readonly<Record<string, string>>,
): Record<string, string> {
  const unknown = Object.keys(reserve).find((name) => !(name in capacity) || name === 'pods');
  if (unknown !== undefined) throw new Error(`reserve of ${JSON.stringify(unknown)}: must be one of cpu, memory, ephemeral-storage`);
  return Object.fromEntries(
    Object.entries(capacity).map(([name, amount]) => {
      const { nano, notation } = parseQuantity(amount);
      const kept = reserve[name] === undefined ? 0n : parseQuantity(reserve[name]).nano;
      if (kept < 0n || kept > nano)
        throw new Error(`reserve ${name}=${reserve[name] ?? ''}: must be between 0 and the capacity, ${amount}`);
      const left = nano - kept - evictionKeeps(name, nano);
      return [name, formatQuantity({ nano: left < 0n ? 0n : left, notation })];
    }),
  );
}
function evictionKeeps(name: string, nano: bigint): bigint {
  if (name === 'memory') return memoryLeast;
  if (name !== 'ephemeral-storage') return 0n;
  const bytes = (nano * BigInt(nodefsLeast * 100)) / 100n;
  return bytes - (bytes % 1_000_000_000n);
}

function kibibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}

function osImageOf(text: string): string {
  const name = /^PRETTY_NAME=(?:"([^"]*)"|(.*))$/m.exec(text);
  return name?.[1] ?? name?.[2] ?? platform();
}

async function lineOf(path: string): Promise<string> {
  return (await machineFile(path)).trim();
}
