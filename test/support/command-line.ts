import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { run } from '../../src/cli/run.ts';

export interface CommandRun {
  readonly code: number;
  /** Both streams, in order. */
  readonly output: string;
}

/** Runs one command line in this process: as fast as its work, where a process of its own is not the point. No terminal. */
export async function runCommand(
  args: readonly string[],
  at: { directory: string; variables: Readonly<Record<string, string>> },
): Promise<CommandRun> {
  const written: string[] = [];
  const stream = { isTTY: false, columns: 80, write: (text: string) => written.push(text) > 0 };
  const environment: Environment = {
    variables: at.variables,
    directory: at.directory,
    home: at.directory,
    clock: realClock(),
    random: secureRandom(),
    // commands read no more of the streams than this
    stdin: { isTTY: false } as Partial<NodeJS.ReadStream> as NodeJS.ReadStream,
    stdout: stream as Partial<NodeJS.WriteStream> as NodeJS.WriteStream,
    stderr: stream as Partial<NodeJS.WriteStream> as NodeJS.WriteStream,
    interrupted: new AbortController().signal,
  };
  const code = await run(args, environment);
  return { code, output: written.join('') };
}
