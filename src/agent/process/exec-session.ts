import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Invocation } from './confinement.ts';
import { signalNumber } from './container.ts';
import { lineOf, type ExecInput, type ExecOutput } from './protocol.ts';
import { sendSignal } from './processes.ts';
import { spawnInvocation } from './spawn-invocation.ts';

const longestSaid = 1000;

/**
 * Runs a command for one connection: output goes out as it comes, no faster than it is taken; the exit code is last.
 * A command that is not there is an error. The end of the connection kills the command. Answers what takes the lines that follow from the client.
 */
export function runExec(socket: Socket, invocation: Invocation, stdin: boolean): (line: unknown) => void {
  const child = spawnInvocation(invocation, stdin);
  const send = (output: ExecOutput) => socket.write(lineOf(output));
  const forward = (stream: Readable, name: 'stdout' | 'stderr') =>
    stream.on('data', (chunk: Buffer) => {
      if (send({ [name]: chunk.toString('base64') })) return;
      stream.pause();
      socket.once('drain', () => stream.resume());
    });
  let said = '';
  (child.stdio[3] as Readable | null | undefined)?.on('data', (chunk: Buffer) => {
    if (said.length < longestSaid) said += chunk.toString();
  });
  forward(child.stdout as Readable, 'stdout');
  forward(child.stderr as Readable, 'stderr');
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.once('error', (error) => {
    send({ error: { reason: 'ExecFailed', message: `cannot start ${invocation.argv[0] ?? ''}: ${error.message}` } });
    socket.end();
  });
  child.once('close', (code, signal) => {
    if (child.pid === undefined) return;
    // What leads to the command says there that it has begun, or why it has not.
    const why = said.trim();
    const begun = why === '' || why === 'ok';
    send(begun ? { code: code ?? 128 + signalNumber(signal) } : { error: { reason: 'ExecFailed', message: why } });
    socket.end();
  });
  socket.once('close', () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) sendSignal(-child.pid, 'SIGKILL');
  });
  return (line) => {
    const input = line as ExecInput;
    if (input.stdin !== undefined) child.stdin?.write(Buffer.from(input.stdin, 'base64'));
    if (input.stdinEnd === true) child.stdin?.end();
  };
}
