import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseTime } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { dataPaths } from '../controlplane/paths.ts';
import { text, type Call } from './command.ts';
import { stateHome, type Environment } from './environment.ts';

/** What a `steer up` says of itself in `run.json`. */
export interface Running {
  readonly directory: string;
  readonly pid: number;
  readonly url: string;
  /** In ms; undefined where it does not say. */
  readonly startedAt?: number;
  readonly application?: { readonly namespace: string; readonly name: string };
}

/** The `steer up` of a data directory; undefined where none runs. */
export function runningIn(directory: string): Running | undefined {
  const file = dataPaths(directory).run;
  if (!existsSync(file)) return undefined;
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isRecord(content) || typeof content['pid'] !== 'number' || typeof content['url'] !== 'string') return undefined;
  if (!alive(content['pid'])) return undefined;
  const application = content['application'];
  const startedAt = typeof content['startedAt'] === 'string' ? parseTime(content['startedAt']) : undefined;
  const base = { directory, pid: content['pid'], url: content['url'], ...(startedAt === undefined ? {} : { startedAt }) };
  if (!isRecord(application)) return base;
  return { ...base, application: { namespace: String(application['namespace']), name: String(application['name']) } };
}

/** Signal 0 asks whether a process is there; EPERM says that it is, under another user. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The `steer up` that a command speaks to: of `--data-dir`, else the only one that runs under the state folder.
 * @throws Error that says what runs and what to do
 */
export function findRunning(call: Call): Running {
  const named = text(call, 'dataDir');
  if (named !== undefined) {
    const directory = resolve(call.environment.directory, named);
    const running = runningIn(directory);
    if (running === undefined)
      throw new Error(`no \`steer up\` runs with the data directory ${directory}: start one with \`steer up REPO --data-dir ${named}\``);
    return running;
  }
  const all = allRunning(call.environment);
  const [first, second] = all;
  if (first === undefined)
    throw new Error('no `steer up` is running: start one with `steer up REPO`, or name its data directory with --data-dir');
  if (second === undefined) return first;
  const list = all.map((one) => `  --data-dir ${one.directory}`).join('\n');
  throw new Error(`${all.length} \`steer up\` are running: say which one is meant:\n${list}`);
}

function allRunning(environment: Environment): readonly Running[] {
  const home = stateHome(environment);
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .sort()
    .map((name) => runningIn(join(home, name)))
    .filter((one) => one !== undefined);
}
