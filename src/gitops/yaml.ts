import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { setOwn } from '../base/json.ts';
import { readBlocks, type YamlDocument } from './yaml-blocks.ts';
import { kubernetesTags } from './yaml-tags.ts';

export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
export interface YamlResult {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly YamlProblem[];
}

/** Deeper than any honest manifest; a schema of a CustomResourceDefinition reaches 60. */
const deepest = 200;
/** How many values aliases may add to one file. */
const aliasBudget = 100_000;
const floatTag = 'tag:yaml.org,2002:float';
const largest = 2n ** 63n;

/**
 * All documents of a file, with YAML 1.1's readings as Kubernetes has them (`yes`, `0777`, merge keys; times stay text).
 * Problems stand in the order of the file; a document with a problem is left out. Never throws for anything a file can hold.
 */
export function parseYaml(text: string): YamlResult {
  const control = controlCharacter(text);
  if (control !== undefined) return { documents: [], problems: [control] };
  const documents = readBlocks(text, plainValue);
  return documents === undefined ? parseWhole(text) : { documents, problems: [] };
}

/** What numbers and truth values stand for, by their texts: the same few are in most files. */
const plainValues = new Map<string, unknown>();
const keptValues = 1000;
function plainValue(text: string): unknown {
  // What YAML 1.1 and everybody else agree on: the parser, which takes a while to get going, need not be asked.
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (plainValues.has(text)) return plainValues.get(text);
  const [document] = parseWhole(`v: ${text}\n`).documents;
  const value = (document?.value as { v?: unknown } | undefined)?.v;
  const found = typeof value === 'object' && value !== null ? undefined : value;
  if (plainValues.size >= keptValues) plainValues.clear();
  plainValues.set(text, found);
  return found;
}

/** As `parseYaml`, of a text without control characters, whatever YAML it is. */
export function parseWhole(text: string): YamlResult {
  const counter = new LineCounter();
  const place = (offset: number) => placeOf(counter, offset);
  const parsed = compose(text, counter);
  if (!Array.isArray(parsed)) return { documents: [], problems: [parsed] };
  const quiet = holdsSecret(text);
  const documents: YamlDocument[] = [];
  const problems: YamlProblem[] = [];
  for (const document of parsed) {
    const found = errorsOf(document, place, quiet);
    if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.1')
      found.push({ ...place(0), message: 'Kubernetes reads YAML 1.1 only: remove the %YAML directive' });
    const start = document.contents?.range?.[0] ?? document.range[0];
    if (found.length === 0) {
      const reader = new Reader((offset, message) => found.push({ ...place(offset), message }), quiet);
      const value = reader.read(document.contents, 0);
      if (found.length === 0) documents.push({ value, line: place(start).line });
    }
    problems.push(...found);
  }
  return { documents, problems };
}

/** Finds where a path of the n-th document stands: a scalar at its own place, anything else at its key, what is absent at its parent. */
export function positionsOf(text: string): (document: number, path: readonly (string | number)[]) => { line: number; column: number } {
  const counter = new LineCounter();
  const parsed = compose(text, counter);
  const documents = Array.isArray(parsed) ? parsed : [];
  return (index, path) => {
    const document = documents[index];
    if (document === undefined) return { line: 1, column: 1 };
    return placeOf(counter, offsetOf(document, path));
  };
}

/** Whether a text may hold a Secret, so that no message may quote it: a mistake in a value would tell the value. */
export function holdsSecret(text: string): boolean {
  return /\bSecret/.test(text);
}
/** Errors of the parser that quote the text, in other words. */
const unquoted: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*) that stands for nothing: quote the value',
  BAD_COLLECTION_TYPE: 'a tag (!) that does not fit the value',
  BAD_DIRECTIVE: 'a directive (%) that is not known',
  BAD_DQ_ESCAPE: 'an escape sequence (\\) that YAML does not know: use single quotes',
  IMPOSSIBLE: 'this is no YAML',
  TAG_RESOLVE_FAILED: 'a tag (!) that is not known: quote the value',
  UNEXPECTED_TOKEN: 'something stands here that YAML does not expect here: quote the value',
};

