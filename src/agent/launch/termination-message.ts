import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container } from '../../api/kinds.generated.ts';
import type { Clock } from '../../base/clock.ts';
import type { Exit, RunningContainer } from '../runtime.ts';
import { missingIs } from '../volumes/missing.ts';

/** A kubelet's limits: bytes of a file, and bytes and lines of a log. */
const longestMessage = 4096;
const longestLog = { bytes: 2048, lines: 80 };

/** The file of one run of a container into which it may write why it ends. */
export function messageFile(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, 'containers', container, `${attempt}.message`);
}

/** Makes the file empty, for whoever the container runs as. */
export async function makeMessageFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, '');
  await chmod(path, 0o666);
}

/** What a container left as its last words: its file, or by its policy the end of its log after a failure; undefined when there is none. */
export async function terminationMessage(
  container: Container,
  about: { readonly running: RunningContainer; readonly exit: Exit; readonly file: string | undefined; readonly clock: Clock },
): Promise<string | undefined> {
  const { running, exit, file, clock } = about;
  const written = file === undefined ? '' : await clock.outside(beginningOf(file));
  if (written !== '') return written;
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exit.code === 0) return undefined;
  return endOfLog(running);
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch(missingIs<undefined>(undefined));
  if (file === undefined) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(longestMessage), 0, longestMessage, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function endOfLog(running: RunningContainer): Promise<string | undefined> {
  const lines: string[] = [];
  for await (const { line } of running.logs({ follow: false, signal: new AbortController().signal })) {
    lines.push(line);
    if (lines.length > longestLog.lines) lines.shift();
  }
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return text.length === 0 ? undefined : text.subarray(Math.max(0, text.length - longestLog.bytes)).toString('utf8');
}
