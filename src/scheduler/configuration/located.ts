import { isNode, LineCounter, parseDocument, type Document } from 'yaml';

/** A file of settings that cannot be used. Each line of the message names file, line, field and what is wrong. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationError';
  }
}

export type Path = readonly (string | number)[];

/** The value of a YAML file, with the lines that its parts stand on, and what was found wrong with them. */
export class Located {
  readonly value: unknown;
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #problems: { readonly line: number; readonly text: string }[] = [];

  /** @throws ConfigurationError for what is no YAML */
  constructor(text: string, file: string) {
    this.#file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = this.#document.errors;
    if (error !== undefined) throw new ConfigurationError([`${file}:${this.#lines.linePos(error.pos[0]).line}: ${error.message}`]);
    this.value = this.#document.toJS() as unknown;
  }

  problem(path: Path, what: string): void {
    const field = fieldText(path);
    this.#problems.push({ line: this.#lineOf(path), text: field === '' ? what : `${field}: ${what}` });
  }

  /** @throws ConfigurationError with every problem, in the order of the lines, when there is one */
  check(): void {
    if (this.#problems.length === 0) return;
    const sorted = [...this.#problems].sort((a, b) => a.line - b.line);
    throw new ConfigurationError(sorted.map(({ line, text }) => `${this.#file}:${line}: ${text}`));
  }

  /** Of the part, or of the nearest one around it that is there. */
  #lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const node: unknown = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

/** `profiles[0].plugins.score` */
export function fieldText(path: Path): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}
