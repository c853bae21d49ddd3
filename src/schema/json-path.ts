import { isRecord, jsonEqual } from '../base/json.ts';

/** One step of a JSONPath: a member, an item (from the end when negative), all of them, or the items that a filter keeps. */
type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'item'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: JsonPath; readonly operator: Operator | undefined; readonly value: unknown };
type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type JsonPath = readonly Step[];

/** A path that is no JSONPath of the part that columns use. */
export class JsonPathError extends Error {
  constructor(text: string, why: string) {
    super(`JSONPath ${JSON.stringify(text)}: ${why}`);
    this.name = 'JsonPathError';
  }
}

/** Of a path, in characters: those of columns are a few words, and whoever defines a kind writes them. */
const longest = 1000;
const stepPattern =
  /\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*))\s*\]|\.?\[\?\(\s*@((?:[^=!<>)'"]|'[^']*'|"[^"]*")*?)\s*(?:(==|!=|<=|>=|<|>)\s*([^)]*?)\s*)?\)\]|\.(\*)|\.((?:\\.|[^.[\]\\*])+)/y;

/**
 * Reads `.spec.a['b.c'].list[0]`, `.conditions[?(@.type=="Ready")].status`, `.items[*].name`, with or without braces; a dot in
 * a name may be escaped (`.metadata.annotations.example\.com/x`).
 * @throws JsonPathError
 */
export function parseJsonPath(text: string): JsonPath {
  if (text.length > longest) throw new JsonPathError(`${text.slice(0, 50)}…`, `is longer than ${longest} characters`);
  const trimmed = text
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replace(/^\$/, '');
  const path = trimmed === '' || trimmed.startsWith('.') || trimmed.startsWith('[') ? trimmed : `.${trimmed}`;
  const steps: Step[] = [];
  if (path === '.') return steps;
  for (let at = 0; at < path.length;) {
    // A filter reads a path within: the place in this one is kept here, not in the pattern.
    stepPattern.lastIndex = at;
    const match = stepPattern.exec(path);
    if (match === null) throw new JsonPathError(text, `cannot be read from ${JSON.stringify(path.slice(at))} on`);
    at += match[0].length;
    steps.push(stepOf(match, text));
  }
  return steps;
}

function stepOf(match: RegExpExecArray, text: string): Step {
  const [, single, double, index, star, filterPath, operator, value, anyMember, name] = match;
  const quoted = single ?? double;
  if (quoted !== undefined) return { kind: 'member', name: quoted.replaceAll(/\\(.)/g, '$1') };
  if (index !== undefined) return { kind: 'item', index: Number(index) };
  if (star !== undefined || anyMember !== undefined) return { kind: 'all' };
  if (name !== undefined) return { kind: 'member', name: name.replaceAll(/\\(.)/g, '$1') };
  return { kind: 'filter', path: parseJsonPath(filterPath ?? ''), operator: operator as Operator | undefined, value: literal(value, text) };
}
function literal(value: string | undefined, text: string): unknown {
  if (value === undefined) return undefined;
  if (/^'.*'$/.test(value)) return value.slice(1, -1);
  try {
    return JSON.parse(value);
  } catch (cause) {
    const error = new JsonPathError(text, `${value} is no text, number or boolean`);
    error.cause = cause;
    throw error;
  }
}

/** What a path finds in a value, in order; nothing where it leads nowhere. */
export function find(path: JsonPath, value: unknown): unknown[] {
  let found: unknown[] = [value];
  for (const step of path) {
    found = found.flatMap((at) => take(step, at));
    if (found.length === 0) break;
  }
  return found;
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'member':
      return isRecord(value) && Object.hasOwn(value, step.name) && value[step.name] !== undefined ? [value[step.name]] : [];
    case 'item': {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      return childrenOf(value);
    case 'filter':
      return childrenOf(value).filter((item) => keeps(step, item));
  }
}
function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function keeps(filter: Extract<Step, { kind: 'filter' }>, item: unknown): boolean {
  const found = find(filter.path, item);
  const [left] = found;
  if (filter.operator === undefined) return found.length > 0;
  if (found.length === 0) return false;
  switch (filter.operator) {
    case '==':
      return jsonEqual(left, filter.value);
    case '!=':
      return !jsonEqual(left, filter.value);
    default:
      return ordered(filter.operator, left, filter.value);
  }
}
function ordered(operator: Operator, left: unknown, right: unknown): boolean {
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}
