import { createLibrary, type Library } from '../../src/cel/library.ts';
import { compileProgram, type Outcome } from '../../src/cel/program.ts';
import { dynType, type CelType } from '../../src/cel/type.ts';
import { CelMap, valueOfJson, Uint, type Value } from '../../src/cel/value.ts';
import { doubleText } from '../../src/cel/functions/convert.ts';

let library: Library | undefined;
export function testLibrary(): Library {
  return (library ??= createLibrary({ dns1123Label: (text) => (/^[a-z0-9-]+$/.test(text) ? [] : ['no label']) }));
}

/** The value of an expression over JSON variables of no type, as JSON; or `error: ...`. */
export function evaluated(text: string, variables: Record<string, unknown> = {}): unknown {
  const types = new Map<string, CelType>(Object.keys(variables).map((name) => [name, dynType]));
  const program = compileProgram(text, { variables: types, library: testLibrary(), result: 'dyn' });
  if ('problem' in program) return program.problem;
  return shown(program.run(Object.fromEntries(Object.entries(variables).map(([name, json]) => [name, valueOfJson(json)])), 1_000_000));
}
function shown(outcome: Outcome): unknown {
  if (outcome.exceeded) return 'exceeded';
  return outcome.error === undefined ? plain(outcome.value as Value) : `error: ${outcome.error}`;
}
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : doubleText(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (Array.isArray(value)) return (value as Value[]).map(plain);
  if (value instanceof CelMap) return Object.fromEntries([...value.entries].map(([key, item]) => [String(key), plain(item)]));
  return value;
}
