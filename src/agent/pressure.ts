import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { machineFile } from './machine-file.ts';

/** What is short on this machine. */
export interface Pressure {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pids: boolean;
}

/** Kubelet's default eviction thresholds: memory.available<100Mi, nodefs.available<10%, nodefs.inodesFree<5%. */
const memoryLeastBytes = 100 * 1024 * 1024;
export const nodefsLeast = 0.1;
const inodesLeast = 0.05;
/** A kubelet evicts for PIDs only where it is told to; below so many a fork soon fails. */
const pidsLeast = 100;

/** Measures memory, the file system of `folder`, and process ids. What this machine does not tell counts as enough. */
export async function measurePressure(folder: string): Promise<Pressure> {
  const [meminfo, disk, pidMax, loadavg] = await Promise.all([
    machineFile('/proc/meminfo'),
    statfs(folder),
    machineFile('/proc/sys/kernel/pid_max'),
    machineFile('/proc/loadavg'),
  ]);
  return {
    memory: memoryAvailable(meminfo) < memoryLeastBytes,
    disk: disk.bavail < disk.blocks * nodefsLeast || (disk.files > 0 && disk.ffree < disk.files * inodesLeast),
    pids: Number(pidMax || Infinity) - tasksOf(loadavg) < pidsLeast,
  };
}

/** Bytes that programs can have without swapping: MemAvailable. */
export function memoryAvailable(meminfo: string): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}

/** All tasks of the machine: the second number of `0.1 0.2 0.3 2/517 12345`. */
function tasksOf(loadavg: string): number {
  return Number(/ \d+\/(\d+) /.exec(loadavg)?.[1] ?? 0);
}
