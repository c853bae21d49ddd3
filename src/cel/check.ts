import type { Overload } from './declare.ts';
import type { Expression, Issue } from './expression.ts';
import type { Library } from './library.ts';
import {
  accepts,
  boolType,
  bytesType,
  doubleType,
  dynType,
  filled,
  intType,
  joined,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  stringType,
  typeText,
  typeType,
  uintType,
  type Binding,
  type CelType,
} from './type.ts';
import { CelError, TypeValue, Uint, type Value } from './value.ts';
import { compilePattern } from './functions/patterns.ts';
import { parseDuration, parseTimestamp } from './functions/time.ts';

/** What checking found: the type of each part, and the overloads that each call may mean. */
export interface Checked {
  readonly expression: Expression;
  readonly type: CelType;
  readonly types: ReadonlyMap<Expression, CelType>;
  readonly overloads: ReadonlyMap<Expression, readonly Overload[]>;
  /** Variables that the expression names, apart from those of its own macros. */
  readonly names: ReadonlySet<string>;
}

/** Types by the names that expressions have for them. */
export const typeNames: ReadonlyMap<string, TypeValue> = new Map(
  ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'optional_type', 'net.IP', 'net.CIDR']
    .concat(['google.protobuf.Timestamp', 'google.protobuf.Duration', 'kubernetes.URL', 'kubernetes.Quantity'])
    .map((name) => [name, new TypeValue(name)]),
);

interface Check {
  readonly library: Library;
  readonly types: Map<Expression, CelType>;
  readonly overloads: Map<Expression, readonly Overload[]>;
  readonly names: Set<string>;
  readonly issues: Issue[];
  /** Lists that may hold values of several types: what `format` is given. */
  readonly mixed: Set<Expression>;
}
interface Scope {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly outer?: Scope;
}

/** Gives every part its type. @returns what is wrong, in cel-go's words, if anything is */
export function check(
  expression: Expression,
  variables: ReadonlyMap<string, CelType>,
  library: Library,
): Checked | { readonly issues: readonly Issue[] } {
  const run: Check = { library, types: new Map(), overloads: new Map(), names: new Set(), issues: [], mixed: new Set() };
  const type = typeOf(expression, { variables }, run);
  const { types, overloads, names, issues } = run;
  return issues.length > 0 ? { issues } : { expression, type, types, overloads, names };
}

function typeOf(expression: Expression, scope: Scope, run: Check): CelType {
  const type = inner(expression, scope, run);
  run.types.set(expression, type);
  return type;
}
function issue(run: Check, at: number, message: string): CelType {
  run.issues.push({ at, message });
  return dynType;
}

function inner(expression: Expression, scope: Scope, run: Check): CelType {
  switch (expression.op) {
    case 'const':
      return typeOfConstant(expression.value);
    case 'name':
      return typeOfName(expression.name, expression.at, { scope, run });
    case 'select':
      return typeOfSelect(expression, scope, run);
    case 'call':
      return typeOfCall(expression, scope, run);
    case 'list':
      return listOf(run.mixed.has(expression) ? mixed(expression.items, scope, run) : common(expression.items, scope, run));
    case 'map': {
      const key = common(
        expression.entries.map(([one]) => one),
        scope,
        run,
      );
      return mapOf(
        key,
        common(
          expression.entries.map(([, one]) => one),
          scope,
          run,
        ),
      );
    }
    case 'loop':
      return typeOfLoop(expression, scope, run);
  }
}

function typeOfConstant(value: Value): CelType {
  if (value === null) return nullType;
  switch (typeof value) {
    case 'boolean':
      return boolType;
    case 'bigint':
      return intType;
    case 'number':
      return doubleType;
    case 'string':
      return { ...stringType, largest: value.length };
    default:
      return value instanceof Uint ? uintType : bytesType;
  }
}

function variableOf(name: string, scope: Scope | undefined): { type: CelType; root: boolean } | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    const type = at.variables.get(name);
    if (type !== undefined) return { type, root: at.outer === undefined };
  }
  return undefined;
}
function typeOfName(name: string, at: number, { scope, run }: { scope: Scope; run: Check }): CelType {
  const variable = variableOf(name, scope);
  if (variable !== undefined) {
    if (variable.root) run.names.add(name);
    return variable.type;
  }
  if (typeNames.has(name)) return typeType;
  return issue(run, at, `undeclared reference to '${name}' (in container '')`);
}