/** At most 20 of a document: what follows a broken line is mostly its echo. */
function errorsOf(document: Document.Parsed, place: (offset: number) => { line: number; column: number }, quiet: boolean): YamlProblem[] {
  const overflow = document.errors.find((error) => error.message.includes('call stack size'));
  if (overflow !== undefined) return [{ ...place(overflow.pos[0]), message: `nested more than ${deepest} levels deep` }];
  return document.errors.slice(0, 20).map((error) => ({
    ...place(error.pos[0]),
    message: (quiet ? unquoted[error.code] : undefined) ?? error.message,
  }));
}
function compose(text: string, counter: LineCounter): Document.Parsed[] | YamlProblem {
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.1',
      merge: true,
      customTags: kubernetesTags,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: counter,
    });
    return 'empty' in parsed ? [] : parsed;
  } catch (error) {
    // The composer recurses: a file of open brackets runs out of stack before its depth could be counted.
    if (error instanceof RangeError) return { line: 1, column: 1, message: `nested more than ${deepest} levels deep` };
    throw error;
  }
}
function placeOf(counter: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

function controlCharacter(text: string): YamlProblem | undefined {
  const match = forbidden.exec(text);
  if (match === null) return undefined;
  const before = text.slice(0, match.index).split('\n');
  const code = text.charCodeAt(match.index).toString(16).toUpperCase().padStart(4, '0');
  return {
    line: before.length,
    column: (before.at(-1) as string).length + 1,
    message: `control character U+${code}, which YAML does not allow`,
  };
}

/** Turns the nodes of one document into JSON values. */
class Reader {
  readonly #problem: (offset: number, message: string) => void;
  readonly #quiet: boolean;
  readonly #anchors = new Map<string, { value: unknown; size: number }>();
  #size = 0;
  #aliased = 0;

  /** With `quiet`, no problem quotes the text. */
  constructor(problem: (offset: number, message: string) => void, quiet: boolean) {
    this.#problem = problem;
    this.#quiet = quiet;
  }

  read(node: Node | null, depth: number): unknown {
    if (node === null) return null;
    if (depth > deepest) return this.#wrong(node, `nested more than ${deepest} levels deep`);
    if (isAlias(node)) return this.#alias(node);
    const before = this.#size++;
    const value = isScalar(node) ? this.#scalar(node) : isMap(node) ? this.#map(node, depth) : this.#list(node, depth);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, { value, size: this.#size - before });
    return value;
  }

  #alias(node: Node & { source: string }): unknown {
    const found = this.#anchors.get(node.source);
    if (found === undefined) {
      const said = `the alias *${node.source} stands for nothing: no anchor &${node.source} before it`;
      return this.#wrong(node, this.#quiet ? 'an alias (*) stands for nothing, no anchor before it: quote the value if it is none' : said);
    }
    this.#size += found.size;
    this.#aliased += found.size;
    if (this.#aliased > aliasBudget) {
      if (this.#aliased - found.size <= aliasBudget)
        this.#wrong(node, `aliases unfold to more than ${aliasBudget.toLocaleString('en')} values: refused as an alias bomb`);
      return null;
    }
    return found.value;
  }

  #scalar(node: Scalar): unknown {
    const { value, source = '' } = node;
    if (typeof value === 'symbol') return value.description;
    if (node.tag === floatTag && typeof value === 'string') return Number(value);
    if (typeof value === 'string') this.#size += value.length >> 6;
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value))
      return /[.](inf|nan)/i.test(source) ? this.#wrong(node, `${this.#shown(source)} is no number that JSON has: quote it`) : source;
    if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?[0-9_]+$/.test(source)) {
      const exact = BigInt(source.replaceAll('_', ''));
      if (exact < largest && -exact <= largest)
        return this.#wrong(node, `${this.#shown(source)} has more digits than a number can keep here (2^53): quote it`);
    }
    return Object.is(value, -0) ? 0 : value;
  }

  #list(node: Node, depth: number): unknown {
    const { items } = node as unknown as { items: (Node | Pair<Node, Node | null>)[] };
    return items.map((item) => ('key' in item ? this.#ordered(item, depth) : this.read(item, depth + 1)));
  }
  /** One entry of an `!!omap` or `!!pairs`. */
  #ordered(item: Pair<Node, Node | null>, depth: number): unknown {
    const out: Record<string, unknown> = {};
    setOwn(out, this.#key(item.key) ?? '', this.read(item.value, depth + 1));
    return out;
  }

  #map(node: YAMLMap, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isMerge(pair.key)) {
        merged.push(...this.#mergeSources(pair, depth));
        continue;
      }
      const key = this.#key(pair.key);
      const value = this.read(pair.value, depth + 1);
      if (key === undefined) continue;
      if (Object.hasOwn(out, key)) this.#wrong(pair.key, `the key ${JSON.stringify(key)} is written twice`);
      setOwn(out, key, value);
    }
    for (const source of merged) for (const key of Object.keys(source)) if (!Object.hasOwn(out, key)) setOwn(out, key, source[key]);
    return out;
  }

  #mergeSources(pair: Pair<Node, Node | null>, depth: number): Record<string, unknown>[] {
    const value = this.read(pair.value, depth + 1);
    const sources: unknown[] = Array.isArray(value) ? value : [value];
    const maps = sources.filter(
      (source): source is Record<string, unknown> => typeof source === 'object' && source !== null && !Array.isArray(source),
    );
    if (maps.length < sources.length) this.#wrong(pair.key, 'a merge key (<<) takes a map or a list of maps');
    return maps;
  }

  /** Keys of JSON are text: booleans and numbers as Kubernetes writes them. */
  #key(node: Node | null): string | undefined {
    if (node !== null && !isScalar(node) && !isAlias(node))
      return this.#wrong(node, 'a key is a map or a list, which JSON does not have') ?? undefined;
    const value = node === null ? null : this.read(node, 0);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (node !== null) this.#wrong(node, value === null ? 'a key is empty' : 'a key is a map or a list, which JSON does not have');
    return undefined;
  }

  #shown(source: string): string {
    return this.#quiet ? 'this' : source;
  }
  #wrong(node: Node, message: string): null {
    this.#problem(node.range?.[0] ?? 0, message);
    return null;
  }
}

function isMerge(key: Node | null): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || (key.value === '<<' && (key.type === undefined || key.type === 'PLAIN')));
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? document.range[0];
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const next = childOf(node, step);
    if (next === undefined) break;
    node = next.value;
    offset = next.key !== null && !isScalar(node) ? next.key : (node?.range?.[0] ?? next.key ?? offset);
  }
  return offset;
}
/** The value under a step, and the offset of its key where it has one. */
function childOf(node: Node | null, step: string | number): { value: Node | null; key: number | null } | undefined {
  if (isMap(node)) {
    const pair = (node.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair === undefined ? undefined : { value: pair.value, key: pair.key.range?.[0] ?? null };
  }
  const items = (node as { items?: (Node | null)[] } | null)?.items;
  if (items === undefined || typeof step !== 'number' || step >= items.length) return undefined;
  return { value: items[step] as Node | null, key: null };
}
