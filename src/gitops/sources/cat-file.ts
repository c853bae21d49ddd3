import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

export interface GitPlace {
  /** Absolute. */
  readonly gitDir: string;
  /** All that the program sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
}
/** What `git cat-file` says of one name; undefined when there is no such object. */
export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly sizeBytes: number;
  /** Empty where only the header was asked for. */
  readonly content: Buffer;
}
interface Waiting {
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly waiting: Waiting[];
}

/**
 * One long-lived `git cat-file`, asked over its input: no name can become an option, and an answer costs microseconds.
 * Starts at the first question and again when it has died, never after it was disposed of. Answers come in the order of the questions.
 */
export class CatFile implements Disposable {
  readonly #place: GitPlace;
  readonly #mode: '--batch' | '--batch-check';
  #running: Running | undefined;
  #ended = false;

  constructor(place: GitPlace, mode: '--batch' | '--batch-check') {
    this.#place = place;
    this.#mode = mode;
  }

  /** @throws Error when the program cannot run, died while it was asked or was disposed of */
  async ask(names: readonly string[]): Promise<(GitObject | undefined)[]> {
    if (names.length === 0) return [];
    if (names.some((name) => /[\n\0]/.test(name))) throw new Error('a name of a Git object holds a line break');
    const before = this.#running;
    try {
      return await this.#askOnce(names);
    } catch (error) {
      // It had died since the last question (the machine was short of memory, the repository was away): a fresh one may answer.
      if (this.#ended || before === undefined || this.#running === before) throw error;
      return this.#askOnce(names);
    }
  }

  #askOnce(names: readonly string[]): Promise<(GitObject | undefined)[]> {
    if (this.#ended) return Promise.reject(new Error(`the repository ${this.#place.gitDir} is no longer read`));
    const running = (this.#running ??= this.#start());
    const answers = names.map(() => new Promise<GitObject | undefined>((resolve, reject) => running.waiting.push({ resolve, reject })));
    running.child.stdin.write(`${names.join('\n')}\n`);
    return Promise.all(answers);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#running?.child.stdin.end();
    this.#running = undefined;
  }

  #start(): Running {
    const { gitDir, environment } = this.#place;
    const child = spawn('git', ['cat-file', this.#mode], { cwd: gitDir, env: { ...environment, GIT_DIR: gitDir }, stdio: 'pipe' });
    const waiting: Waiting[] = [];
    const input = new Input(this.#mode === '--batch', (object) => waiting.shift()?.resolve(object));
    const running: Running = { child, waiting };
    let said = '';
    const end = (why: string) => {
      if (this.#running === running) this.#running = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error(`git cat-file ended: ${why}${said === '' ? '' : `: ${said.trim()}`}`));
    };
    child.stdout.on('data', (chunk: Buffer) => input.take(chunk));
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.stdin.on('error', (error) => end(error.message));
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(signal ?? `exit code ${code}`));
    return running;
  }
}

/** Cuts the output into objects: a header line, and after it as many bytes as the header says. */
class Input {
  readonly #withContent: boolean;
  readonly #found: (object: GitObject | undefined) => void;
  #chunks: Buffer[] = [];
  #length = 0;
  #header: { id: string; type: string; sizeBytes: number } | undefined;

  constructor(withContent: boolean, found: (object: GitObject | undefined) => void) {
    this.#withContent = withContent;
    this.#found = found;
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#step());
  }

  #step(): boolean {
    if (this.#header !== undefined) {
      if (this.#length < this.#header.sizeBytes + 1) return false;
      const { sizeBytes } = this.#header;
      // A copy: a slice would keep the whole chunk alive with it.
      const content = Buffer.from(this.#joined().subarray(0, sizeBytes));
      this.#drop(sizeBytes + 1);
      this.#found({ ...this.#header, content });
      this.#header = undefined;
      return true;
    }
    if (this.#length === 0) return false;
    const joined = this.#joined();
    const end = joined.indexOf(10);
    if (end < 0) return false;
    const line = joined.toString('utf8', 0, end);
    this.#drop(end + 1);
    const [id, type, size] = line.split(' ');
    const there = /^[0-9a-f]{40,64}$/.test(id ?? '') && size !== undefined && /^\d+$/.test(size);
    if (!there) this.#found(undefined);
    else if (this.#withContent) this.#header = { id: id as string, type: type as string, sizeBytes: Number(size) };
    else this.#found({ id: id as string, type: type as string, sizeBytes: Number(size), content: Buffer.alloc(0) });
    return true;
  }

  #joined(): Buffer {
    const joined = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [joined];
    return joined;
  }

  #drop(bytes: number): void {
    const rest = this.#joined().subarray(bytes);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }
}