/** `a.b.c` when it is nothing but names, and its first is no variable. */
export function dottedName(expression: Expression, isVariable: (name: string) => boolean): string | undefined {
  if (expression.op === 'name') return isVariable(expression.name) ? undefined : expression.name;
  if (expression.op !== 'select' || expression.how !== 'plain') return undefined;
  const before = dottedName(expression.operand, isVariable);
  return before === undefined ? undefined : `${before}.${expression.field}`;
}

function typeOfSelect(expression: Extract<Expression, { op: 'select' }>, scope: Scope, run: Check): CelType {
  const dotted = dottedName(expression, (name) => variableOf(name, scope) !== undefined);
  if (dotted !== undefined && typeNames.has(dotted)) return typeType;
  const operand = typeOf(expression.operand, scope, run);
  const optional = operand.kind === 'optional';
  const field = fieldOf(optional ? operand.value : operand, expression, run);
  if (expression.how === 'test') return boolType;
  return optional || expression.how === 'optional' ? optionalOf(field.kind === 'optional' ? field.value : field) : field;
}
function fieldOf(type: CelType, { field, at }: { field: string; at: number }, run: Check): CelType {
  switch (type.kind) {
    case 'object':
      return type.fields.get(field) ?? issue(run, at, `undefined field '${field}'`);
    case 'map':
      return type.value;
    case 'dyn':
    case 'param':
      return dynType;
    default:
      return issue(run, at, `type '${typeText(type)}' does not support field selection`);
  }
}

function common(items: readonly Expression[], scope: Scope, run: Check): CelType {
  let type: CelType | undefined;
  for (const item of items) {
    const next = typeOf(item, scope, run);
    const both = type === undefined ? next : joined(type, next);
    if (both === undefined) issue(run, item.at, `expected type '${typeText(type ?? dynType)}' but found '${typeText(next)}'`);
    else type = both;
  }
  return type ?? dynType;
}

function mixed(items: readonly Expression[], scope: Scope, run: Check): CelType {
  for (const item of items) typeOf(item, scope, run);
  return dynType;
}

/** Functions whose literal arguments are looked at before anything runs. */
const checkedLiterals: Readonly<Record<string, (text: string) => unknown>> = {
  matches: compilePattern,
  find: compilePattern,
  findAll: compilePattern,
  timestamp: parseTimestamp,
  duration: parseDuration,
};
function checkLiteral(call: Call, run: Check): void {
  const literal = Object.hasOwn(checkedLiterals, call.name) ? checkedLiterals[call.name] : undefined;
  const arg = call.args.at(call.name === 'findAll' ? 0 : -1);
  if (literal === undefined || arg?.op !== 'const' || typeof arg.value !== 'string') return;
  try {
    literal(arg.value);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    issue(run, arg.at, `invalid ${call.name} argument`);
  }
}

type Call = Extract<Expression, { op: 'call' }>;
function typeOfCall(call: Call, scope: Scope, run: Check): CelType {
  const space = call.target === undefined ? undefined : dottedName(call.target, (name) => variableOf(name, scope) !== undefined);
  const qualified = space === undefined ? undefined : `${space}.${call.name}`;
  if (qualified !== undefined && run.library.has(qualified)) return typeOfFunction(call, qualified, { args: call.args, scope, run });
  const [first] = call.args;
  if (call.name === 'format' && first !== undefined) run.mixed.add(first);
  checkLiteral(call, run);
  const args = call.target === undefined ? call.args : [call.target, ...call.args];
  return typeOfFunction(call, call.name, { args, scope, run });
}

