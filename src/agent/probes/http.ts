import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import type { HTTPGetAction } from '../../api/kinds.generated.ts';
import type { ProbeResult } from '../runtime.ts';
import { dial, DialError, hostOf, hostPort, portOf, type ProbeTarget } from './target.ts';

/** More of a body is not read. */
const longestBody = 10 * 1024;
const mostRedirects = 10;
const agentName = 'kube-probe/1.35';

/** A GET as a kubelet makes it: no proof of the certificate, redirects on the same host followed, 200 to 399 is success (pkg/probe/http). */
export async function probeHttp(action: HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const first = urlOf(action, target);
  try {
    const status = await follow(first, { action, target, signal });
    const success = status >= 200 && status < 400;
    return { success, message: success ? '' : `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    return { success: false, message: `Get "${first.href}": ${failureText(error, signal)}` };
  }
}

interface Get {
  readonly action: HTTPGetAction;
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
}

/** Answers the status of the last answer. */
async function follow(first: URL, get: Get): Promise<number> {
  let url = first;
  for (let count = 0; ; count++) {
    const { status, location } = await fetchOnce(url, get);
    if (location === undefined || status < 300) return status;
    const next = new URL(location, url);
    if (next.hostname !== first.hostname) return status;
    if (count >= mostRedirects - 1) throw new Error(`stopped after ${mostRedirects} redirects`);
    url = next;
  }
}

/** As kubelet's: scheme, host and port, and the path with what stands behind its question mark. */
function urlOf(action: HTTPGetAction, target: ProbeTarget): URL {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const path = action.path ?? '/';
  return new URL(
    `${scheme}://${hostPort(hostOf(target, action.host), portOf(target, action.port, action.host))}${path.startsWith('/') ? '' : '/'}${path}`,
  );
}

async function fetchOnce(url: URL, { action, target, signal }: Get): Promise<{ status: number; location: string | undefined }> {
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const socket = await dial(target, { host: action.host, port }, signal);
  try {
    const options = { method: 'GET', path: `${url.pathname}${url.search}`, headers: headersOf(action, url), signal };
    const request = secure
      ? requestSecure({ ...options, createConnection: () => secured(socket, url) })
      : requestPlain({ ...options, createConnection: () => socket });
    const answer = await answerOf(request);
    await readSome(answer);
    const redirect = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0);
    return { status: answer.statusCode ?? 0, location: redirect ? answer.headers.location : undefined };
  } finally {
    socket.destroy();
  }
}

function secured(socket: Duplex, url: URL): Duplex {
  const servername = /^[\d.[\]:]+$/.test(url.hostname) ? '' : url.hostname;
  return connectSecure({ socket, rejectUnauthorized: false, servername });
}

function headersOf(action: HTTPGetAction, url: URL): Record<string, string> {
  const own = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
  return { host: url.host, 'user-agent': agentName, accept: '*/*', connection: 'close', ...own };
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.end();
  });
}

async function readSome(answer: IncomingMessage): Promise<void> {
  let size = 0;
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    if (size >= longestBody) return;
  }
}

function failureText(error: unknown, signal: AbortSignal): string {
  if (error instanceof DialError)
    return error.timedOut ? `${error.message} (Client.Timeout exceeded while awaiting headers)` : error.message;
  if (signal.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return /hang up/.test(message) ? 'EOF' : 'read: connection reset by peer';
  if (code !== undefined && code.startsWith('HPE_')) return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL') === true) return 'tls: first record does not look like a TLS handshake';
  return message;
}

/** Makes the GET of a lifecycle hook, whose status nobody looks at. @throws Error */
export async function getOnce(action: HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<void> {
  await fetchOnce(urlOf(action, target), { action, target, signal });
}
