import { check, type Checked } from './check.ts';
import { estimateCost } from './estimate.ts';
import { evaluate, Run, type Scope } from './evaluate.ts';
import { issuesText, type Expression } from './expression.ts';
import type { Library } from './library.ts';
import { parse } from './parse.ts';
import { typeText, type CelType } from './type.ts';
import { CelError, CostExceeded, type Value } from './value.ts';

/** A checked expression, ready to be evaluated. */
export interface Program {
  readonly type: CelType;
  /** What an evaluation costs at most, by the bounds of the types of its variables. */
  readonly estimatedCost: number;
  /** Whether the expression names a variable. */
  uses(variable: string): boolean;
  /** Evaluates with the values of the variables that the expression names. */
  run(variables: Readonly<Record<string, Value>>, limit: number): Outcome;
}
/** A value, or in cel-go's words why there is none; and what it has cost, in cel-go's units. */
export interface Outcome {
  readonly value?: Value;
  readonly error?: string;
  /** The limit was reached: `value` and `error` say nothing. */
  readonly exceeded?: true;
  readonly cost: number;
}

export interface ProgramOptions {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly library: Library;
  /** The kind of type that the expression must have; dyn for any. */
  readonly result: CelType['kind'];
}

/** Parses and checks an expression. @returns a program, or what is wrong as text */
export function compileProgram(text: string, options: ProgramOptions): Program | { readonly problem: string } {
  try {
    return compile(text, options);
  } catch (error) {
    // Thousands of operators in a row nest as deep: the stack ends before the parser's own limit does.
    if (!(error instanceof RangeError)) throw error;
    return { problem: 'compilation failed: expression recursion limit exceeded' };
  }
}
function compile(text: string, options: ProgramOptions): Program | { readonly problem: string } {
  const parsed = parse(text);
  if ('issue' in parsed) return { problem: `compilation failed: ${issuesText(text, [parsed.issue])}` };
  const checked = check(parsed.expression, options.variables, options.library);
  if ('issues' in checked) return { problem: `compilation failed: ${issuesText(text, checked.issues)}` };
  const { type } = checked;
  const fits = options.result === 'dyn' || type.kind === options.result;
  if (!fits) {
    return {
      problem:
        options.result === 'bool' ? 'cel expression must evaluate to a bool' : `must evaluate to ${options.result}, not ${typeText(type)}`,
    };
  }
  return programOf(checked, parsed.expression, estimateCost(checked));
}

function programOf(checked: Checked, expression: Expression, estimatedCost: number): Program {
  return {
    type: checked.type,
    estimatedCost,
    uses: (variable) => checked.names.has(variable),
    run: (variables, limit) => {
      let scope: Scope | undefined;
      for (const [name, value] of Object.entries(variables)) scope = { name, value, outer: scope };
      const run = new Run(checked, limit);
      try {
        return { value: evaluate(expression, scope, run), cost: Math.ceil(run.spent) };
      } catch (error) {
        if (error instanceof CelError) return { error: error.message, cost: Math.ceil(run.spent) };
        if (error instanceof CostExceeded) return { exceeded: true, cost: limit };
        // Nested deeper than there is stack for: as good as too dear.
        if (error instanceof RangeError) return { exceeded: true, cost: limit };
        throw error;
      }
    },
  };
}
