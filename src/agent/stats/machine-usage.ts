import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { machineFile } from '../machine-file.ts';
import { memoryAvailable } from '../pressure.ts';

/** What this machine uses now. */
export interface MachineUsage {
  /** Since it was started, all cpus together. */
  readonly cpuNanoseconds: number;
  readonly memory: { readonly usageBytes: number; readonly workingSetBytes: number; readonly availableBytes: number };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly disk: { readonly capacityBytes: number; readonly availableBytes: number; readonly usedBytes: number };
}

/** The kernel's unit of time in /proc/stat on every Linux that Node runs on: a hundredth of a second. */
const tickNanoseconds = 10_000_000;

/** Reads /proc, and the file system of `folder`. What another system does not tell is 0. */
export async function machineUsage(folder: string): Promise<MachineUsage> {
  const [stat, meminfo, net, disk] = await Promise.all([
    machineFile('/proc/stat'),
    machineFile('/proc/meminfo'),
    machineFile('/proc/net/dev'),
    statfs(folder),
  ]);
  const available = memoryAvailable(meminfo);
  const free = Number(/^MemFree:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
  return {
    cpuNanoseconds: busyTicks(stat) * tickNanoseconds,
    memory: { usageBytes: totalmem() - free, workingSetBytes: totalmem() - available, availableBytes: available },
    network: traffic(net),
    disk: {
      capacityBytes: disk.blocks * disk.bsize,
      availableBytes: disk.bavail * disk.bsize,
      usedBytes: (disk.blocks - disk.bfree) * disk.bsize,
    },
  };
}

/** user nice system idle iowait irq softirq steal: all but idle and iowait. */
function busyTicks(stat: string): number {
  const numbers = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.trim().split(' ').map(Number) ?? [];
  return numbers.slice(0, 8).reduce((sum, ticks, index) => (index === 3 || index === 4 ? sum : sum + ticks), 0);
}

/** All interfaces but loopback. */
function traffic(text: string): MachineUsage['network'] {
  let [receivedBytes, sentBytes] = [0, 0];
  for (const [, name, numbers] of text.matchAll(/^\s*(\S+):\s*([\d ]+)$/gm)) {
    if (name === 'lo') continue;
    const columns = (numbers as string).trim().split(/ +/).map(Number);
    receivedBytes += columns[0] ?? 0;
    sentBytes += columns[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}
