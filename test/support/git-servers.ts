import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createNetServer, connect, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const environment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** A new folder, gone when it is disposed of. */
export function tempFolder(prefix = 'steer-test-'): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), prefix));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A repository with a work tree, driven by the real git. */
export interface WorkRepository {
  readonly path: string;
  git(...args: string[]): string;
  /** The same without standing still: for servers that run in this process. */
  run(...args: string[]): Promise<string>;
  /** Writes files (null removes), commits, answers the commit's id. */
  commit(files: Readonly<Record<string, string | null>>, message?: string): string;
}
export function workRepository(path: string): WorkRepository {
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: path, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trim();
  git('init', '-q', '-b', 'main');
  return {
    path,
    git,
    run: async (...args) => (await promisify(execFile)('git', args, { cwd: path, env: environment })).stdout.trim(),
    commit: (files, message = 'change') => {
      for (const [name, text] of Object.entries(files)) {
        if (text === null) rmSync(join(path, name), { recursive: true, force: true });
        else {
          mkdirSync(dirname(join(path, name)), { recursive: true });
          writeFileSync(join(path, name), text);
        }
      }
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
}
/** An empty bare repository that serves parts of its history (partial clone) and takes pushes over http. */
export function bareRepository(path: string): string {
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', path], { env: environment });
  for (const [key, value] of [
    ['uploadpack.allowFilter', 'true'],
    ['uploadpack.allowAnySHA1InWant', 'true'],
    ['http.receivepack', 'true'],
  ] as const) {
    execFileSync('git', ['-C', path, 'config', key, value], { env: environment });
  }
  return path;
}

export interface GitServer extends AsyncDisposable {
  /** Address of the repository `NAME.git` in the folder that is served. */
  url(name: string): string;
}

/** `git http-backend` behind a small CGI; with `password` only who sends it (user `git`) is let in. */
export async function httpGitServer(
  root: string,
  options: { password?: string; tls?: Certificates } = {},
): Promise<GitServer & { readonly requests: string[] }> {
  const requests: string[] = [];
  const { tls } = options;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    const wanted = `Basic ${Buffer.from(`git:${options.password}`).toString('base64')}`;
    if (options.password !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no');
      return;
    }
    cgi(root, request, response);
  };
  const server =
    tls === undefined
      ? createHttpServer(answer)
      : createHttpsServer({ ...serverTls(tls), requestCert: true, rejectUnauthorized: true }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    url: (name) => `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/${name}.git`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** PEM files: an authority, a server for 127.0.0.1 and a client, both signed by it; and a client signed by nobody. */
export interface Certificates {
  readonly caFile: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
  readonly stranger: { readonly cert: string; readonly key: string };
}
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const pair = (name: string) => ({ cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) });
  const selfSigned = (name: string) => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );
    return pair(name);
  };
  selfSigned('ca');
  const signed = (name: string) => {
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), 'subjectAltName=IP:127.0.0.1\n');
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    );
    return pair(name);
  };
  return { caFile: join(folder, 'ca.crt'), server: signed('server'), client: signed('client'), stranger: selfSigned('stranger') };
}
function serverTls({ caFile, server }: Certificates): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: readFileSync(caFile), cert: readFileSync(server.cert), key: readFileSync(server.key) };
}

function cgi(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://x');
  const header = (name: string) => String(request.headers[name] ?? '');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...environment,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: 'git',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined); // It may end before it has read all.
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    let status = 200;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name, value] = line.split(/: (.*)/s) as [string, string];
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status);
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.on('close', () => response.end());
}

export interface SshGitServer extends GitServer {
  /** A private key that is let in. */
  readonly keyFile: string;
  /** Names the server's true host key. */
  readonly knownHostsFile: string;
  /** Names another key for the same host. */
  readonly wrongKnownHostsFile: string;
}

/** Whether sshd is installed. In CI it must be. */
export function hasSshd(): boolean {
  const found = existsSync('/usr/sbin/sshd');
  if (!found && process.env['CI'] !== undefined) throw new Error('there is no /usr/sbin/sshd: install openssh-server');
  return found;
}

/** A real sshd on loopback with keys of its own, serving the folder as the user who runs the tests. */
export async function sshGitServer(root: string, folder: string): Promise<SshGitServer> {
  mkdirSync(folder, { recursive: true });
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const key = (name: string) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return join(folder, name);
  };
  const [hostKey, otherKey, keyFile] = [key('host'), key('other'), key('user')];
  const port = await freePort();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const keys = write('authorized_keys', readFileSync(`${keyFile}.pub`, 'utf8'));
  const config = write(
    'sshd_config',
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${keys}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      `PidFile ${join(folder, 'pid')}`,
      '',
    ].join('\n'),
  );
  chmodSync(folder, 0o700);
  const log = join(folder, 'log');
  const child = spawn('/usr/sbin/sshd', ['-D', '-f', config, '-E', log], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await untilOpen(port, () => (existsSync(log) ? readFileSync(log, 'utf8') : 'nothing in its log'));
  const known = (file: string) => `[127.0.0.1]:${port} ${readFileSync(`${file}.pub`, 'utf8')}`;
  return {
    keyFile,
    knownHostsFile: write('known_hosts', known(hostKey)),
    wrongKnownHostsFile: write('wrong_known_hosts', known(otherKey)),
    url: (name) => `ssh://${userInfo().username}@127.0.0.1:${port}${join(root, `${name}.git`)}`,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
async function untilOpen(port: number, why: () => string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`sshd does not listen: ${why()}`);
}

/** Whether a program can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}
