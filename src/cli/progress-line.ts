import type { Environment } from './environment.ts';

/** One line on the terminal that tells how far long work is, written over itself and gone in the end; nothing where nobody looks. */
export class ProgressLine implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #shown: boolean;

  constructor({ stderr, variables }: Pick<Environment, 'stderr' | 'variables'>) {
    this.#stream = stderr;
    this.#shown = stderr.isTTY && variables['TERM'] !== 'dumb';
  }

  /** The text must be harmless for a terminal; what is longer than a line is cut. */
  show(text: string): void {
    if (this.#shown)
      this.#stream.write(`\r\u001b[2K${text.slice(0, Math.max(10, (this.#stream.columns > 0 ? this.#stream.columns : 80) - 1))}`);
  }

  [Symbol.dispose](): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K');
  }
}
