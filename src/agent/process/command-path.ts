import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { RuntimeError } from '../runtime.ts';

/** As most systems have it for root. */
export const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program that a command's first word means, looked for as execvp does.
 * @throws RuntimeError RunContainerError in the words of a container runtime
 */
export function findProgram(word: string, path: string, workingDir: string): string {
  if (word.includes('/')) {
    const program = isAbsolute(word) ? word : resolve(workingDir, word);
    const why = refusal(program);
    if (why === undefined) return program;
    throw new RuntimeError('RunContainerError', `exec: ${JSON.stringify(word)}: ${why}`);
  }
  for (const folder of path.split(':')) {
    const program = join(folder === '' ? workingDir : folder, word);
    if (refusal(program) === undefined) return program;
  }
  throw new RuntimeError('RunContainerError', `exec: ${JSON.stringify(word)}: executable file not found in $PATH`);
}

function refusal(program: string): string | undefined {
  try {
    accessSync(program, constants.X_OK);
    return statSync(program).isFile() ? undefined : 'is a directory';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : 'permission denied';
  }
}
