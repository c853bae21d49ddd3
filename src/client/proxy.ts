import { BlockList, isIP } from 'node:net';

/**
 * The proxy that an environment names for a server, as Go's httpproxy reads it: HTTPS_PROXY or HTTP_PROXY by the server's protocol,
 * unless NO_PROXY names the host. This machine itself is never reached by a proxy. Undefined: straight.
 */
export function proxyFor(server: URL, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const read = (name: string): string => environment[name] ?? environment[name.toLowerCase()] ?? '';
  const proxy = read(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === '') return undefined;
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return undefined;
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  const spared = read('NO_PROXY')
    .split(',')
    .some((entry) => names(entry.trim().toLowerCase(), host, port));
  if (spared) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Does an entry of NO_PROXY name a host: `*`, an address, a range, a domain with all below it, `.domain` below alone; with a port if it has one. */
function names(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const split = /^(.*):(\d+)$/.exec(isIP(entry) === 6 ? '' : entry);
  if (split !== null && split[2] !== port) return false;
  const name = (split?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*\./, '.');
  if (isIP(name) !== 0) return name === host;
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function inRange(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), type);
  return range.check(host, type);
}
