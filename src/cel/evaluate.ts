import { dottedName, typeNames, type Checked } from './check.ts';
import type { Cost, Meter, Overload } from './declare.ts';
import type { Expression } from './expression.ts';
import { runLoop } from './loop.ts';
import { matches } from './matches.ts';
import { CelError, CelMap, CostExceeded, isCelObject, isList, keyOf, noOverload, Optional, sizeOf, type Key, type Value } from './value.ts';

/** One evaluation: what it may cost and has cost. */
export class Run implements Meter {
  readonly checked: Checked;
  readonly limit: number;
  spent = 0;
  constructor(checked: Checked, limit: number) {
    this.checked = checked;
    this.limit = limit;
  }
  charge(cost: number): void {
    this.spent += cost;
    if (this.spent > this.limit) throw new CostExceeded();
  }
}

/** Variables, innermost first. */
export interface Scope {
  readonly name: string;
  readonly value: Value;
  readonly outer: Scope | undefined;
}

/** The value of an expression. @throws CelError, CostExceeded */
export function evaluate(expression: Expression, scope: Scope | undefined, run: Run): Value {
  switch (expression.op) {
    case 'const':
      return expression.value;
    case 'name':
      run.charge(1);
      return valueOfName(expression.name, scope);
    case 'select':
      return select(expression, scope, run);
    case 'call':
      return call(expression, scope, run);
    case 'list':
      run.charge(10);
      return expression.items.map((item) => evaluate(item, scope, run));
    case 'map':
      run.charge(30);
      return new CelMap(entriesOf(expression.entries, scope, run));
    case 'loop':
      return runLoop(expression, scope, run);
  }
}

function lookUp(name: string, scope: Scope | undefined): Scope | undefined {
  for (let at = scope; at !== undefined; at = at.outer) if (at.name === name) return at;
  return undefined;
}
function valueOfName(name: string, scope: Scope | undefined): Value {
  const found = lookUp(name, scope);
  if (found !== undefined) return found.value;
  const type = typeNames.get(name);
  if (type === undefined) throw new CelError(`no such attribute(s): ${name}`);
  return type;
}

function entriesOf(entries: readonly (readonly [Expression, Expression])[], scope: Scope | undefined, run: Run): Map<Key, Value> {
  const made = new Map<Key, Value>();
  for (const [keyExpression, valueExpression] of entries) {
    const key = keyOf(evaluate(keyExpression, scope, run));
    if (made.has(key)) throw new CelError(`failed with repeated key: ${String(key)}`);
    made.set(key, evaluate(valueExpression, scope, run));
  }
  return made;
}

const missing = (key: Value): CelError => new CelError(`no such key: ${keyText(key)}`);
function keyText(key: Value): string {
  return typeof key === 'string' ? key : String(keyOf(key));
}

function select(expression: Extract<Expression, { op: 'select' }>, scope: Scope | undefined, run: Run): Value {
  const dotted = dottedName(expression, (name) => lookUp(name, scope) !== undefined);
  const type = dotted === undefined ? undefined : typeNames.get(dotted);
  if (type !== undefined) return type;
  const operand = evaluate(expression.operand, scope, run);
  if (expression.how === 'test') return testField(operand, expression.field);
  run.charge(1);
  if (operand instanceof Optional) return operand.value === undefined ? operand : new Optional(tryMember(operand.value, expression.field));
  if (expression.how === 'optional') return new Optional(tryMember(operand, expression.field));
  const found = member(operand, expression.field);
  if (found === undefined) throw missing(expression.field);
  return found;
}
function testField(operand: Value, field: string): boolean {
  if (operand instanceof Optional) return operand.value !== undefined && member(operand.value, field) !== undefined;
  return member(operand, field) !== undefined;
}
/** The member of an object or map; undefined when it is not there. */
function member(of: Value, name: string): Value | undefined {
  if (of instanceof CelMap) return of.entries.get(name);
  if (isCelObject(of)) return of.field(name);
  throw noOverload();
}
const tryMember = (of: Value, name: string): Value | undefined => (of === null ? undefined : member(of, name));

