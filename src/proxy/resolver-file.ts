import { isIP } from 'node:net';
import type { Upstream } from './dns/forwarder.ts';

/** The name servers of a resolv.conf(5), at most three, as resolvers take them; without `except`, who would ask himself. */
export function nameServers(text: string, except: readonly string[] = []): readonly Upstream[] {
  const addresses = text.split('\n').flatMap((line) => {
    const [word, address = ''] = line.trim().split(/\s+/);
    // A zone (`fe80::1%eth0`) belongs to the machine that wrote it, which is this one.
    return word === 'nameserver' && isIP(address) !== 0 && !except.includes(address) ? [address] : [];
  });
  return [...new Set(addresses)].slice(0, 3).map((address) => ({ address }));
}
