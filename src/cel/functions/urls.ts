import { overload, type Overload } from '../declare.ts';
import { CelError, CelMap, type Opaque } from '../value.ts';

/** The parts of a URL as Go's net/url has them. */
class Url implements Opaque {
  readonly opaque = 'kubernetes.URL';
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  constructor(text: string, parts: { scheme: string; host: string; path: string; query: string }) {
    this.text = text;
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path;
    this.query = parts.query;
  }
  equals(other: Opaque): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

const whole = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/is;
/** An absolute URI or an absolute path, as url.ParseRequestURI takes it; undefined for anything else. */
function parse(text: string): Url | undefined {
  const match = whole.exec(text);
  if (match === null || text === '' || hasControl(text)) return undefined;
  const [, scheme = '', authority, path = '', query = ''] = match;
  // Something like mailto:me@example.com is opaque, and no request can go there; what has no scheme is a path.
  const reachable = scheme === '' ? authority === undefined && path.startsWith('/') : authority !== undefined || path.startsWith('/');
  const site = authority ?? '';
  if (!reachable || /%(?![0-9a-f]{2})/i.test(path) || site.includes(' ')) return undefined;
  const host = site.replace(/^.*@/, '');
  return isHost(host) ? new Url(text, { scheme: scheme.toLowerCase(), host, path, query }) : undefined;
}
/** Control characters, and delete. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
const isHost = (host: string): boolean =>
  host.startsWith('[') ? /^\[[0-9a-f:.]+(?:%25[^\]]+)?\](?::\d*)?$/i.test(host) : /^[^:[\]]*(?::\d*)?$/.test(host);
const hostname = ({ host }: Url): string => (host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, ''));
const port = ({ host }: Url): string => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';

function read(text: string): Url {
  const url = parse(text);
  if (url === undefined)
    throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return url;
}
/** Path characters that need it are escaped. */
const escapedPath = ({ path }: Url): string => path.replaceAll(/[^!$&'()*+,\-./0-9:;=@A-Z_a-z~%]/gu, (char) => encodeURIComponent(char));
function queryOf({ query }: Url): CelMap {
  const entries = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) entries.set(name, [...(entries.get(name) ?? []), value]);
  return new CelMap(entries);
}

export const urls: readonly Overload[] = [
  overload('url(string): url', read, 'traverse'),
  overload('isURL(string): bool', (text: string) => parse(text) !== undefined, 'traverse'),
  overload('url.getScheme(): string', ({ scheme }: Url) => scheme),
  overload('url.getHost(): string', ({ host }: Url) => host),
  overload('url.getHostname(): string', hostname),
  overload('url.getPort(): string', port),
  overload('url.getEscapedPath(): string', escapedPath),
  overload('url.getQuery(): map<string, list<string>>', queryOf),
];
