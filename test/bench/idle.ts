import { setTimeout } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';
import { median, type Row } from './measure.ts';

/** Start to ready of a data directory that exists, and what an idle process costs. */
export async function idle(): Promise<Row[]> {
  const starts: number[] = [];
  let memory = 0;
  let cpu = 0;
  for (let round = 0; round < 5; round++) {
    const daemon = await startDaemon();
    starts.push(daemon.readyMs);
    if (round === 4) {
      await setTimeout(10_000);
      const before = daemon.cpuSeconds();
      await setTimeout(20_000);
      cpu = ((daemon.cpuSeconds() - before) / 20) * 100;
      memory = daemon.memoryMb();
    }
    await daemon.stop();
  }
  return [
    { name: 'start to ready (new data directory, certificates made)', value: median(starts), unit: 'ms', line: '<= 1000' },
    { name: 'idle memory', value: memory, unit: 'MB', line: '<= 120' },
    { name: 'idle processor', value: cpu, unit: '% of a core', line: '<= 1' },
  ];
}
