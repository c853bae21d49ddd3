import { createColors } from 'picocolors';
import type { Paint } from '../report/paint.ts';
import { noPaint } from '../report/paint.ts';
import { printable } from '../report/wording.ts';
import type { Environment } from './environment.ts';

/** Colours only on a terminal, never with NO_COLOR (no-color.org) or TERM=dumb; FORCE_COLOR wins. */
export function paintFor(environment: Environment, stream: NodeJS.WriteStream = environment.stdout): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment.variables;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0';
  if (!forced && (!stream.isTTY || (NO_COLOR ?? '') !== '' || TERM === 'dumb')) return noPaint;
  const colors = createColors(true);
  return { good: colors.green, bad: colors.red, warn: colors.yellow, strong: colors.bold, faint: colors.dim };
}

export function print(environment: Environment, text: string): void {
  environment.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
/** For people beside the data: progress, the target's name, warnings. */
export function say(environment: Environment, text: string): void {
  environment.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}
export function printJson(environment: Environment, value: unknown): void {
  print(environment, JSON.stringify(value, undefined, 2));
}

/** Columns as kubectl sets them: three spaces between, the last one as long as it is. Texts are made harmless for a terminal. */
export function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map((cell) => (cell === '' ? '-' : printable(cell))));
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) => row.map((cell, column) => (column === header.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3))).join(''))
    .join('\n');
}

/** What `-o` takes, checked: the first is the default. @throws UsageError */
export function outputFormat<F extends string>(given: string | undefined, allowed: readonly [F, ...(readonly F[])]): F {
  const format = allowed.find((one) => one === (given ?? allowed[0]));
  if (format === undefined) throw new UsageError(`-o ${given ?? ''}: must be one of ${allowed.join(', ')}`);
  return format;
}

/** The command line is wrong: exit code 1, and the hint to --help. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
/** Ends the command with this code; everything that had to be said has been said. */
export class ExitWith extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.name = 'ExitWith';
    this.code = code;
  }
}
