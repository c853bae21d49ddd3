import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writevSync,
  fstatSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { dateAt, type Clock } from '../../base/clock.ts';

export interface LogLimits {
  /** The size at which a log is set aside. */
  readonly maxBytes: number;
  /** How many files one log has at most, the one being written among them. */
  readonly maxFiles: number;
}
/** As a kubelet's containerLogMaxSize and containerLogMaxFiles. */
export const kubeletLimits: LogLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/** As containerd: a longer line is written in parts. */
const longestPartBytes = 16 * 1024;
type Stream = 'stdout' | 'stderr';
const newline = Buffer.from('\n');

/**
 * Writes the output of one container in the CRI layout, `<RFC 3339, nanoseconds> <stream> <F|P> <text>`; P is a part of a line
 * that goes on. A full file becomes `<path>.<time>`; older ones are compressed to `.gz`, and the oldest removed.
 */
export class LogWriter {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #limits: LogLimits;
  readonly #failed: (error: unknown) => void;
  readonly #pending: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #file: number;
  #bytes: number;
  /** Set-aside files that are no more. */
  #removed = 0;
  #tidying: Promise<void> = Promise.resolve();

  constructor(path: string, options: { clock: Clock; limits?: LogLimits; failed(error: unknown): void }) {
    this.#path = path;
    this.#clock = options.clock;
    this.#limits = options.limits ?? kubeletLimits;
    this.#failed = options.failed;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(stream: Stream, chunk: Buffer): void {
    const text = this.#pending[stream].length === 0 ? chunk : Buffer.concat([this.#pending[stream], chunk]);
    const prefix = this.#prefix(stream);
    const out: Buffer[] = [];
    let from = 0;
    for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, from)) {
      from = takeParts(out, text.subarray(from, at), prefix) + from;
      out.push(prefix.full, text.subarray(from, at), newline);
      from = at + 1;
    }
    from += takeParts(out, text.subarray(from), prefix);
    this.#pending[stream] = Buffer.from(text.subarray(from));
    this.#append(out);
  }

  /** The stream has ended: what stands without a newline is a line. */
  end(stream: Stream): void {
    const rest = this.#pending[stream];
    this.#pending[stream] = Buffer.alloc(0);
    if (rest.length > 0) this.#append([this.#prefix(stream).full, rest, newline]);
  }

  /** Resolves when set-aside files are compressed too. */
  async close(): Promise<void> {
    this.end('stdout');
    this.end('stderr');
    closeSync(this.#file);
    await this.#tidying;
  }

  #prefix(stream: Stream): Prefix {
    const time = nanoTime(this.#clock);
    return { full: Buffer.from(`${time} ${stream} F `), part: Buffer.from(`${time} ${stream} P `) };
  }

  /** A disk that is full costs lines, not the container. */
  #append(parts: readonly Buffer[]): void {
    if (parts.length === 0) return;
    try {
      for (let at = 0; at < parts.length; at += 900) this.#bytes += writevSync(this.#file, parts.slice(at, at + 900));
      if (this.#bytes >= this.#limits.maxBytes) this.#rotate();
    } catch (error) {
      this.#failed(error);
    }
  }

  #rotate(): void {
    const time = dateAt(this.#clock.now()).toISOString().replaceAll('-', '').replaceAll(':', '').replace('T', '-').slice(0, 19);
    // As many as come in one moment sort in the order in which they came.
    const count = this.#aside().filter((name) => name.startsWith(`${basename(this.#path)}.${time}-`)).length;
    const aside = `${this.#path}.${time}-${String(count + this.#removed).padStart(3, '0')}`;
    renameSync(this.#path, aside);
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch((error: unknown) => this.#failed(error));
  }

  #aside(): string[] {
    const prefix = `${basename(this.#path)}.`;
    return readdirSync(dirname(this.#path))
      .filter((name) => name.startsWith(prefix))
      .sort();
  }

  async #tidy(): Promise<void> {
    const folder = dirname(this.#path);
    const old = this.#aside();
    const kept = old.slice(-(this.#limits.maxFiles - 1));
    for (const name of old) {
      if (kept.includes(name)) continue;
      rmSync(join(folder, name), { force: true });
      this.#removed++;
    }
    for (const name of kept.slice(0, -1)) {
      if (name.endsWith('.gz')) continue;
      const path = join(folder, name);
      await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o600 }));
      rmSync(path);
    }
  }
}

interface Prefix {
  readonly full: Buffer;
  readonly part: Buffer;
}
/** Writes what is longer than a part may be; answers how many bytes that took. */
function takeParts(out: Buffer[], text: Buffer, prefix: Prefix): number {
  let from = 0;
  while (text.length - from > longestPartBytes) {
    out.push(prefix.part, text.subarray(from, from + longestPartBytes), newline);
    from += longestPartBytes;
  }
  return from;
}

/** RFC 3339 with nanoseconds; the clock has milliseconds. */
function nanoTime(clock: Clock): string {
  return `${dateAt(clock.now()).toISOString().slice(0, 23)}000000Z`;
}
