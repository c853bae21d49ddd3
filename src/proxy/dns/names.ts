import { isIPv4, isIPv6 } from 'node:net';
import type { ServiceHost } from '../../api/service-table.ts';

/** The label of one endpoint under its Service: its host name, else its address with dashes, as CoreDNS has it. */
export function hostOf({ address, hostname }: ServiceHost): string {
  return hostname ?? address.replaceAll(/[.:]/g, '-');
}

/** The address that a name such as `4.3.96.127.in-addr.arpa` asks for; undefined where it is none. */
export function reverseAddress(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const address = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.');
    return isIPv4(address) ? address : undefined;
  }
  if (!name.endsWith('.ip6.arpa')) return undefined;
  const digits = name.slice(0, -'.ip6.arpa'.length).split('.').reverse();
  if (digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) return undefined;
  const groups = Array.from({ length: 8 }, (_, at) => digits.slice(at * 4, at * 4 + 4).join(''));
  return shortIPv6(groups.join(':'));
}

/** The one usual spelling, in which tables have addresses. */
function shortIPv6(address: string): string | undefined {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : undefined;
}
