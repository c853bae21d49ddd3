import { connect, type Socket } from 'node:net';
import type { ServiceTable } from '../../api/service-table.ts';
import { errorText, type Log } from '../../base/log.ts';
import { RuntimeError } from '../runtime.ts';
import type { BlockClaims } from './block-claims.ts';
import { runExec } from './exec-session.ts';
import {
  lineOf,
  lineReader,
  type Answer,
  type ExecRequest,
  type Operation,
  type Operations,
  type Request,
  type ShimSettings,
} from './protocol.ts';
import type { ShimPods } from './shim-pods.ts';

export interface ConnectionContext {
  readonly pods: ShimPods;
  readonly settings: ShimSettings;
  readonly claims: BlockClaims;
  readonly log: Log;
  serve(table: ServiceTable): Promise<void>;
  end(): void;
}

/**
 * Serves one client of the shim. The first line says what it is: `CONNECT <address> <port>`, answered by `OK` or `ERR <why>` and then
 * piped both ways; a JSON `exec`; or requests, one line each, answered in any order, with the news of exits in between.
 */
export function acceptConnection(socket: Socket, context: ConnectionContext): void {
  socket.on('error', (error) => context.log.debug('a client is gone', { error: errorText(error) }));
  let begun = Buffer.alloc(0);
  const first = (chunk: Buffer) => {
    begun = Buffer.concat([begun, chunk]);
    const at = begun.indexOf(10);
    if (at < 0) return;
    socket.off('data', first);
    socket.off('end', gone);
    const line = begun.toString('utf8', 0, at);
    if (line.startsWith('CONNECT ')) return relay(socket, line, begun.subarray(at + 1));
    const read = line.startsWith('{"exec"') ? execReader(socket, context) : requestReader(socket, context);
    read(begun);
    socket.on('data', read);
  };
  const gone = () => socket.destroy();
  socket.on('data', first);
  socket.once('end', gone);
}

/** Joins the client to a port in the pods' network, each direction ending by itself. */
function relay(socket: Socket, line: string, early: Buffer): void {
  const [, address, port] = line.split(' ');
  socket.pause();
  const target = connect({ host: address ?? '', port: Number(port), allowHalfOpen: true });
  target.setNoDelay(true);
  let joined = false;
  target.once('error', (error) => {
    if (joined) socket.destroy();
    else socket.end(`ERR ${error.message}\n`);
  });
  target.once('connect', () => {
    joined = true;
    socket.write('OK\n');
    if (early.length > 0) target.write(early);
    socket.pipe(target);
    target.pipe(socket);
  });
  socket.once('close', () => target.destroy());
  target.once('close', () => socket.end());
}

function execReader(socket: Socket, context: ConnectionContext): (chunk: Buffer) => void {
  let input: ((line: unknown) => void) | undefined;
  socket.once('end', () => socket.destroy());
  return guarded(socket, context, (line) => {
    if (input !== undefined) return input(line);
    const { exec } = line as ExecRequest;
    input = () => undefined;
    try {
      input = runExec(socket, context.pods.beside(exec.id, exec.command), exec.stdin);
    } catch (error) {
      socket.end(lineOf({ error: failureOf(error) }));
    }
  });
}

function requestReader(socket: Socket, context: ConnectionContext): (chunk: Buffer) => void {
  const forget = context.pods.onExit((exited, exit) => socket.write(lineOf({ exited, exit })));
  socket.once('close', forget);
  socket.once('end', () => socket.end());
  return guarded(socket, context, (line) => {
    const request = line as Request;
    void answer(request, context).then((sent) => {
      if (!socket.destroyed) socket.write(lineOf(sent));
    });
  });
}

/** A client that sends nonsense is cut off; the others are served on. */
function guarded(socket: Socket, context: ConnectionContext, onLine: (line: unknown) => void): (chunk: Buffer) => void {
  const read = lineReader(onLine);
  return (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      context.log.error('a client sends what is no request', { error: errorText(error) });
      socket.destroy();
    }
  };
}

async function answer(request: Request, context: ConnectionContext): Promise<Answer> {
  try {
    const handle = handlers[request.op] as (input: unknown, context: ConnectionContext) => unknown;
    return { id: request.id, output: await handle(request.input, context) };
  } catch (error) {
    if (!(error instanceof RuntimeError)) context.log.error('a request failed', { op: request.op, error: errorText(error) });
    return { id: request.id, error: failureOf(error) };
  }
}
function failureOf(error: unknown): { reason: string; message: string } {
  return { reason: error instanceof RuntimeError ? error.reason : 'CreateContainerError', message: errorText(error) };
}

type Handlers = {
  readonly [Op in Operation]: (
    input: Operations[Op]['input'],
    context: ConnectionContext,
  ) => Operations[Op]['output'] | Promise<Operations[Op]['output']>;
};
const handlers: Handlers = {
  hello: (_input, { pods, settings }) => ({ mode: settings.mode, pid: process.pid, network: settings.network, containers: pods.running }),
  list: (_input, { pods }) => pods.list(),
  openPod: async ({ pod }, { pods }) => ({ notGiven: await pods.open(pod) }),
  removePod: async ({ uid }, { pods }) => {
    await pods.remove(uid);
    return {};
  },
  start: ({ podUid, launch }, { pods }) => pods.start(podUid, launch),
  stop: ({ id, graceMs }, { pods }) => pods.stop(id, graceMs),
  stats: ({ podUid }, { pods }) => pods.stats(podUid),
  memoryFolder: async ({ podUid, path, sizeBytes }, { pods }) => {
    await pods.memoryFolder(podUid, path, sizeBytes);
    return {};
  },
  claim: async ({ block }, { claims }) => ({ claimed: await claims.claim(block) }),
  serve: async ({ table }, context) => {
    await context.serve(table);
    return {};
  },
  end: (_input, context) => {
    context.end();
    return {};
  },
};
