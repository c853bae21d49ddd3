import { errorText } from '../../base/log.ts';
import type { ProbeResult } from '../runtime.ts';
import type { ProbeTarget } from './target.ts';

/** As kubelet's limit on what it reads of a command. */
const longestOutput = 10 * 1024;

/** Runs a command in the container; exit code 0 is success, else its output tells why. One that cannot be run says nothing of the container. */
export async function probeExec(
  command: readonly string[],
  target: ProbeTarget,
  limit: { signal: AbortSignal; seconds: number },
): Promise<ProbeResult> {
  try {
    const { code, output } = await runCommand(command, target, limit.signal);
    if (limit.signal.aborted) return timedOut(command, limit.seconds);
    return { success: code === 0, message: code === 0 ? '' : output };
  } catch (error) {
    if (limit.signal.aborted) return timedOut(command, limit.seconds);
    return errored(error);
  }
}

/** The result of an attempt that could not be made. */
export function errored(error: unknown): ProbeResult {
  return { success: false, message: errorText(error), errored: true };
}

/** Answers the exit code and the first part of what the command wrote. @throws Error where it cannot be run */
export async function runCommand(
  command: readonly string[],
  { running }: Pick<ProbeTarget, 'running'>,
  signal: AbortSignal,
): Promise<{ code: number; output: string }> {
  if (running.exec === undefined) throw new Error('this runtime cannot run commands in containers');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const sink = (): WritableStream<Uint8Array> =>
    new WritableStream({
      write: (chunk) => {
        if (size < longestOutput) chunks.push(chunk.subarray(0, longestOutput - size));
        size += chunk.length;
      },
    });
  const code = await running.exec(command, { stdout: sink(), stderr: sink() }, signal);
  return { code, output: Buffer.concat(chunks).toString('utf8') };
}

function timedOut(command: readonly string[], seconds: number): ProbeResult {
  return { success: false, message: `command timed out: "${command.join(' ')}" timed out after ${seconds}s` };
}