function index(of: Value, key: Value): Value | undefined {
  if (isList(of)) {
    const at = keyOf(key);
    if (typeof at !== 'bigint') throw noOverload();
    return at >= 0n && at < BigInt(of.length) ? of[Number(at)] : undefined;
  }
  if (of instanceof CelMap) return of.entries.get(keyOf(key));
  if (isCelObject(of) && typeof key === 'string') return of.field(key);
  throw noOverload();
}
function indexed(of: Value, key: Value): Value {
  if (of instanceof Optional) return of.value === undefined ? of : new Optional(index(of.value, key));
  const found = index(of, key);
  if (found !== undefined) return found;
  throw isList(of) ? new CelError(`index out of bounds: ${keyText(key)}`) : missing(key);
}

type Call = Extract<Expression, { op: 'call' }>;
function call(expression: Call, scope: Scope | undefined, run: Run): Value {
  const { name, args } = expression;
  switch (name) {
    case '_&&_':
    case '_||_':
      return logical(expression, scope, run);
    case '_?_:_': {
      const condition = evaluate(args[0] as Expression, scope, run);
      if (typeof condition !== 'boolean') throw noOverload();
      return evaluate(args[condition ? 1 : 2] as Expression, scope, run);
    }
    case '_[_]':
    case '_[?_]': {
      const of = evaluate(args[0] as Expression, scope, run);
      const key = evaluate(args[1] as Expression, scope, run);
      run.charge(1);
      if (name === '_[_]') return indexed(of, key);
      return of instanceof Optional ? indexed(of, key) : new Optional(of === null ? undefined : index(of, key));
    }
    default:
      return applied(expression, scope, run);
  }
}

/** One side that decides makes the other's error none. */
function logical({ name, args }: Call, scope: Scope | undefined, run: Run): Value {
  const deciding = name === '_||_';
  const [left, right] = args as readonly [Expression, Expression];
  const first = attempt(left, scope, run);
  if (first === deciding) return deciding;
  const second = attempt(right, scope, run);
  if (second === deciding) return deciding;
  if (first instanceof CelError) throw first;
  if (second instanceof CelError) throw second;
  return !deciding;
}
/** A bool, or why there is none. */
export function attempt(expression: Expression, scope: Scope | undefined, run: Run): boolean | CelError {
  try {
    const value = evaluate(expression, scope, run);
    return typeof value === 'boolean' ? value : noOverload();
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
}

function applied(expression: Call, scope: Scope | undefined, run: Run): Value {
  const overloads = run.checked.overloads.get(expression) ?? [];
  const member = overloads[0]?.member === true;
  const operands = member ? [expression.target as Expression, ...expression.args] : expression.args;
  const values = operands.map((arg) => evaluate(arg, scope, run));
  const fitting = overloads.find((overload) => overload.params.every((param, at) => matches(param, values[at] as Value)));
  if (fitting === undefined) throw noOverload();
  run.charge(costOf(fitting.cost, values));
  return invoke(fitting, values, run);
}
function invoke({ run: work, metered }: Overload, values: readonly Value[], meter: Meter): Value {
  const given = metered === true ? [meter, ...values] : values;
  return work(...(given as never[]));
}

/** RE2 in JavaScript is slower than Go's: a unit of cost shall stand for much the same time everywhere. */
const slowPatterns = 4;
const tenth = (value: Value | undefined): number => Math.ceil((value === undefined ? 0 : roughSize(value)) * 0.1);
/** As `sizeOf`, without counting characters. */
function roughSize(value: Value): number {
  return typeof value === 'string' ? value.length : sizeOf(value);
}
/** What a call costs at run time (cel-go, interpreter/runtimecost.go; Kubernetes, pkg/cel/library/cost.go). */
function costOf(cost: Cost | undefined, values: readonly Value[]): number {
  const [first = null, second = null] = values;
  switch (cost) {
    case undefined:
      return 1;
    case 'traverse':
      return Math.max(1, tenth(first));
    case 'argument':
      return Math.max(1, tenth(values.at(-1)));
    case 'search':
      return Math.max(1, tenth(first) * Math.max(1, tenth(second)));
    case 'match':
      return slowPatterns * Math.ceil((1 + roughSize(first)) * 0.1) * Math.max(1, Math.ceil(roughSize(second) * 0.25));
    case 'items':
      return Math.max(1, roughSize(first));
    case 'lastItems':
      return Math.max(1, roughSize(second));
    case 'product':
      return Math.max(1, roughSize(first) * roughSize(second));
    case 'sum':
      return Math.max(1, Math.ceil((roughSize(first) + roughSize(second)) * 0.1));
    case 'smaller':
      return Math.max(1, Math.ceil(Math.min(roughSize(first), roughSize(second)) * 0.1));
  }
}
