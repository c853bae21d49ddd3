import { chownSync, existsSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { RuntimeError, type Launch } from '../runtime.ts';
import { becomeScript, joinScript } from './become.ts';
import { cgroupsFor, type Cgroups } from './cgroups.ts';
import { findProgram } from './command-path.ts';
import type { Confinement, Held, Invocation } from './confinement.ts';
import { environmentWords } from './environment-words.ts';
import { helperEnvironment } from './script.ts';
import type { PodRecord, ShimSettings } from './protocol.ts';
import { killAll, marker, markOf, processesOf, sendSignal, usageOfProcesses } from './processes.ts';
import { plainRights } from './rights-words.ts';
import { hostPortWords, takenPorts } from './taken-ports.ts';
import { userWords, wantedUser } from './user-words.ts';
import { workFolder } from './records.ts';

/** Containers as processes over the machine's own files and network, each a session of its own. */
export function plainConfinement(options: { folder: string; settings: ShimSettings; clock: Clock }): Confinement {
  const { folder, settings } = options;
  const cgroups = cgroupsFor(folder, settings, options.clock);
  const around: Surroundings = { ...options, cgroups, setpriv: ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path)) };
  return {
    plain: true,
    openPod: (pod) => Promise.resolve(openPlainPod(pod, folder, settings)),
    closePod: () => Promise.resolve(),
    prepare: (pod, launch, id) => prepare(around, { pod, launch, id }),
    beside: (pod, held, command) => beside(around, { pod, held }, command),
    terminate: ({ pid }) => {
      sendSignal(-pid, 'SIGTERM');
      return 'asked';
    },
    kill: (held) => {
      cgroups.kill(held.id);
      killAll(markOf(held.podUid, held.id), held.pid);
    },
    release: (held) => cgroups.remove(held.id),
    usage: (held) => cgroups.usage(held.id) ?? usageOfProcesses(processesOf(markOf(held.podUid, held.id), held.pid)),
    traffic: () => ({ receivedBytes: 0, sentBytes: 0 }),
    memoryFolder: (_pod, path) =>
      Promise.reject(
        new RuntimeError('Unsupported', `a folder in memory cannot be made at ${path}: pods of this node have no mounts of their own`),
      ),
    close: () => cgroups.close(),
  };
}

interface Surroundings {
  readonly folder: string;
  readonly settings: ShimSettings;
  readonly cgroups: Cgroups;
  readonly setpriv: string | undefined;
}

function openPlainPod(pod: PodRecord, folder: string, settings: ShimSettings): string[] {
  mkdirSync(workFolder(folder, pod.uid), { recursive: true, mode: 0o700 });
  const out = hostPortWords(pod);
  if (pod.shareProcesses) out.push('the containers of the pod see all processes of the machine, not only those of the pod');
  if (pod.groups.length > 0 && !settings.root)
    out.push(`its processes cannot be in the groups ${pod.groups.join(', ')}: only root may give those`);
  return out;
}

async function prepare(around: Surroundings, about: { pod: PodRecord; launch: Launch; id: string }): Promise<Invocation> {
  const { launch, pod } = about;
  const workingDir = launch.workingDir === '' ? workFolder(around.folder, pod.uid) : launch.workingDir;
  if (!existsSync(workingDir)) throw new RuntimeError('CreateContainerError', `the working folder ${workingDir} is not on this machine`);
  const limits = await around.cgroups.make(about.id, launch.limits);
  const user = userOf(launch, around.settings);
  if (user !== undefined && launch.workingDir === '') chownSync(workingDir, user.uid, user.gid);
  return {
    ...invocation(around, { pod, id: about.id }, { launch, workingDir, command: launch.command, cgroups: limits.procs }),
    notGiven: [
      ...notGiven(launch, around.settings),
      ...plainRights(launch, powersOf(around)).notGiven,
      ...limits.notGiven,
      ...(await takenPorts(pod, launch.container)),
    ],
  };
}

function beside(around: Surroundings, about: { pod: PodRecord; held: Held }, command: readonly string[]): Invocation {
  const { launch, id } = about.held;
  const workingDir = launch.workingDir === '' ? workFolder(around.folder, about.pod.uid) : launch.workingDir;
  return invocation(around, { pod: about.pod, id }, { launch, workingDir, command, cgroups: around.cgroups.procsOf(id) });
}

interface Run {
  readonly launch: Launch;
  readonly workingDir: string;
  readonly command: readonly string[];
  /** Files that a process joins its cgroups by. */
  readonly cgroups: readonly string[];
}

function invocation(around: Surroundings, about: { pod: PodRecord; id: string }, run: Run): Invocation {
  const env = {
    PATH: around.settings.path,
    HOME: workFolder(around.folder, about.pod.uid),
    ...run.launch.env,
    [marker]: markOf(about.pod.uid, about.id),
  };
  const command = [findProgram(run.command[0] ?? '', env.PATH, run.workingDir), ...run.command.slice(1)];
  const asUser = around.settings.root ? userWords(about.pod, run.launch) : [];
  // A shim that is killed takes its containers along, where setpriv is there to say so.
  const { words: rights } = plainRights(run.launch, powersOf(around));
  const careful = around.setpriv === undefined ? [] : [around.setpriv, ...rights, ...asUser, '--pdeathsig', 'KILL', '--'];
  const { workingDir } = run;
  if (run.cgroups.length === 0 && asUser.length === 0)
    return { argv: [...careful, ...command], env, workingDir, announces: false, notGiven: [] };
  const words = environmentWords(env);
  const become = ['/bin/sh', '-c', becomeScript(words), 'sh', '.', ...command];
  const argv = ['/bin/sh', '-c', joinScript, 'sh', ...run.cgroups, '--', ...careful, ...become];
  return { argv, env: { ...helperEnvironment, ...words.carried }, workingDir, announces: true, notGiven: [] };
}

function powersOf({ settings, setpriv }: Surroundings): Parameters<typeof plainRights>[1] {
  return { root: settings.root, setpriv: setpriv !== undefined };
}

/** The user to change to; undefined where it is ours already or cannot be had. */
function userOf(launch: Launch, settings: ShimSettings): { uid: number; gid: number } | undefined {
  const user = wantedUser(launch);
  if (user === undefined || !settings.root || process.getuid?.() === user.uid) return undefined;
  return user;
}
function notGiven(launch: Launch, settings: ShimSettings): string[] {
  const out: string[] = [];
  const where = `container ${launch.container}`;
  for (const mount of launch.mounts) {
    if (mount.from !== mount.to)
      out.push(`${where}: nothing can be mounted at ${mount.to}: without isolation a pod sees the files of this machine`);
  }
  const user = wantedUser(launch);
  if (user !== undefined && !settings.root && user.uid !== process.getuid?.()) {
    out.push(`${where}: it cannot run as user ${user.uid}: only root may give a process another user than its own`);
  }
  if (launch.readOnlyRoot === true)
    out.push(`${where}: its root file system cannot be read-only: without isolation it is that of this machine`);
  if (launch.tty) out.push(`${where}: it gets no terminal: this runtime has none to give`);
  return out;
}
