import type { Environment } from './environment.ts';

/** One `steer` command. Help and completion are made from this. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** As in `plan [REPO]`: what follows the name. */
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Command lines with a comment each. */
  readonly examples: readonly (readonly [string, string])[];
  /** Not in the list of commands. */
  readonly hidden?: true;
  /** Answers the exit code; undefined is 0. */
  run(call: Call): Promise<number | undefined>;
}
export interface Argument {
  readonly name: string;
  readonly required?: true;
  readonly many?: true;
  readonly summary: string;
  /** What completion offers. */
  readonly completes?: 'applications' | 'files';
}
export interface Option {
  /** As in `-o, --output FORMAT` or `--watch`. */
  readonly flags: string;
  readonly summary: string;
  /** Said in the help; not set by the parser. */
  readonly defaultsTo?: string;
  readonly many?: true;
  readonly values?: readonly string[];
}
export interface Call {
  readonly environment: Environment;
  readonly arguments: readonly (string | undefined)[];
  /** By camel-case name; a flag is true, a value is its text, `many` is a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly commands: readonly Command[];
}

/** The text of an option; undefined when it was not given. */
export function text(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}
export function flag(call: Call, name: string): boolean {
  return call.options[name] === true;
}
/** The values of an option that may be given many times. */
export function list(call: Call, name: string): readonly string[] {
  const value = call.options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** Options that several commands share. */
export const dataDirOption: Option = {
  flags: '--data-dir D',
  summary: 'data directory of the `steer up` that is meant',
  defaultsTo: '$XDG_STATE_HOME/steer/NAME of the one that runs',
};
export const namespaceOption: Option = { flags: '-n, --namespace NS', summary: 'namespace of the Application', defaultsTo: 'default' };
export const outputOption: Option = { flags: '-o, --output FORMAT', summary: 'text or json', defaultsTo: 'text', values: ['text', 'json'] };
export const applicationArgument: Argument = {
  name: 'APP',
  summary: 'the application; may be left out where there is one',
  completes: 'applications',
};
