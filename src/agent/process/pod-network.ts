import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './script.ts';
import type { PodRecord, ShimSettings } from './protocol.ts';

/** The bridge of the pods' network, in the shim's own network namespace. */
export const bridge = 'steer0';

/**
 * A bridge without an address of its own on the wire takes the lowest of those that are plugged into it: it would change with each pod
 * that comes or goes, and the others would send into nowhere for as long as they remember the former one.
 */
const gatewayOnTheWire = '02:00:00:00:00:01';

/** The shim's side: the bridge with the gateway's address, and cluster addresses that its own listeners can take. */
export async function makeNodeNetwork(settings: ShimSettings): Promise<void> {
  await runScript('cannot make a network for pods', nodeNetwork, [
    bridge,
    `${settings.network}.0.1/16`,
    settings.serviceRange,
    gatewayOnTheWire,
  ]);
}
const nodeNetwork = `
ip link set lo up
ip link add "$1" address "$4" type bridge forward_delay 0 mcast_snooping 0
ip addr add "$2" dev "$1"
ip link set "$1" up
ip route add local "$3" dev lo
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
`;

/** What the containers of a pod share, each kept by a file in the pod's folder: network, IPC with its memory, and host name. */
export async function openPodNetwork(folder: string, pod: PodRecord, network: string): Promise<void> {
  const words = [folder, pod.hostname, linkName(pod), `${pod.address}/16`, `${network}.0.1`, bridge];
  for (const name of ['net', 'ipc', 'uts']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'shm'));
  await runScript(`cannot give pod ${pod.name} a network`, podNetwork, words);
}
const podNetwork = `
cd "$1"
mount -n -t tmpfs -o mode=1777,nosuid,nodev,size=64m tmpfs shm
unshare --net="$1/net" --ipc="$1/ipc" --uts="$1/uts" hostname "$2"
ip -batch - <<END
link add $3 type veth peer name eth0 netns ./net
link set $3 master $6 up
END
exec nsenter --net="$1/net" sh -e -c '
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
exec ip -batch - <<END
link set lo up
addr add $1 dev eth0
link set eth0 up
route add default via $2
END
' sh "$4" "$5"
`;

export async function closePodNetwork(folder: string, pod: PodRecord): Promise<void> {
  await runScript(`cannot take the network of pod ${pod.name} away`, podEnd, [folder, linkName(pod)]);
}
/** Each step may find its thing gone, where the pod was never quite opened. */
const podEnd = `
ip link del "$2" 2>/dev/null || true
for one in net ipc uts shm; do umount -n -l "$1/$one" 2>/dev/null || true; done
rm -rf "$1"
`;

function linkName(pod: PodRecord): string {
  return `p${createHash('sha256').update(pod.uid).digest('hex').slice(0, 12)}`;
}

/** What a pod has sent and received, from inside its network. */
export function trafficOf(pid: number): { receivedBytes: number; sentBytes: number } {
  const line = readFileSync(join('/proc', String(pid), 'net/dev'), 'utf8')
    .split('\n')
    .find((one) => one.trim().startsWith('eth0:'));
  const fields = (line ?? '').trim().split(/\s+/);
  return { receivedBytes: Number(fields[1] ?? 0), sentBytes: Number(fields[9] ?? 0) };
}
