import { connect, type Socket } from 'node:net';
import { PassThrough, type Duplex } from 'node:stream';
import { RuntimeError, type ExecStreams } from '../runtime.ts';
import {
  lineOf,
  lineReader,
  type Answer,
  type ExecInput,
  type ExecOutput,
  type ExitNews,
  type Operation,
  type Operations,
} from './protocol.ts';

/** A connection to a shim that answers requests. */
export interface ShimClient {
  /** @throws RuntimeError what the shim answers; ShimGone when it ends before it answers */
  ask<Op extends Operation>(op: Op, input: Operations[Op]['input']): Promise<Operations[Op]['output']>;
  /** Resolves when the connection is lost. */
  readonly gone: Promise<void>;
  close(): void;
}

/** The shim at `path`; undefined where none listens. `exited` is told of each container that ends. */
export async function connectShim(path: string, exited: (news: ExitNews) => void): Promise<ShimClient | undefined> {
  const socket = await openSocket(path);
  if (socket === undefined) return undefined;
  const waiting = new Map<number, { resolve(output: unknown): void; reject(error: unknown): void }>();
  let next = 1;
  socket.on(
    'data',
    lineReader((line) => {
      const message = line as Answer | ExitNews;
      if ('exited' in message) return exited(message);
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) one?.resolve(message.output);
      else one?.reject(new RuntimeError(message.error.reason, message.error.message));
    }),
  );
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => socket.destroy());
  void gone.then(() => {
    for (const { reject } of waiting.values()) reject(new RuntimeError('ShimGone', 'the process that holds the containers has ended'));
    waiting.clear();
  });
  return {
    ask: <Op extends Operation>(op: Op, input: Operations[Op]['input']) =>
      new Promise<Operations[Op]['output']>((resolve, reject) => {
        const id = next++;
        if (socket.destroyed) return reject(new RuntimeError('ShimGone', 'the process that holds the containers has ended'));
        // The shim answers an operation with its own output.
        waiting.set(id, { resolve: resolve as (output: unknown) => void, reject });
        socket.write(lineOf({ id, op, input }));
      }),
    gone,
    close: () => socket.destroy(),
  };
}

function openSocket(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
  });
}

/** A connection into the pods' network, by the shim's relay. @throws Error as the connection fails there */
export async function dialThrough(path: string, address: string, port: number): Promise<Duplex> {
  const socket = await openSocket(path);
  if (socket === undefined) throw new RuntimeError('ShimGone', 'the process that holds the containers does not run');
  socket.write(`CONNECT ${address} ${port}\n`);
  return new Promise((resolve, reject) => {
    let begun = Buffer.alloc(0);
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(`cannot connect to ${address}:${port}: ${why}`));
    };
    const lost = () => fail('the relay ended');
    // By `readable`, which leaves the socket as a fresh one: after `data` and a pause, who listens to `data` later would hear nothing.
    const read = () => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        begun = Buffer.concat([begun, chunk]);
      }
      const at = begun.indexOf(10);
      if (at < 0) return;
      socket.off('readable', read);
      socket.off('close', lost);
      const line = begun.toString('utf8', 0, at);
      if (line !== 'OK') return fail(line.replace(/^ERR /, ''));
      if (begun.length > at + 1) socket.unshift(begun.subarray(at + 1));
      resolve(socket);
    };
    socket.on('readable', read);
    socket.once('close', lost);
    socket.once('error', lost);
  });
}

/** Runs a command in a container, and resolves to its exit code. An abort ends the command. */
export async function execThrough(
  path: string,
  exec: { readonly id: string; readonly command: readonly string[] },
  streams: ExecStreams,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const socket = await openSocket(path);
  if (socket === undefined) throw new RuntimeError('ShimGone', 'the process that holds the containers does not run');
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    // It may have come while the socket was being opened.
    signal.throwIfAborted();
    socket.write(lineOf({ exec: { ...exec, stdin: streams.stdin !== undefined } }));
    if (streams.stdin !== undefined) void sendInput(socket, streams.stdin);
    return await takeOutput(socket, streams);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

async function sendInput(socket: Socket, stdin: ReadableStream<Uint8Array>): Promise<void> {
  const send = (input: ExecInput) => socket.destroyed || socket.write(lineOf(input));
  try {
    for await (const bytes of stdin) {
      if (socket.destroyed) return;
      if (!send({ stdin: Buffer.from(bytes).toString('base64') }))
        await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
    send({ stdinEnd: true });
  } catch {
    // Whoever gave the input broke it off: so ends the command.
    socket.destroy();
  }
}

async function takeOutput(socket: Socket, streams: ExecStreams): Promise<number> {
  const lines = new PassThrough({ objectMode: true });
  socket.on(
    'data',
    lineReader((line) => {
      if (lines.write(line)) return;
      socket.pause();
      lines.once('drain', () => socket.resume());
    }),
  );
  socket.once('close', () => lines.end());
  socket.on('error', () => socket.destroy());
  const writers = { stdout: streams.stdout.getWriter(), stderr: streams.stderr.getWriter() };
  try {
    for await (const line of lines) {
      const output = line as ExecOutput;
      if (output.error !== undefined) throw new RuntimeError(output.error.reason, output.error.message);
      if (output.code !== undefined) return output.code;
      if (output.stdout !== undefined) await writers.stdout.write(Buffer.from(output.stdout, 'base64'));
      if (output.stderr !== undefined) await writers.stderr.write(Buffer.from(output.stderr, 'base64'));
    }
    throw new RuntimeError('ShimGone', 'the command was cut off');
  } finally {
    writers.stdout.releaseLock();
    writers.stderr.releaseLock();
  }
}
