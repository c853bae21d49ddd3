import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Processes by the value of a variable of their environment: `pod-1` -> the pids that have `NAME=pod-1`. */
export function processesBy(variable: string): Map<string, number[]> {
  const out = new Map<string, number[]>();
  for (const pid of allPids()) {
    const words = textOf(`/proc/${pid}/environ`).split('\0');
    const found = words.find((word) => word.startsWith(`${variable}=`))?.slice(variable.length + 1);
    if (found !== undefined) out.set(found, [...(out.get(found) ?? []), pid]);
  }
  return out;
}

/** Processes of Node that run a program whose name ends so, with the folder as its argument. */
export function nodesOf(program: string, folder: string): number[] {
  return allPids().filter((pid) => {
    const [node, file, argument] = textOf(`/proc/${pid}/cmdline`).split('\0');
    return node === process.execPath && file?.endsWith(program) === true && argument === folder;
  });
}

/**
 * What there is on this machine of the runtime `process` in a data directory: processes that name it in their words, environment or
 * working folder, mounts of any process below it, control groups, interfaces with their addresses and routes, sockets, what pods had.
 */
export function ofDataDirectory(dataDir: string): string[] {
  const runtimeFolder = join(dataDir, 'pods');
  const digest = createHash('sha256').update(runtimeFolder).digest('hex').slice(0, 12);
  const out: string[] = [];
  const mounts = new Set<string>();
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    const [words, environment, mountInfo] = ['cmdline', 'environ', 'mountinfo'].map((name) => textOf(`/proc/${pid}/${name}`));
    const named = [words, environment, linkOf(`/proc/${pid}/cwd`)].some((text) => text?.includes(dataDir) === true);
    if (named) out.push(`process ${pid}: ${words?.replaceAll('\0', ' ')}`);
    for (const line of (mountInfo ?? '').split('\n')) if (line.includes(dataDir)) mounts.add(line);
  }
  out.push(...[...mounts].map((line) => `mount ${line}`));
  out.push(...linesWith(['-br', 'link'], `s${digest}`), ...linesWith(['-br', 'addr'], `s${digest}`), ...linesWith(['route'], `s${digest}`));
  out.push(...cgroupsNamed(`steersman-${digest}`));
  for (const path of ['pods/pods', 'pods/mnt']) out.push(...filesBelow(join(dataDir, path)));
  out.push(...memoryFolders(dataDir));
  for (const path of ['pods/shim.sock', 'gateway.sock', 'run.json']) if (existsSync(join(dataDir, path))) out.push(join(dataDir, path));
  return out;
}

/** Where secrets of pods are in memory. */
export function memoryFolders(dataDir: string): string[] {
  const roots = [join(dataDir, 'pods'), join(dataDir, 'pods', 'pods')];
  return roots.map((root) => memoryOf(root)).filter((path) => existsSync(path));
}

function filesBelow(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))) : [];
}
/** Where the agent keeps secrets of the pods whose folders are below `root`. */
function memoryOf(root: string): string {
  return `/dev/shm/steersman-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
}

/** Sockets of this machine that listen on one of the addresses. */
export function listenersAt(addresses: ReadonlySet<string>): string[] {
  return ['tcp', 'udp'].flatMap((name) =>
    textOf(`/proc/net/${name}`)
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state] = line.trim().split(/\s+/);
        const hex = local.split(':')[0] ?? '';
        const address = [3, 2, 1, 0].map((at) => parseInt(hex.slice(at * 2, at * 2 + 2), 16)).join('.');
        return addresses.has(address) && (name === 'udp' || state === '0A') ? [`${name} ${address}`] : [];
      }),
  );
}

function linesWith(words: readonly string[], text: string): string[] {
  const found = execFileSync('ip', words, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text));
  return found.map((line) => `ip ${words.join(' ')}: ${line}`);
}
function cgroupsNamed(name: string): string[] {
  if (!existsSync('/sys/fs/cgroup')) return [];
  return execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '');
}
function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
/** Empty for a process that has gone or is another user's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // Gone, or another user's.
  }
}
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // Gone, or another user's.
  }
}
