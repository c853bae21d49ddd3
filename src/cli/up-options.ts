import { auditLevels, type AuditLevel } from '../apiserver/audit.ts';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Isolation } from '../agent/runtime.ts';
import { parseReserve } from '../agent/machine.ts';
import { readSchedulerConfiguration, type SchedulerConfiguration } from '../scheduler/configuration.ts';
import { parseDuration } from '../base/duration.ts';
import { controllers } from '../controllers/index.ts';
import { chooseControllers } from '../controlplane/choose-controllers.ts';
import { flag, text, type Call } from './command.ts';
import { stateHome, type Environment } from './environment.ts';
import { UsageError } from './output.ts';
import { isRemote, nameFor, repository, unservedOption } from './source-options.ts';

/** What `steer up` was asked for, checked. */
export interface UpOptions {
  /** As the Application names it: a URL, or an absolute path. */
  readonly repo: string;
  readonly path: string;
  readonly revision: string;
  readonly name: string;
  readonly namespace: string;
  readonly dataDir: string;
  readonly port: number;
  /** What runs pods, and why so where nobody asked for it. */
  readonly runtime: { readonly name: string; readonly why: string };
  readonly isolation: Isolation['mode'] | undefined;
  /** How many simulated nodes. */
  readonly nodes: number;
  /** As kube-controller-manager's `--controllers`: names, `*`, `-name`. */
  readonly controllers: readonly string[];
  /** Controllers and scheduler run only while this process holds a Lease. */
  /** Undefined: one profile with all plugins. */
  readonly scheduler: SchedulerConfiguration | undefined;
  readonly leaderElect: boolean;
  /** How long a node may be silent. */
  readonly nodeGraceMs: number | undefined;
  /** What of this machine is kept back from pods, by resource. */
  readonly reserve: Readonly<Record<string, string>>;
  readonly interval: string;
  readonly deadline: string;
  readonly unserved: 'error' | 'skip';
  readonly once: boolean;
  /** Where the audit log goes, if not into the data directory, and how much it says. */
  readonly auditLog: { readonly path: string | undefined; readonly level: AuditLevel };
}

/** @throws UsageError that names option and value */
export function upOptions(call: Call): UpOptions {
  const { environment } = call;
  const repo = repository(call.arguments[0] ?? '.', environment);
  const path = text(call, 'path') ?? '';
  const name = text(call, 'name') ?? nameFor(repo, path);
  const dataDir = text(call, 'dataDir');
  const nodes = nodesOption(text(call, 'nodes') ?? '1');
  return {
    repo,
    path,
    revision: text(call, 'revision') ?? '',
    name: checkedName('--name', name),
    namespace: checkedName('--namespace', text(call, 'namespace') ?? 'default'),
    dataDir: dataDir === undefined ? join(stateHome(environment), name) : resolve(environment.directory, dataDir),
    port: portOf(text(call, 'port')),
    runtime: runtimeFor(repo, text(call, 'runtime')),
    isolation: isolationOption(text(call, 'isolation')),
    reserve: reserveOption(text(call, 'reserve') ?? ''),
    nodes,
    controllers: controllersOption(text(call, 'controllers') ?? '*'),
    scheduler: schedulerOption(text(call, 'schedulerConfig'), environment),
    leaderElect: flag(call, 'leaderElect'),
    nodeGraceMs: graceOption(text(call, 'nodeMonitorGracePeriod'), nodes),
    interval: durationOption('--interval', text(call, 'interval') ?? '30s'),
    deadline: durationOption('--deadline', text(call, 'deadline') ?? '5m'),
    unserved: unservedOption(call),
    once: flag(call, 'once'),
    auditLog: auditOption(call),
  };
}

/**
 * Who asks for nothing gets real processes for what is his own, and none for what comes from elsewhere: a manifest may name any command.
 */
function runtimeFor(repo: string, asked: string | undefined): UpOptions['runtime'] {
  if (asked !== undefined) return { name: asked, why: '' };
  const way = 'its commands would run on this machine; `--runtime process` lets them';
  const folder = /^file:\/\//i.test(repo) ? fileURLToPath(repo) : repo;
  if (isRemote(folder)) return { name: 'simulated', why: `the repository is from elsewhere: ${way}` };
  if (process.platform === 'win32') return { name: 'simulated', why: 'Windows has no process groups to run pods in' };
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (owner === process.getuid?.()) return { name: 'process', why: '' };
  return { name: 'simulated', why: `${folder} belongs to another user: ${way}` };
}

function nodesOption(given: string): number {
  if (/^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw new UsageError(`--nodes ${given}: must be a number from 1 to 9999`);
}

/** A choice that cannot be made is refused before anything starts. */
/** Problems name the file as it was given, and the line. */
function schedulerOption(given: string | undefined, environment: Pick<Environment, 'directory'>): SchedulerConfiguration | undefined {
  if (given === undefined) return undefined;
  try {
    return readSchedulerConfiguration(readFileSync(resolve(environment.directory, given), 'utf8'), given);
  } catch (error) {
    throw new UsageError(`--scheduler-config ${given}: ${(error as Error).message}`);
  }
}

function controllersOption(given: string): readonly string[] {
  const choice = given.split(',').map((item) => item.trim());
  try {
    chooseControllers(choice, controllers);
  } catch (error) {
    throw new UsageError(`--controllers ${given}: ${(error as Error).message}`);
  }
  return choice;
}

/** Of more nodes than these the signs of life, every ten seconds, would be most of what their cluster does: they come less often. */
const fewNodes = 500;

function graceOption(given: string | undefined, nodes: number): number | undefined {
  if (given !== undefined) return parseDuration(durationOption('--node-monitor-grace-period', given));
  return nodes > fewNodes ? nodes * 100 : undefined;
}

function auditOption(call: Call): UpOptions['auditLog'] {
  const [path, given = 'Metadata'] = [text(call, 'auditLog'), text(call, 'auditLevel')];
  const level = auditLevels.find((known) => known === given);
  if (level === undefined) throw new UsageError(`--audit-level ${given}: must be ${auditLevels.join(', ')}`);
  return { path: path === undefined ? undefined : resolve(call.environment.directory, path), level };
}

function isolationOption(given: string | undefined): UpOptions['isolation'] {
  if (given === undefined || given === 'isolated' || given === 'plain' || given === 'ports') return given;
  throw new UsageError(`--isolation ${given}: must be isolated, plain or ports`);
}

function reserveOption(given: string): UpOptions['reserve'] {
  try {
    return parseReserve(given);
  } catch (error) {
    throw new UsageError(`--reserve ${given}: ${(error as Error).message}`);
  }
}

function checkedName(option: string, name: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(`${option} ${name}: must be lower-case letters, digits and dashes, at most 63`);
}
function durationOption(option: string, given: string): string {
  try {
    parseDuration(given);
    return given;
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}
function portOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65535) throw new UsageError(`--port ${given}: must be a number from 0 to 65535`);
  return port;
}
