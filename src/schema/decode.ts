import { isMap, isScalar, LineCounter, parseDocument, visit, type Node, type YAMLMap } from 'yaml';
import { isRecord } from '../base/json.ts';
import { duplicateMembers, type Duplicate, type Repeated } from './duplicate-members.ts';
import { pathText } from './unknown.ts';

/** A body as a value, and the members that it names more than once; the last one counts. */
export interface Decoded extends Partial<Pick<Repeated, 'members'>> {
  readonly value: unknown;
  readonly duplicates: readonly Duplicate[];
}
/** A body that cannot be read. */
export class DecodeError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DecodeError';
  }
}

/** Deeper than any object, and no deeper than recursive walks may go. */
const deepest = 1000;
const mostAliases = 100;

/** Reads JSON. @throws DecodeError for what is none or is nested more than a thousand deep */
export function decodeJson(bytes: Uint8Array): Decoded {
  const text = textOf(bytes);
  const { members, depth } = survey(bytes);
  if (depth > deepest) throw tooDeep();
  const value = parseJson(text);
  // Each member has one colon: where there are more colons than members in the value, some were named twice.
  return { value, ...(countMembers(value) === members ? { duplicates: [] } : duplicateMembers(text)) };
}

/** Reads one YAML document as Kubernetes does (YAML 1.1's booleans and numbers, times as text), or JSON. @throws DecodeError */
export function decodeYaml(bytes: Uint8Array): Decoded {
  const text = textOf(bytes);
  if (/^\s*[{[]/.test(text)) {
    try {
      return decodeJson(bytes);
    } catch (error) {
      // A flow mapping of YAML begins like JSON; if it is no YAML either, that error is told.
      if (!(error instanceof DecodeError) || error.cause === undefined) throw error;
    }
  }
  return reading(() => {
    const lines = new LineCounter();
    const document = parseDocument(text, {
      lineCounter: lines,
      version: '1.1',
      merge: true,
      uniqueKeys: false,
      logLevel: 'error',
      customTags: (tags) => tags.filter(isKubernetesTag),
    });
    const [problem] = document.errors;
    if (problem !== undefined) throw new DecodeError(problem.message.split('\n')[0] ?? problem.message, problem);
    const duplicates = duplicateKeys(document.contents, lines);
    return { value: checkDepth(document.toJS({ maxAliasCount: mostAliases }), 0), duplicates };
  });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
function tooDeep(): DecodeError {
  return new DecodeError(`the body is nested more than ${deepest} deep`);
}
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8 quotes the text around the place, which may be a secret.
    const place = /at position \d+/.exec(cause instanceof Error ? cause.message : '');
    throw new DecodeError(
      text.trim() === '' ? 'the body is empty' : `the body is no JSON${place === null ? '' : `: error ${place[0]}`}`,
      cause,
    );
  }
}

const quote = 0x22;
const backslash = 0x5c;
/** How many members a JSON text has and how deep it is, in one pass over its bytes. */
function survey(bytes: Uint8Array): { members: number; depth: number } {
  let members = 0;
  let level = 0;
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case quote:
        index++;
        while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
        break;
      case 0x3a: // colon
        members++;
        break;
      case 0x7b: // opening brace and bracket
      case 0x5b:
        level++;
        if (level > depth) depth = level;
        break;
      case 0x7d:
      case 0x5d:
        level--;
        break;
      default:
        break;
    }
  }
  return { members, depth };
}
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countMembers(item);
  else for (const key in value) count += 1 + countMembers((value as Record<string, unknown>)[key]);
  return count;
}

/** Times and numbers to base sixty are text to Kubernetes, and what JSON has no value for is what it looks like. */
function isKubernetesTag(tag: unknown): boolean {
  if (typeof tag !== 'object' || tag === null) return true;
  const { tag: name = '', format } = tag as { tag?: string; format?: string };
  return format !== 'TIME' && !/:(?:timestamp|binary|omap|pairs|set)$/.test(name);
}

function duplicateKeys(root: Node | null, lines: LineCounter): Duplicate[] {
  const found: Duplicate[] = [];
  visit(root, {
    Map(_key, map, path) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key) && key !== null) throw new DecodeError('the body has a key that is no text');
        const name = String(isScalar(key) ? key.value : key);
        if (seen.has(name)) {
          const [offset = 0] = isScalar(key) ? (key.range ?? []) : [];
          found.push({ path: pathText([...stepsOf(path as readonly unknown[], map), name]), name, line: lines.linePos(offset).line });
        }
        seen.add(name);
      }
    },
  });
  return found;
}
/** The keys and indexes on the way from the root to a map. */
function stepsOf(ancestors: readonly unknown[], map: YAMLMap): (string | number)[] {
  const chain = [...ancestors, map];
  const steps: (string | number)[] = [];
  chain.forEach((node, index) => {
    const next = chain[index + 1];
    if (isRecord(node) && 'value' in node && 'key' in node) steps.push(String(isScalar(node.key) ? node.key.value : node.key));
    else if (isRecord(node) && !isMap(node) && Array.isArray(node['items'])) steps.push((node['items'] as unknown[]).indexOf(next));
  });
  return steps;
}

/** @throws DecodeError for aliases without end, depth without end and values that JSON lacks */
function reading(read: () => Decoded): Decoded {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    if (cause instanceof RangeError) throw tooDeep();
    throw new DecodeError(`the body is no YAML that can be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}
function checkDepth(value: unknown, depth: number): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new DecodeError(`the body has a number that JSON lacks: ${value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) throw tooDeep();
  for (const key in value) checkDepth((value as Record<string, unknown>)[key], depth + 1);
  return value;
}
