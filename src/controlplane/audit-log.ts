import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import { isMissing } from './private-files.ts';

export interface AuditLogOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A file that has grown beyond this becomes `<path>.1`. 16 MiB. */
  readonly maxBytes?: number;
  /** How many older files are kept. 4. */
  readonly keep?: number;
}

/** A log file of lines. Lines that come while one write is under way go into the next together. */
export class AuditLog {
  readonly #options: Required<AuditLogOptions>;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #size = 0;

  constructor(options: AuditLogOptions) {
    this.#options = { maxBytes: 16 * 1024 * 1024, keep: 4, ...options };
  }

  /** Never throws and never waits; a line ends with a newline. */
  write(line: string): void {
    this.#waiting.push(line);
    this.#writing ??= this.#options.clock.outside(this.#drain());
  }

  /** Resolves when every line is written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const bytes = Buffer.from(this.#waiting.splice(0).join(''));
        const file = await this.#ready();
        await file.appendFile(bytes);
        this.#size += bytes.length;
      }
    } catch (error) {
      this.#options.log.error('the audit log cannot be written', { path: this.#options.path, error: errorText(error) });
    } finally {
      this.#writing = undefined;
    }
  }

  async #ready(): Promise<FileHandle> {
    const { path, maxBytes } = this.#options;
    if (this.#file !== undefined && this.#size >= maxBytes) {
      await this.#file.close();
      this.#file = undefined;
      await this.#rotate();
    }
    if (this.#file === undefined) {
      this.#size = await sizeOf(path);
      if (this.#size >= maxBytes) {
        await this.#rotate();
        this.#size = 0;
      }
      this.#file = await open(path, 'a+', 0o600);
      if (!(await endsLine(this.#file, this.#size))) await this.#file.appendFile('\n'); // A process that was killed has left half a line.
    }
    return this.#file;
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options;
    await rm(`${path}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 0; number--) {
      const from = number === 0 ? path : `${path}.${number}`;
      if ((await sizeOf(from)) > 0) await rename(from, `${path}.${number + 1}`);
    }
  }
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 10;
}

/** 0 when there is none. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
