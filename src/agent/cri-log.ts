import { watch, type FSWatcher } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import type { LogRecord } from './runtime.ts';
import { missingIs } from './volumes/missing.ts';

/** One line of a log file as container runtimes write it: `<time> <stream> <F or P> <text>`; P is continued by the next of its stream. */
export function criLine(record: LogRecord, part: 'F' | 'P' = 'F'): string {
  return `${record.time} ${record.stream} ${part} ${record.line}\n`;
}

/** Reads one line, without its newline; undefined for one that is none (a disk that was full). */
export function parseCriLine(text: string): (LogRecord & { readonly part: 'F' | 'P' }) | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?$/s.exec(text);
  if (match === null) return undefined;
  const [, time, stream, part, line = ''] = match as unknown as [string, string, LogRecord['stream'], 'F' | 'P', string?];
  return { time, stream, line, part };
}

export interface ReadOptions {
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Nothing will be written any more: a follower ends when it has read all. */
  readonly ended?: Promise<unknown>;
  /** How often a follower looks where the system does not tell it of changes; 250 ms by default. */
  readonly pollMs?: number;
}

/** Longer lines are cut where this much has come without an end: a bound on memory. */
const longestLine = 1024 * 1024;

/**
 * The records of a container's log: `<attempt>.log` after what was rotated away (`<attempt>.log.<time>`, oldest first). A file that is
 * missing is empty; with `follow` also what comes, over rotations, until `ended` or `signal`.
 */
export async function* readCriLog(path: string, options: ReadOptions): AsyncIterable<LogRecord> {
  const joiner = new PartJoiner();
  const { signal, clock } = options;
  // The current file is opened first: one that is rotated away meanwhile is read once, as the current one.
  const current = new CurrentFile(path, options);
  try {
    const inode = await current.open();
    for (const old of await clock.outside(rotatedOf(path))) {
      if (signal.aborted) return;
      for await (const text of linesOf(old, { clock, unless: inode })) yield* joiner.take(text);
    }
    for await (const text of current.lines()) yield* joiner.take(text);
  } finally {
    await current.close();
  }
  yield* joiner.rest();
}

/** Rotated files of a log, oldest first; those that end in `.gz` are compressed. */
async function rotatedOf(path: string): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(missingIs<string[]>([]));
  return names
    .filter((one) => one.startsWith(`${name}.`) && /^[\d.:TZ-]+(\.gz)?$/.test(one.slice(name.length + 1)))
    .sort()
    .map((one) => join(dirname(path), one));
}

/** Puts parts of long lines together, for each stream. */
class PartJoiner {
  readonly #parts = new Map<LogRecord['stream'], LogRecord>();

  *take(text: string): Iterable<LogRecord> {
    const parsed = parseCriLine(text);
    if (parsed === undefined) return;
    const { part, ...record } = parsed;
    const begun = this.#parts.get(record.stream);
    const joined = begun === undefined ? record : { ...begun, line: begun.line + record.line };
    if (part === 'P' && joined.line.length < longestLine) this.#parts.set(record.stream, joined);
    else {
      this.#parts.delete(record.stream);
      yield joined;
    }
  }

  /** What was begun and not ended. */
  *rest(): Iterable<LogRecord> {
    yield* this.#parts.values();
    this.#parts.clear();
  }
}

/** The lines of a file that nobody writes any more; none where it went away meanwhile. */
async function* linesOf(path: string, { clock, unless }: { clock: Clock; unless: number | undefined }): AsyncIterable<string> {
  const file = await clock.outside(open(path, 'r').catch(missingIs<undefined>(undefined)));
  if (file === undefined) return;
  try {
    if (unless !== undefined && (await clock.outside(file.stat())).ino === unless) return;
    if (path.endsWith('.gz')) yield* unzipped(file);
    else yield* new LineReader(file, clock).available();
  } finally {
    await clock.outside(file.close());
  }
}

