import { Environment, ParseError } from '@marcbachmann/cel-js';
import type { Expression, Issue, Macro } from './expression.ts';
import { Uint, type Value } from './value.ts';

/** The library's node: an operator and what it works on. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
}

const limits = { maxAstNodes: 20_000, maxDepth: 200, maxListElements: 5000, maxMapEntries: 5000, maxCallArguments: 64 };
let parser: Environment | undefined;

/** Reads an expression with the library's parser. Its macros, types and functions are left aside: what they mean is said here. */
export function parse(text: string): { readonly expression: Expression } | { readonly issue: Issue } {
  parser ??= new Environment({ enableOptionalTypes: true, limits });
  try {
    const { ast } = parser.parse(text);
    return { expression: read(ast as unknown as Node, text) };
  } catch (error) {
    if (error instanceof MacroError) return { issue: { at: error.at, message: error.message } };
    if (!(error instanceof ParseError)) throw error;
    const at = (error as { range?: { start?: number } }).range?.start ?? 0;
    return { issue: { at: Math.min(at, text.length), message: `Syntax error: ${firstLine(error.message)}` } };
  }
}
function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

class MacroError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const binary: Readonly<Record<string, string>> = {
  '==': '_==_',
  '!=': '_!=_',
  '<': '_<_',
  '<=': '_<=_',
  '>': '_>_',
  '>=': '_>=_',
  in: '@in',
  '+': '_+_',
  '-': '_-_',
  '*': '_*_',
  '/': '_/_',
  '%': '_%_',
  '&&': '_&&_',
  '||': '_||_',
};

function read(node: Node, text: string): Expression {
  const name = binary[node.op];
  if (name !== undefined) {
    const [left, right] = node.args as readonly [Node, Node];
    const gap = text.indexOf(node.op, left.end);
    return { op: 'call', at: gap < 0 ? node.pos : gap, name, args: [read(left, text), read(right, text)] };
  }
  switch (node.op) {
    case 'value':
      return { op: 'const', at: node.start, value: constant(node.args) };
    case 'id':
      return { op: 'name', at: node.start, name: node.args as string };
    case '.':
    case '.?':
      return access(node, text);
    case '[]':
    case '[?]':
      return indexed(node, text);
    case 'call':
      return called(node, text);
    case 'rcall':
      return calledOn(node, text);
    case 'list':
      return { op: 'list', at: node.start, items: (node.args as readonly Node[]).map((item) => read(item, text)) };
    case 'map':
      return {
        op: 'map',
        at: node.start,
        entries: (node.args as readonly (readonly [Node, Node])[]).map(([key, value]) => [read(key, text), read(value, text)] as const),
      };
    default:
      return operator(node, text);
  }
}

function operator(node: Node, text: string): Expression {
  if (node.op === '?:') {
    const args = (node.args as readonly Node[]).map((arg) => read(arg, text));
    const [condition] = node.args as readonly Node[];
    return { op: 'call', at: Math.max(node.start, text.indexOf('?', condition?.end)), name: '_?_:_', args };
  }
  const operand = read(node.args as Node, text);
  // A number with its sign is one number: the least int has no positive twin.
  if (node.op === '-_' && operand.op === 'const' && (typeof operand.value === 'bigint' || typeof operand.value === 'number')) {
    return { op: 'const', at: node.start, value: -operand.value };
  }
  return { op: 'call', at: node.start, name: node.op === '!_' ? '!_' : '-_', args: [operand] };
}

function constant(value: unknown): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) return new Uint((value as { value: bigint }).value);
  return value as Value;
}

function access(node: Node, text: string): Expression {
  const [operand, field] = node.args as readonly [Node, string];
  const at = text.lastIndexOf('.', node.pos);
  return { op: 'select', at, operand: read(operand, text), field, how: node.op === '.?' ? 'optional' : 'plain' };
}
function indexed(node: Node, text: string): Expression {
  const [operand, index] = node.args as readonly [Node, Node];
  const at = Math.max(node.start, text.indexOf('[', operand.end));
  return { op: 'call', at, name: node.op === '[?]' ? '_[?_]' : '_[_]', args: [read(operand, text), read(index, text)] };
}

function called(node: Node, text: string): Expression {
  const [name, args] = node.args as readonly [string, readonly Node[]];
  const at = Math.max(node.start, text.indexOf('(', node.start));
  if (name === 'has') {
    const [field] = args.map((arg) => read(arg, text));
    if (args.length !== 1 || field?.op !== 'select' || field.how !== 'plain') throw new MacroError(at, 'invalid argument to has() macro');
    return { ...field, how: 'test' };
  }
  return { op: 'call', at, name, args: args.map((arg) => read(arg, text)) };
}

/** Macros by name, with how many arguments they have when they have one variable and when they have two. */
const macros: Readonly<
  Record<
    string,
    { readonly macro: Macro; readonly one?: number; readonly oneFiltered?: number; readonly two?: number; readonly twoFiltered?: number }
  >
> = {
  all: { macro: 'all', one: 2, two: 3 },
  exists: { macro: 'exists', one: 2, two: 3 },
  exists_one: { macro: 'existsOne', one: 2 },
  existsOne: { macro: 'existsOne', one: 2, two: 3 },
  map: { macro: 'map', one: 2, oneFiltered: 3 },
  filter: { macro: 'filter', one: 2 },
  transformList: { macro: 'transformList', two: 3, twoFiltered: 4 },
  transformMap: { macro: 'transformMap', two: 3, twoFiltered: 4 },
  transformMapEntry: { macro: 'transformMapEntry', two: 3, twoFiltered: 4 },
  optMap: { macro: 'optMap', one: 2 },
  optFlatMap: { macro: 'optFlatMap', one: 2 },
};

function calledOn(node: Node, text: string): Expression {
  const [name, receiver, args] = node.args as readonly [string, Node, readonly Node[]];
  const at = Math.max(node.start, text.indexOf('(', receiver.end));
  const known = Object.hasOwn(macros, name) ? macros[name] : undefined;
  const count = args.length;
  if (known !== undefined && [known.one, known.oneFiltered, known.two, known.twoFiltered].includes(count)) {
    const filtered = count === known.oneFiltered || count === known.twoFiltered;
    const variables = count === known.one || count === known.oneFiltered ? 1 : 2;
    const names = args.slice(0, variables).map((arg) => variable(arg));
    const [first, second] = args.slice(variables).map((arg) => read(arg, text));
    const body = (filtered ? second : first) as Expression;
    const loop = { op: 'loop', at, macro: known.macro, range: read(receiver, text), names, body } as const;
    return filtered && first !== undefined ? { ...loop, filter: first } : loop;
  }
  return { op: 'call', at, name, target: read(receiver, text), args: args.map((arg) => read(arg, text)) };
}
function variable(node: Node): string {
  if (node.op !== 'id') throw new MacroError(node.start, 'argument must be a simple name');
  return node.args as string;
}
