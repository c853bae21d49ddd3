import type { Value } from './value.ts';

/** An expression as it was parsed; `at` is the place in its text that messages point to. */
export type Expression =
  | (Placed & { readonly op: 'const'; readonly value: Value })
  | (Placed & { readonly op: 'name'; readonly name: string })
  | (Placed & { readonly op: 'select'; readonly operand: Expression; readonly field: string; readonly how: 'plain' | 'optional' | 'test' })
  | (Placed & { readonly op: 'call'; readonly name: string; readonly target?: Expression; readonly args: readonly Expression[] })
  | (Placed & { readonly op: 'list'; readonly items: readonly Expression[] })
  | (Placed & { readonly op: 'map'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] })
  | (Placed & Loop);
interface Placed {
  readonly at: number;
}
/** A macro over a list or a map; `names` are one (item, or key) or two (index and item, or key and value). */
export interface Loop {
  readonly op: 'loop';
  readonly macro: Macro;
  readonly range: Expression;
  readonly names: readonly string[];
  readonly filter?: Expression;
  readonly body: Expression;
}
export type Macro =
  'all' | 'exists' | 'existsOne' | 'map' | 'filter' | 'transformList' | 'transformMap' | 'transformMapEntry' | 'optMap' | 'optFlatMap';

/** Something wrong with an expression's text, and where. */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** Issues as cel-go prints them: line, column and the line itself with a mark beneath. */
export function issuesText(text: string, issues: readonly Issue[]): string {
  return issues
    .map(({ at, message }) => {
      const before = text.slice(0, at);
      const line = before.split('\n').length;
      const start = before.lastIndexOf('\n') + 1;
      const end = text.indexOf('\n', at);
      const whole = text.slice(start, end < 0 ? undefined : end);
      return `ERROR: <input>:${line}:${at - start + 1}: ${message}\n | ${whole}\n | ${'.'.repeat(at - start)}^`;
    })
    .join('\n');
}
