import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { unlessAborted } from '../../base/abort.ts';
import type { ProbeResult } from '../runtime.ts';
import { dial, DialError, hostOf, hostPort, portOf, type ProbeTarget } from './target.ts';

interface GrpcAction {
  readonly port: number;
  readonly service?: string;
}

/** grpc.health.v1.Health/Check over cleartext HTTP/2, in the words of a kubelet (pkg/probe/grpc). */
export async function probeGrpc(
  action: GrpcAction,
  target: ProbeTarget,
  limit: { signal: AbortSignal; seconds: number },
): Promise<ProbeResult> {
  const port = portOf(target, action.port, undefined);
  const address = hostPort(hostOf(target, undefined), port);
  const { signal, seconds } = limit;
  let socket;
  try {
    socket = await dial(target, { host: undefined, port }, signal);
  } catch (error) {
    // A Go client goes on trying to connect until its time is up, so every failure is a timeout there.
    const why = error instanceof DialError && !error.timedOut ? `: ${error.message}` : '';
    return failed(`timeout: failed to connect service "${address}" within ${seconds}s: context deadline exceeded${why}`);
  }
  const stream = socket;
  const session = connect(`http://${address}`, { createConnection: () => stream });
  session.on('error', () => undefined); // Its requests fail with it.
  try {
    return verdict(await unlessAborted(check(session, action.service ?? ''), signal));
  } catch (error) {
    if (signal.aborted) return failed(`timeout: health rpc did not complete within ${seconds}s`);
    return failed(`error: health rpc probe failed: rpc error: code = Unavailable desc = ${(error as Error).message}`);
  } finally {
    session.destroy();
    stream.destroy();
  }
}

interface Answer {
  /** grpc-status; 0 is OK. */
  readonly code: number;
  readonly message: string;
  readonly status: string;
}

function verdict({ code, message, status }: Answer): ProbeResult {
  if (code === unimplemented) {
    return failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`);
  }
  if (code !== 0) return failed(`error: health rpc probe failed: rpc error: code = ${codeNames[code] ?? String(code)} desc = ${message}`);
  return status === 'SERVING' ? { success: true, message: '' } : failed(`service unhealthy (responded with "${status}")`);
}
const failed = (message: string): ProbeResult => ({ success: false, message });

const unimplemented = 12;
const codeNames: Readonly<Record<number, string>> = {
  1: 'Canceled',
  2: 'Unknown',
  3: 'InvalidArgument',
  4: 'DeadlineExceeded',
  5: 'NotFound',
  7: 'PermissionDenied',
  8: 'ResourceExhausted',
  13: 'Internal',
  14: 'Unavailable',
  16: 'Unauthenticated',
};
const statuses: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

function check(session: ClientHttp2Session, service: string): Promise<Answer> {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_USER_AGENT]: 'kube-probe/1.35',
    te: 'trailers',
  });
  stream.end(framed(requestBytes(service)));
  return answerOf(stream);
}

/** HealthCheckRequest: field 1, the name of the service. */
function requestBytes(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
}
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    bytes.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) return Buffer.from(bytes);
  }
}
/** Not compressed, and the length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (found) => Object.assign(headers, found));
    stream.on('trailers', (found) => Object.assign(headers, found));
    stream.on('data', (chunk: Buffer) => chunks.length < 64 && chunks.push(chunk));
    stream.once('error', reject);
    stream.once('end', () => {
      if (headers[':status'] !== 200)
        return reject(new Error(`unexpected HTTP status code received from server: ${String(headers[':status'])}`));
      const message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
      resolve({ code: Number(headers['grpc-status'] ?? 2), message, status: statusOf(Buffer.concat(chunks)) });
    });
  });
}

/** HealthCheckResponse behind its frame: field 1, the status. */
function statusOf(body: Buffer): string {
  const message = body.subarray(5);
  const value = message.length >= 2 && message[0] === 0x08 ? (message[1] as number) : 0;
  return statuses[value] ?? String(value);
}
