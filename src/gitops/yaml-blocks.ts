import { setOwn } from '../base/json.ts';

/** One document of a file, as sigs.k8s.io/yaml reads it. */
export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of its first key; of an empty document the line where it would begin. */
  readonly line: number;
}

/** What a plain scalar of one line stands for; undefined when that cannot be told. */
export type ResolvePlain = (text: string) => unknown;

/**
 * The documents of a file that is written as most manifests are: maps and lists in blocks, scalars of one line, literal texts. Undefined
 * for a file with anything else in it, or with a mistake: what is read here is what a whole reader of YAML reads, in a tenth of the time.
 */
export function readBlocks(text: string, resolve: ResolvePlain): YamlDocument[] | undefined {
  // White space and line ends other than YAML's simplest.
  if (/[\t\r\u0085\u2028\u2029\ufeff]/.test(text)) return undefined;
  try {
    return new Blocks(text, resolve).documents();
  } catch (error) {
    if (!(error instanceof Beyond)) throw error;
    return undefined;
  }
}

/** The file is written in another way than is read here. */
class Beyond extends Error {}
function beyond(): never {
  throw new Beyond('this is YAML that takes the whole reader');
}

/** Far less than a whole reader allows. */
const deepest = 100;
const longestKey = 500;
const longestText = 100_000;
const entry = /^(?:([A-Za-z][\w./-]*)|"([^"\\]*)"|'([^']*)'):(?: +(.*))?$/;
const doubleQuoted = /^("(?:[^"\\]|\\["\\nt])*")(?: +#.*)?$/;
const singleQuoted = /^'((?:[^']|'')*)'(?: +#.*)?$/;
const words: ReadonlySet<string> = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);

class Blocks {
  readonly #lines: readonly string[];
  readonly #resolve: ResolvePlain;
  /** Index of the line after the present one. */
  #next = 0;
  /** Of the present line; -1 at the end of a document. */
  #indent = -1;
  /** The present line without the spaces around it; `---` between documents. */
  #rest = '';

  constructor(text: string, resolve: ResolvePlain) {
    this.#lines = text.split('\n');
    this.#resolve = resolve;
  }

  documents(): YamlDocument[] {
    const out: YamlDocument[] = [];
    this.#advance();
    do {
      if (this.#rest === '---') this.#advance();
      if (this.#indent !== 0) beyond();
      const line = this.#next;
      out.push({ value: this.#map(0, 1), line });
    } while (this.#rest === '---');
    return out;
  }

  /** To the next line that is neither empty nor a comment. */
  #advance(): void {
    this.#indent = -1;
    this.#rest = '';
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next++] as string;
      const indent = spacesOf(line);
      if (indent === line.length || line.charAt(indent) === '#') continue;
      this.#rest = withoutEnd(line.slice(indent));
      if (indent === 0 && this.#rest === '---') return;
      if (indent === 0 && /^(?:---|\.\.\.|%)/.test(line)) beyond();
      this.#indent = indent;
      return;
    }
  }

  #block(depth: number): unknown {
    if (depth > deepest) beyond();
    return isItem(this.#rest) ? this.#list(this.#indent, depth) : this.#map(this.#indent, depth);
  }

  #map(indent: number, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    while (this.#indent === indent) {
      const [, plain, double, single, value = ''] = entry.exec(this.#rest) ?? beyond();
      const key = plain ?? double ?? single ?? '';
      if (Object.hasOwn(out, key) || key.length > longestKey || (plain !== undefined && isWord(plain))) beyond();
      setOwn(out, key, this.#value(value, indent, depth));
    }
    if (this.#indent > indent) beyond();
    return out;
  }

  #list(indent: number, depth: number): unknown[] {
    const out: unknown[] = [];
    while (this.#indent === indent && isItem(this.#rest)) out.push(this.#item(indent, depth));
    if (this.#indent > indent) beyond();
    return out;
  }
  #item(indent: number, depth: number): unknown {
    const item = this.#rest.slice(1);
    if (item === '') {
      this.#advance();
      return this.#indent > indent ? this.#block(depth + 1) : null;
    }
    const spaces = spacesOf(item);
    const rest = item.slice(spaces);
    if (!isItem(rest) && !entry.test(rest)) return this.#scalar(rest, indent);
    this.#indent = indent + 1 + spaces;
    this.#rest = rest;
    return this.#block(depth + 1);
  }

  /** What stands after a key of a map at `indent`, and below it. */
  #value(text: string, indent: number, depth: number): unknown {
    if (text !== '' && !text.startsWith('#')) return this.#scalar(text, indent);
    this.#advance();
    if (this.#indent > indent) return this.#block(depth + 1);
    return this.#indent === indent && isItem(this.#rest) ? this.#list(indent, depth + 1) : null;
  }

  #scalar(text: string, indent: number): unknown {
    const value = text === '|' || text === '|-' ? this.#literal(indent, text === '|' ? '\n' : '') : this.#oneLine(text);
    this.#advance();
    // A scalar goes on in lines that are further in.
    if (this.#indent > indent) beyond();
    return value;
  }

  #literal(indent: number, end: string): string {
    const from = spacesOf(this.#lines[this.#next] ?? '');
    if (from <= indent || from === this.#lines[this.#next]?.length) beyond();
    const out: string[] = [];
    for (; this.#next < this.#lines.length; this.#next++) {
      const line = this.#lines[this.#next] as string;
      const spaces = spacesOf(line);
      if (spaces === line.length) {
        if (spaces > from) beyond();
        out.push('');
        continue;
      }
      if (spaces < from) break;
      out.push(line.slice(from));
    }
    const after = this.#lines[this.#next];
    if (after === undefined ? out.at(-1) !== '' : spacesOf(after) > indent) beyond();
    while (out.at(-1) === '') out.pop();
    return `${out.join('\n')}${end}`;
  }

  #oneLine(text: string): unknown {
    if (text.length > longestText) beyond();
    if (text.startsWith('"')) return JSON.parse((doubleQuoted.exec(text) ?? beyond())[1] as string);
    if (text.startsWith("'")) return ((singleQuoted.exec(text) ?? beyond())[1] as string).replaceAll("''", "'");
    if (text === '{}') return {};
    if (text === '[]') return [];
    const comment = text.indexOf(' #');
    const plain = comment < 0 ? text : withoutEnd(text.slice(0, comment));
    if (/^(?:[,[\]{}#&*!|>%@`]|[-?:](?: |$))/.test(plain) || /:(?: |$)/.test(plain)) beyond();
    if (/^(?:0|-?[1-9]\d{0,14})$/.test(plain)) return Number(plain);
    if (/^[A-Za-z/^$(]/.test(plain) && !isWord(plain)) return plain;
    const value = this.#resolve(plain);
    return value === undefined ? beyond() : value;
  }
}

function spacesOf(line: string): number {
  let count = 0;
  while (line.charCodeAt(count) === 32) count++;
  return count;
}
/** Without the spaces at its end. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}
function isItem(rest: string): boolean {
  return rest.startsWith('- ') || rest === '-';
}
/** Whether a text is a truth value or nothing, and not itself. */
function isWord(text: string): boolean {
  return text.length <= 5 && words.has(text.toLowerCase());
}
