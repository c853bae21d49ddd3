import { createHash } from 'node:crypto';
import { allProcesses } from './processes.ts';
import { bridge } from './pod-network.ts';
import type { ShimSettings } from './protocol.ts';
import { runScript } from './script.ts';

/**
 * Joins the machine to the pods' network by a pair of virtual interfaces: the machine gets an address in it, and routes to the pods
 * and, where nobody else has one, to cluster addresses. All of it ends with the shim's network namespace. Root alone may do this.
 * A network that another Steersman has meanwhile taken is refused, by the kernel: two that start at once cannot both have it.
 * @throws RuntimeError CreatePodSandboxError
 */
export async function joinMachine(about: { folder: string; settings: ShimSettings; pid: number }): Promise<void> {
  const { network, serviceRange } = about.settings;
  const shim = allProcesses().find(({ parent }) => parent === about.pid)?.pid ?? about.pid;
  const name = `s${createHash('sha256').update(about.folder).digest('hex').slice(0, 12)}`;
  const words = [name, String(shim), bridge, `${network}.255.254`, `${network}.0.1`, serviceRange, `${network}.0.0/16`];
  await runScript('cannot join this machine to the network of the pods', joining, words);
}
/** One of the same name is that of a shim which was just killed. */
const joining = `
ip link del "$1" 2>/dev/null || true
ip link add "$1" type veth peer name uplink netns "$2"
nsenter --net="/proc/$2/ns/net" sh -e -c 'ip link set uplink master "$1" up; ip route add default via "$2"' sh "$3" "$4"
ip addr add "$4/16" dev "$1" noprefixroute
ip link set "$1" up
ip route add "$7" dev "$1" src "$4" || { ip link del "$1"; echo "the network $7 is taken" >&2; exit 1; }
ip route add "$6" via "$5" dev "$1" 2>/dev/null || true
`;