async function* unzipped(file: FileHandle): AsyncIterable<string> {
  const source = file.createReadStream({ autoClose: false });
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  let rest = '';
  for await (const chunk of text.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Lines of an open file up to its present end; what has no newline yet is kept for the next call. */
class LineReader {
  readonly #file: FileHandle;
  readonly #clock: Clock;
  readonly #chunk = Buffer.allocUnsafe(64 * 1024);
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  async *available(): AsyncIterable<string> {
    for (;;) {
      const { bytesRead } = await this.#clock.outside(this.#file.read(this.#chunk, 0, this.#chunk.length, null));
      if (bytesRead === 0) return;
      let from = 0;
      const data = Buffer.concat([this.#rest, this.#chunk.subarray(0, bytesRead)]);
      for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
        yield data.toString('utf8', from, end);
        from = end + 1;
      }
      this.#rest = Buffer.from(data.subarray(from));
      if (this.#rest.length > 4 * longestLine) this.#rest = Buffer.alloc(0); // No log line: nobody writes such.
    }
  }
}

/** The file that is written now, over its rotations. */
class CurrentFile {
  readonly #path: string;
  readonly #options: ReadOptions;
  #file: FileHandle | undefined;
  #watcher: FSWatcher | undefined;
  #changed = true;
  #wake: () => void = () => undefined;

  constructor(path: string, options: ReadOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Answers the inode of the file as it is now; undefined while there is none. */
  async open(): Promise<number | undefined> {
    this.#file ??= await this.#options.clock.outside(open(this.#path, 'r').catch(missingIs<undefined>(undefined)));
    return this.#file === undefined ? undefined : (await this.#options.clock.outside(this.#file.stat())).ino;
  }

  async *lines(): AsyncIterable<string> {
    const { clock, follow, signal } = this.#options;
    let done = !follow;
    if (follow) {
      this.#startWatch();
      const finish = (): void => {
        done = true;
        this.#notify();
      };
      this.#options.ended?.then(finish, finish);
    }
    let reader: LineReader | undefined;
    while (!signal.aborted) {
      const last = done;
      this.#changed = false;
      await this.open();
      if (this.#file !== undefined) reader ??= new LineReader(this.#file, clock);
      if (reader !== undefined) yield* reader.available();
      if (await this.#wasRotated()) {
        if (reader !== undefined) yield* reader.available(); // What was written between the last read and the rename.
        await this.close(true);
        reader = undefined;
        continue;
      }
      if (last) return;
      await this.#rest();
    }
  }

  async close(onlyFile = false): Promise<void> {
    if (!onlyFile) this.#watcher?.close();
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await this.#options.clock.outside(file.close());
  }

  async #wasRotated(): Promise<boolean> {
    const file = this.#file;
    if (file === undefined) return false;
    const [ours, there] = await this.#options.clock.outside(
      Promise.all([file.stat(), stat(this.#path).catch(missingIs<undefined>(undefined))]),
    );
    return there !== undefined && (there.ino !== ours.ino || there.dev !== ours.dev);
  }

  #startWatch(): void {
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, () => this.#notify());
      this.#watcher.on('error', () => this.#watcher?.close()); // Polling goes on.
    } catch {
      this.#watcher = undefined; // No folder yet, or no watches left on this machine: polling it is.
    }
  }

  #notify(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Until something changed, and a second at the longest: a change that the system did not tell of is seen as well. */
  async #rest(): Promise<void> {
    if (this.#changed || this.#options.signal.aborted) return;
    const { clock, pollMs = 250 } = this.#options;
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const signal = AbortSignal.any([timer.signal, this.#options.signal]);
    const waitMs = this.#watcher === undefined ? pollMs : Math.max(1000, pollMs);
    await Promise.race([woken, clock.sleep(waitMs, { signal, upkeep: true }).catch(() => undefined)]);
    timer.abort(new Error('woken'));
  }
}
