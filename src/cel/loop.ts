import { attempt, evaluate, type Run, type Scope } from './evaluate.ts';
import type { Expression } from './expression.ts';
import { CelError, CelMap, isCelObject, isList, keyOf, markList, markOf, noOverload, Optional, type Key, type Value } from './value.ts';

type Loop = Extract<Expression, { op: 'loop' }>;
/** What a turn of each macro costs beside its body, as cel-go's expansion of it does. */
const perTurn: Readonly<Record<Loop['macro'], number>> = {
  all: 3,
  exists: 4,
  existsOne: 2,
  map: 12,
  filter: 13,
  transformList: 12,
  transformMap: 12,
  transformMapEntry: 12,
  optMap: 1,
  optFlatMap: 1,
};

/** @throws CelError, CostExceeded */
export function runLoop(loop: Loop, scope: Scope | undefined, run: Run): Value {
  const range = evaluate(loop.range, scope, run);
  if (loop.macro === 'optMap' || loop.macro === 'optFlatMap') return overOptional(loop, range, { scope, run });
  const turns = turnsOf(range, loop.names.length === 2);
  const within = ([first, second]: Turn): Scope => {
    run.charge(perTurn[loop.macro]);
    const inner: Scope = { name: loop.names[0] as string, value: first, outer: scope };
    return second === undefined ? inner : { name: loop.names[1] as string, value: second, outer: inner };
  };
  switch (loop.macro) {
    case 'all':
    case 'exists':
      return overAll(loop, turns, { within, run });
    case 'existsOne': {
      let count = 0;
      for (const turn of turns) if (holds(loop.body, within(turn), run)) count++;
      return count === 1;
    }
    case 'filter': {
      const kept: Value[] = [];
      for (const turn of turns) if (holds(loop.body, within(turn), run)) kept.push(turn[0]);
      const mark = isList(range) ? markOf(range) : undefined;
      if (mark !== undefined) markList(kept, mark);
      return kept;
    }
    case 'transformMap':
    case 'transformMapEntry':
      return intoMap(loop, turns, { within, run });
    default:
      return intoList(loop, turns, { within, run });
  }
}

/** The variables of one turn. */
type Turn = readonly [first: Value, second?: Value];
interface Turning {
  readonly within: (turn: Turn) => Scope;
  readonly run: Run;
}

/** Made one by one: a loop that ends early has not paid for the rest. */
function* turnsOf(range: Value, two: boolean): Generator<Turn> {
  if (isList(range))
    for (let index = 0; index < range.length; index++) yield two ? [BigInt(index), range[index] as Value] : [range[index] as Value];
  else if (range instanceof CelMap) for (const [key, value] of range.entries) yield two ? [key, value] : [key];
  else if (isCelObject(range)) for (const name of range.names()) yield two ? [name, range.field(name) as Value] : [name];
  else throw noOverload();
}

function overOptional(loop: Loop, range: Value, { scope, run }: { scope: Scope | undefined; run: Run }): Value {
  if (!(range instanceof Optional)) throw noOverload();
  if (range.value === undefined) return range;
  run.charge(perTurn[loop.macro]);
  const value = evaluate(loop.body, { name: loop.names[0] as string, value: range.value, outer: scope }, run);
  return loop.macro === 'optMap' ? new Optional(value) : value;
}

function overAll(loop: Loop, turns: Iterable<Turn>, { within, run }: Turning): boolean {
  const deciding = loop.macro === 'exists';
  let failed: CelError | undefined;
  for (const turn of turns) {
    const value = attempt(loop.body, within(turn), run);
    if (value === deciding) return deciding;
    if (value instanceof CelError) failed ??= value;
  }
  if (failed !== undefined) throw failed;
  return !deciding;
}

function holds(expression: Expression, scope: Scope, run: Run): boolean {
  const value = evaluate(expression, scope, run);
  if (typeof value !== 'boolean') throw noOverload();
  return value;
}

function intoList(loop: Loop, turns: Iterable<Turn>, { within, run }: Turning): Value {
  const made: Value[] = [];
  for (const turn of turns) {
    const scope = within(turn);
    if (loop.filter === undefined || holds(loop.filter, scope, run)) made.push(evaluate(loop.body, scope, run));
  }
  return made;
}
function intoMap(loop: Loop, turns: Iterable<Turn>, { within, run }: Turning): Value {
  const made = new Map<Key, Value>();
  for (const turn of turns) {
    const scope = within(turn);
    if (loop.filter !== undefined && !holds(loop.filter, scope, run)) continue;
    const value = evaluate(loop.body, scope, run);
    if (loop.macro === 'transformMap') made.set(keyOf(turn[0]), value);
    else {
      if (!(value instanceof CelMap)) throw noOverload();
      for (const [key, item] of value.entries) {
        if (made.has(key)) throw new CelError(`insert failed: key '${String(key)}' already exists`);
        made.set(key, item);
      }
    }
  }
  return new CelMap(made);
}
