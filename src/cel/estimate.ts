import type { Checked } from './check.ts';
import type { Cost } from './declare.ts';
import type { Expression } from './expression.ts';
import type { CelType } from './type.ts';

/** Beyond any budget; sums and products stop here. */
const endless = Number.MAX_SAFE_INTEGER;
const plus = (...costs: readonly number[]): number =>
  Math.min(
    endless,
    costs.reduce((sum, cost) => sum + cost, 0),
  );
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : Math.min(endless, a * b));
const part = (size: number, factor: number): number => (size >= endless ? endless : Math.ceil(size * factor));

/** What evaluating an expression costs at most, by the bounds of its schema (cel-go, checker/cost.go). */
export function estimateCost(checked: Checked): number {
  return costOf(checked.expression, { checked, sizes: new Map() });
}

interface Estimate {
  readonly checked: Checked;
  /** Sizes of results that follow from what they are made of. */
  readonly sizes: Map<Expression, number>;
}

function costOf(expression: Expression, run: Estimate): number {
  switch (expression.op) {
    case 'const':
      return 0;
    case 'name':
      return 1;
    case 'select': {
      const operand = costOf(expression.operand, run);
      if (expression.how === 'test') return operand;
      const kind = run.checked.types.get(expression.operand)?.kind;
      return kind === 'map' || kind === 'object' ? plus(operand, 1) : operand;
    }
    case 'list':
      run.sizes.set(expression, expression.items.length);
      return plus(10, ...expression.items.map((item) => costOf(item, run)));
    case 'map':
      run.sizes.set(expression, expression.entries.length);
      return plus(30, ...expression.entries.flatMap(([key, value]) => [costOf(key, run), costOf(value, run)]));
    case 'loop':
      return loopCost(expression, run);
    case 'call':
      return callCost(expression, run);
  }
}

type Loop = Extract<Expression, { op: 'loop' }>;
function loopCost(loop: Loop, run: Estimate): number {
  const range = costOf(loop.range, run);
  const body = costOf(loop.body, run);
  const filter = loop.filter === undefined ? 0 : costOf(loop.filter, run);
  if (loop.macro === 'optMap' || loop.macro === 'optFlatMap') return plus(range, body, 3);
  const turns = sizeOf(loop.range, run);
  if (['map', 'filter', 'transformList', 'transformMap', 'transformMapEntry'].includes(loop.macro)) run.sizes.set(loop, turns);
  return plus(range, initial[loop.macro] ?? 0, times(turns, turnCost(loop, filter, body)), 1);
}
/** Lists and maps are made before the first turn. */
const initial: Readonly<Partial<Record<Loop['macro'], number>>> = {
  map: 10,
  filter: 10,
  transformList: 10,
  transformMap: 30,
  transformMapEntry: 30,
  existsOne: 1,
};
function turnCost(loop: Loop, filter: number, body: number): number {
  switch (loop.macro) {
    case 'all':
      return plus(3, body);
    case 'exists':
      return plus(4, body);
    case 'existsOne':
      return plus(2, body);
    case 'filter':
      return plus(13, body);
    default:
      return plus(12, filter, body);
  }
}

/** Characters, bytes, items or entries that the value of an expression has at most. */
function sizeOf(expression: Expression | undefined, run: Estimate): number {
  if (expression === undefined) return 0;
  const known = run.sizes.get(expression);
  if (known !== undefined) return known;
  const type = run.checked.types.get(expression);
  if (type === undefined) return endless;
  return type.largest ?? (isScalar(type) ? 1 : endless);
}
function isScalar({ kind }: CelType): boolean {
  return ['bool', 'int', 'uint', 'double', 'null', 'timestamp', 'duration', 'type', 'opaque'].includes(kind);
}

type Call = Extract<Expression, { op: 'call' }>;
function callCost(call: Call, run: Estimate): number {
  const overloads = run.checked.overloads.get(call);
  const member = overloads?.[0]?.member === true;
  const args = member && call.target !== undefined ? [call.target, ...call.args] : call.args;
  const costs = args.map((arg) => costOf(arg, run));
  const [first = 0, second = 0, third = 0] = costs;
  switch (call.name) {
    case '_&&_':
    case '_||_':
      return plus(first, second);
    case '_?_:_':
      run.sizes.set(call, Math.max(sizeOf(args[1], run), sizeOf(args[2], run)));
      return plus(first, Math.max(second, third));
    case '_[_]':
    case '_[?_]':
      return plus(1, ...costs);
    default:
      break;
  }
  const size = resultSize(call.name, args, run);
  if (size !== undefined) run.sizes.set(call, size);
  const dearest = Math.max(1, ...(overloads ?? []).map((overload) => ownCost(overload.cost, args, run)));
  return plus(dearest, ...costs);
}

const noLonger: ReadonlySet<string> = new Set([
  'lowerAscii',
  'upperAscii',
  'substring',
  'trim',
  'find',
  'findAll',
  'split',
  'charAt',
  'dyn',
]);
/** How large the result of a call is at most, where its arguments say so. */
function resultSize(name: string, args: readonly Expression[], run: Estimate): number | undefined {
  const [first, second] = args;
  if (name === '_+_') return plus(sizeOf(first, run), sizeOf(second, run));
  if (noLonger.has(name)) return sizeOf(first, run);
  if (name === 'replace') return plus(sizeOf(first, run), times(sizeOf(first, run), sizeOf(args[2], run)));
  const type = first === undefined ? undefined : run.checked.types.get(first);
  if (name === 'string' && type !== undefined) return isScalar(type) ? longestScalar : sizeOf(first, run);
  if (name === 'join' && type?.kind === 'list') return times(sizeOf(first, run), plus(type.item.largest ?? endless, sizeOf(second, run)));
  return undefined;
}
/** No number, time, address or truth is longer as text. */
const longestScalar = 64;

function ownCost(cost: Cost | undefined, args: readonly Expression[], run: Estimate): number {
  const size = (index: number): number => sizeOf(args.at(index), run);
  switch (cost) {
    case undefined:
      return 1;
    case 'traverse':
      return part(size(0), 0.1);
    case 'argument':
      return part(size(-1), 0.1);
    case 'search':
      return times(part(size(0), 0.1), Math.max(1, part(size(1), 0.1)));
    case 'match':
      return times(part(plus(size(0), 1), 0.1), part(size(1), 0.25));
    case 'items':
      return size(0);
    case 'lastItems':
      return size(1);
    case 'product':
      return times(size(0), size(1));
    case 'sum':
      return part(plus(size(0), size(1)), 0.1);
    case 'smaller':
      return part(Math.min(size(0), size(1)), 0.1);
  }
}
