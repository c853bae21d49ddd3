import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ShimSettings } from './protocol.ts';
import { isBelow, type EntryKind, type MachineView } from './root-plan.ts';
import { mountTable, type MountedAt } from './mount-table.ts';
import { runScript } from './script.ts';

/** Files in which this machine keeps its own secrets: root's pods must not read them either. */
const secrets = [
  'shadow',
  'shadow-',
  'gshadow',
  'gshadow-',
  'sudoers',
  'sudoers.d',
  'ssh',
  'ssl/private',
  'kubernetes',
  'docker',
  'containerd',
]
  .map((name) => `/etc/${name}`)
  .concat(['docker', 'containerd', 'containers', 'kubelet', 'rancher', 'etcd'].map((name) => `/var/lib/${name}`));
const homes = ['/root', '/home'];
/** Nothing of the machine's is seen in these. */
const covered = ['/dev', '/proc', '/run', '/sys', '/tmp', '/var/tmp', ...homes];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * Makes the machine's files as every pod sees them, once, at `<place>/host`: read-only mount by mount, without home folders, secrets,
 * run-time state and what is to be hidden, and with the few devices that a pod needs. Programs on the search path that lie in a home
 * folder stay visible.
 */
export async function makeMachineView(place: string, settings: ShimSettings): Promise<MachineView> {
  const host = join(place, 'host');
  await runScript('cannot show pods the files of this machine', beginning, [place, ...devices]);
  const cover = [...covered.filter((path) => !['/dev', '/proc', '/sys'].includes(path)), ...secrets, ...settings.hide];
  await runScript('cannot hide files of this machine from pods', covering, [host, ...cover]);
  const tools = settings.path.split(':').filter((path) => homes.some((home) => path.startsWith(`${home}/`)) && kindAt(path) === 'folder');
  for (const tool of tools) await runScript(`cannot show ${tool} to pods`, showing, [host, prefixOf(tool)]);
  const open = visible(mountTable()).filter(({ path, flags }) => (path === host || isBelow(path, host)) && !flags.includes('ro'));
  const shown = open.filter(({ path }) => !isBelow(path, `${host}/proc`) && !isBelow(path, `${host}/dev`));
  const words = shown.flatMap(({ path, flags }) => [path, ['remount', 'bind', 'ro', ...flags].join(',')]);
  await runScript('cannot make files of this machine read-only', sealing, words);
  return viewOf(host);
}

/** Without the mounts that a later one lies over. */
function visible(table: readonly MountedAt[]): MountedAt[] {
  return table.filter(({ path }, at) => !table.slice(at + 1).some((later) => later.path === path || isBelow(path, later.path)));
}

const beginning = `
place=$1; shift
mkdir "$place/host" "$place/dev" "$place/pods" "$place/containers"
for one in "$@"; do : >"$place/dev/$one"; mount -n --bind "/dev/$one" "$place/dev/$one"; done
mkdir "$place/dev/pts" "$place/dev/shm"
ln -s /proc/self/fd "$place/dev/fd"; ln -s fd/0 "$place/dev/stdin"; ln -s fd/1 "$place/dev/stdout"; ln -s fd/2 "$place/dev/stderr"
ln -s pts/ptmx "$place/dev/ptmx"
mount -n --rbind / "$place/host"
mount -n --rbind "$place/dev" "$place/host/dev"
mount -n -t sysfs -o ro,nosuid,nodev,noexec sysfs "$place/host/sys" || mount -n -t tmpfs -o ro,size=4k tmpfs "$place/host/sys"
`;
const covering = `
host=$1; shift
for path in "$@"; do
  if [ -L "$host$path" ]; then continue
  elif [ -d "$host$path" ]; then mount -n -t tmpfs -o nosuid,nodev,size=64k,mode=0755 tmpfs "$host$path"
  elif [ -e "$host$path" ]; then mount -n --bind /dev/null "$host$path"
  fi
done
`;
const showing = `mkdir -p "$1$2"; mount -n --rbind "$2" "$1$2"`;
/** What cannot be made read-only is not shown. */
const sealing = `
while [ $# -gt 0 ]; do
  if ! mount -n -o "$2" "$1" 2>/dev/null; then
    if [ -d "$1" ]; then mount -n -t tmpfs -o ro,size=4k tmpfs "$1"; else mount -n --bind /dev/null "$1"; fi
  fi
  shift 2
done
`;

/** Of a folder of programs in a home folder: the installation that it belongs to, where it is one of Node; else the folder alone. */
function prefixOf(tool: string): string {
  const above = dirname(tool);
  return tool.endsWith('/bin') && kindAt(join(above, 'lib', 'node_modules')) === 'folder' ? above : tool;
}

function viewOf(host: string): MachineView {
  return {
    kind: (path) => kindAt(join(host, path)),
    readLink: (path) => readlinkSync(join(host, path)),
    list: (folder) =>
      readdirSync(join(host, folder), { withFileTypes: true })
        .map((entry) => ({ name: entry.name, kind: entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'folder' : 'file' }) as const)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Undefined where there is nothing, or nothing that we may look at. */
export function kindAt(path: string): EntryKind | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    return found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (['EACCES', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
