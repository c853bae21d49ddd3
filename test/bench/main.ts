import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { chaos } from './chaos.ts';
import { customKinds } from './custom-kinds.ts';
import { forecasts } from './forecast.ts';
import { applications, gitops } from './gitops.ts';
import { idle } from './idle.ts';
import { idleWorkloads } from './idle-workloads.ts';
import { tableOf, type Row } from './measure.ts';
import { objects } from './objects.ts';
import { pods } from './pods.ts';
import { processes } from './processes.ts';
import { proxyParts } from './proxy-parts.ts';
import { proxy } from './proxy.ts';
import { scale, scaleMemory } from './scale.ts';
import { renders } from './renders.ts';
import { reviews } from './reviews.ts';
import { scheduler } from './scheduler.ts';
import { watches } from './watches.ts';
import { writes } from './writes.ts';

/** Each runs in a process of its own, one after the other: `npm run bench [NAME ...]`. */
const benches: Readonly<Record<string, () => Promise<Row[]>>> = {
  idle,
  'idle-workloads': idleWorkloads,
  writes,
  watches,
  scheduler,
  objects,
  scale,
  'scale-memory': scaleMemory,
  pods,
  processes,
  proxy,
  gitops,
  renders,
  reviews,
  applications,
  forecasts,
  chaos,
  'custom-kinds': customKinds,
};

const [only, ...args] = process.argv.slice(2);
const part = proxyParts[only?.replace('--one=', '') ?? ''];
if (part !== undefined) await part(args);
else if (only?.startsWith('--one=') === true) {
  const bench = benches[only.slice('--one='.length)];
  if (bench === undefined) throw new Error(`there is no bench ${only}`);
  console.log(JSON.stringify(await bench()));
} else {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    console.error(`there is no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  const processor = cpus()[0]?.model ?? 'unknown';
  console.log(`${cpus().length} x ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}\n`);
  const rows: Row[] = [];
  for (const name of names) {
    console.error(`${name} …`);
    const output = execFileSync(process.execPath, [import.meta.filename, `--one=${name}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    rows.push(...(JSON.parse(output.trim().split('\n').at(-1) ?? '[]') as Row[]));
  }
  console.log(tableOf(rows));
}