function typeOfFunction(
  call: Call,
  name: string,
  { args, scope, run }: { args: readonly Expression[]; scope: Scope; run: Check },
): CelType {
  const types = args.map((arg) => typeOf(arg, scope, run));
  const special = specials[name];
  if (special !== undefined) return special(types) ?? noMatch(call, name, { types, run });
  const declared = run.library.get(name);
  if (declared === undefined) return issue(run, call.at, `undeclared reference to '${name}' (in container '')`);
  const member = call.target !== undefined && args.length > call.args.length;
  const results: CelType[] = [];
  const fitting = declared.filter((overload) => {
    if (overload.member !== member || overload.params.length !== types.length) return false;
    const binding: Binding = new Map();
    if (!overload.params.every((param, index) => accepts(param, types[index] as CelType, binding))) return false;
    results.push(filled(overload.result, binding));
    return true;
  });
  const [first, ...rest] = results;
  if (first === undefined) return noMatch(call, name, { types, run });
  run.overloads.set(call, fitting);
  return rest.every((type) => typeText(type) === typeText(first)) ? first : dynType;
}
function noMatch(call: Call, name: string, { types, run }: { types: readonly CelType[]; run: Check }): CelType {
  // A part that is wrong itself has been told already.
  if (run.issues.length > 0 && types.some(({ kind }) => kind === 'dyn')) return dynType;
  const texts = types.map(typeText);
  const applied =
    call.target !== undefined && texts.length > call.args.length ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`;
  return issue(run, call.at, `found no matching overload for '${name}' applied to '${applied}'`);
}

const isBool = (type: CelType | undefined): boolean => type?.kind === 'bool' || type?.kind === 'dyn';
const logical = ([left, right]: readonly CelType[]): CelType | undefined => (isBool(left) && isBool(right) ? boolType : undefined);
/** Operators that are no functions: they do not evaluate all of their arguments, or know no bounds to their types. */
const specials: Readonly<Record<string, (types: readonly CelType[]) => CelType | undefined>> = {
  '_&&_': logical,
  '_||_': logical,
  '_?_:_': ([condition, yes, no]) => (isBool(condition) && yes !== undefined && no !== undefined ? joined(yes, no) : undefined),
  '_[_]': ([of, index]) => indexed(of, index),
  '_[?_]': ([of, index]) => {
    const item = indexed(of, index);
    return item === undefined ? undefined : item.kind === 'optional' ? item : optionalOf(item);
  },
};
function indexed(of: CelType | undefined, index: CelType | undefined): CelType | undefined {
  if (of === undefined || index === undefined) return undefined;
  switch (of.kind) {
    case 'list':
      return ['int', 'dyn', 'uint'].includes(index.kind) ? of.item : undefined;
    case 'map':
      return accepts(of.key, index, new Map()) ? of.value : undefined;
    case 'optional': {
      const item = indexed(of.value, index);
      return item === undefined ? undefined : optionalOf(item);
    }
    case 'dyn':
      return dynType;
    default:
      return undefined;
  }
}

function typeOfLoop(loop: Extract<Expression, { op: 'loop' }>, scope: Scope, run: Check): CelType {
  const range = typeOf(loop.range, scope, run);
  const [first, second] = loop.names;
  const variables = variablesOf(loop, range, run);
  const named = new Map<string, CelType>([[first as string, variables[0]]]);
  if (second !== undefined) named.set(second, variables[1]);
  const within: Scope = { variables: named, outer: scope };
  if (loop.filter !== undefined) requireBool(loop.filter, within, run);
  switch (loop.macro) {
    case 'all':
    case 'exists':
    case 'existsOne':
      requireBool(loop.body, within, run);
      return boolType;
    case 'filter':
      requireBool(loop.body, within, run);
      return listOf(variables[0]);
    case 'map':
    case 'transformList':
      return listOf(typeOf(loop.body, within, run));
    case 'transformMap':
      return mapOf(variables[0], typeOf(loop.body, within, run));
    case 'transformMapEntry':
      return typeOf(loop.body, within, run);
    case 'optMap':
      return optionalOf(typeOf(loop.body, within, run));
    case 'optFlatMap':
      return typeOf(loop.body, within, run);
  }
}
function requireBool(expression: Expression, scope: Scope, run: Check): void {
  const type = typeOf(expression, scope, run);
  if (!isBool(type)) issue(run, expression.at, `expected type 'bool' but found '${typeText(type)}'`);
}
/** The types of the loop's variables. */
function variablesOf(loop: Extract<Expression, { op: 'loop' }>, range: CelType, run: Check): readonly [CelType, CelType] {
  if (loop.macro === 'optMap' || loop.macro === 'optFlatMap') {
    if (range.kind === 'optional') return [range.value, dynType];
    if (range.kind !== 'dyn')
      noMatch({ op: 'call', at: loop.at, name: loop.macro, target: loop.range, args: [] }, loop.macro, { types: [range], run });
    return [dynType, dynType];
  }
  const two = loop.names.length === 2;
  switch (range.kind) {
    case 'list':
      return two ? [intType, range.item] : [range.item, dynType];
    case 'map':
      return [range.key, range.value];
    case 'dyn':
    case 'param':
      return [dynType, dynType];
    default:
      issue(
        run,
        loop.range.at,
        `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
      return [dynType, dynType];
  }
}
