import type { SourceCredentials, SourceSpec } from '../source.ts';
import { withSettings } from './git-program.ts';
import { quoted, refused } from './paths.ts';

/** Where to fetch from, with all that proves who we are kept apart from the address. */
export interface Remote {
  /** Without user and password; what messages show and what git is given. */
  readonly url: string;
  /** Credentials and rules of this remote. Never logged. */
  readonly environment: Readonly<Record<string, string>>;
  /** Texts that must not appear in any message. */
  readonly secrets: readonly string[];
}

/** Path of a repository or folder on this machine; undefined for a remote. */
export function localPath(repo: string): string | undefined {
  if (repo.startsWith('file://')) {
    const url = parseUrl(repo);
    if (url === undefined || (url.hostname !== '' && url.hostname !== 'localhost'))
      throw refused(`${quoted(repo)} names no path on this machine: write it like file:///srv/repo.git`);
    return decodeURIComponent(url.pathname);
  }
  return isScpLike(repo) || /^[a-z][a-z0-9+.-]*:/i.test(repo) ? undefined : repo;
}

/** @throws ReconcileError SourceRefused for an address that git must not be given */
export function remoteOf(spec: SourceSpec): Remote {
  const { repo, credentials = {} } = spec;
  if (repo === '' || repo.startsWith('-') || /[\u0000-\u0020\u007f]/.test(repo))
    throw refused(`${quoted(repo)} is no address of a repository`);
  if (/^[a-z0-9+.-]*::/i.test(repo)) throw refused(`${quoted(repo)} asks git to run a helper, which is refused: use https, ssh or file`);
  if (isScpLike(repo)) return sshRemote(repo, credentials);
  const url = parseUrl(repo);
  if (url === undefined) throw refused(`${quoted(repo)} is no address of a repository`);
  if (url.hostname.startsWith('-')) throw refused(`the host ${quoted(url.hostname)} begins with "-"`);
  if (url.protocol === 'ssh:') return sshRemote(withoutPassword(url), credentials);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return webRemote(url, credentials);
  const why =
    url.protocol === 'http:'
      ? 'http carries credentials and manifests in the clear, and is taken only from this machine'
      : `${url.protocol.slice(0, -1)} is not taken`;
  throw refused(`${quoted(redact(repo, secretsOf(url)))}: ${why}; use https, ssh or file`);
}

function sshRemote(url: string, credentials: SourceCredentials): Remote {
  const options = [
    '-o BatchMode=yes',
    '-o StrictHostKeyChecking=yes',
    '-o ConnectTimeout=20',
    '-o ServerAliveInterval=15',
    '-o ForwardAgent=no',
    '-o ClearAllForwardings=yes',
  ];
  if (credentials.sshKeyFile !== undefined)
    options.push('-F /dev/null', '-o IdentitiesOnly=yes', `-i ${shellPath(credentials.sshKeyFile)}`);
  if (credentials.knownHostsFile !== undefined)
    options.push(`-o UserKnownHostsFile=${shellPath(credentials.knownHostsFile)}`, '-o GlobalKnownHostsFile=/dev/null');
  return { url, environment: { GIT_SSH_COMMAND: `ssh ${options.join(' ')}`, GIT_SSH_VARIANT: 'ssh' }, secrets: [] };
}
/** GIT_SSH_COMMAND goes through a shell. */
function shellPath(path: string): string {
  if (!/^[\w./@+-]+$/.test(path) || path.startsWith('-'))
    throw refused(`${quoted(path)} cannot be handed to ssh: use letters, digits and ./_-@+ in paths of keys`);
  return path;
}

function webRemote(url: URL, credentials: SourceCredentials): Remote {
  const username = credentials.username ?? (decodeURIComponent(url.username) || undefined);
  const token = credentials.token ?? (decodeURIComponent(url.password) || undefined);
  const settings: Record<string, string> = {
    'http.lowSpeedLimit': '500',
    'http.lowSpeedTime': '60',
    'http.followRedirects': token === undefined ? 'initial' : 'false',
  };
  const secrets = secretsOf(url);
  if (token !== undefined || username !== undefined) {
    const basic = Buffer.from(`${username ?? 'git'}:${token ?? ''}`).toString('base64');
    settings['http.extraHeader'] = `Authorization: Basic ${basic}`;
    secrets.push(basic, ...(token === undefined ? [] : [token, encodeURIComponent(token)]));
  }
  const files = {
    'http.sslCert': credentials.clientCertificateFile,
    'http.sslKey': credentials.clientKeyFile,
    'http.sslCAInfo': credentials.caFile,
  };
  for (const [key, file] of Object.entries(files)) if (file !== undefined) settings[key] = file;
  const protocols = url.protocol === 'http:' ? { GIT_ALLOW_PROTOCOL: 'https:http' } : { GIT_ALLOW_PROTOCOL: 'https' };
  return { url: withoutPassword(url), environment: withSettings(settings, protocols), secrets };
}

/** A message without any of the secrets, and without user and password in addresses. */
export function redact(text: string, secrets: readonly string[]): string {
  let out = text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, '$1');
  for (const secret of secrets) if (secret !== '') out = out.replaceAll(secret, '***');
  return out;
}
/** A repository's address as messages and status may show it. */
export function shownRepo(repo: string): string {
  return redact(repo, []);
}

function secretsOf(url: URL): string[] {
  return [url.password, decodeURIComponent(url.password)].filter((text) => text !== '');
}
function withoutPassword(url: URL): string {
  const copy = new URL(url);
  copy.password = '';
  if (copy.protocol !== 'ssh:') copy.username = '';
  return copy.href;
}
function isScpLike(repo: string): boolean {
  return (
    /^(?:[\w.+-]+@)?(?:[\w.-]+|\[[0-9a-f:]+\]):(?!\/\/|:)/i.test(repo) &&
    !/^[a-z]:[\\/]/i.test(repo) &&
    !/^(https?|ssh|file|git):/i.test(repo) &&
    !repo.startsWith('/') &&
    !repo.startsWith('.') &&
    !repo.startsWith('-')
  );
}
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
