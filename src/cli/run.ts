import { CommanderError, Command as Parser } from 'commander';
import { StatusError } from '../api/status.ts';
import { errorText } from '../base/log.ts';
import { printable } from '../report/wording.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import type { Environment } from './environment.ts';
import { ExitWith, paintFor, say, UsageError } from './output.ts';
import { version } from './version.ts';

/** Runs one command line (without node and script). Answers the exit code: 0 done, 1 error, others as the command says. */
export async function run(argv: readonly string[], environment: Environment): Promise<number> {
  const outcome = { code: 0 };
  const parser = parserFor(environment, outcome);
  try {
    await parser.parseAsync([...argv], { from: 'user' });
    return outcome.code;
  } catch (error) {
    return failure(error, environment);
  }
}

function failure(error: unknown, environment: Environment): number {
  if (error instanceof ExitWith) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (environment.interrupted.aborted && error === environment.interrupted.reason) return 130;
  const paint = paintFor(environment, environment.stderr);
  say(environment, `${paint.bad('error:')} ${messageOf(error).split('\n').map(printable).join('\n')}`);
  if (error instanceof UsageError) say(environment, 'See `steer --help`.');
  if (environment.variables['STEER_DEBUG'] !== undefined && error instanceof Error) say(environment, error.stack ?? '');
  return 1;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((one) => messageOf(one)).join('\n');
  if (error instanceof StatusError && error.message === '') return error.reason;
  return errorText(error);
}

function parserFor(environment: Environment, outcome: { code: number }): Parser {
  const parser = new Parser('steer')
    .description('Keeps a cluster on the heading that a Git repository sets, and brings its own cluster.')
    .configureOutput({ writeOut: (text) => environment.stdout.write(text), writeErr: (text) => environment.stderr.write(text) })
    .version(`steer ${version}`, '--version', 'prints the version of steer')
    .exitOverride()
    .showHelpAfterError('See `steer --help`.')
    .helpCommand('help [COMMAND]', 'explains a command')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      examplesText([
        ['steer up . --path clusters/dev', 'run this repository on an embedded cluster'],
        ['steer plan --from main --to HEAD', 'what a merge would change, without a cluster'],
      ]),
    );
  for (const command of commands) attach(parser, command, { environment, outcome });
  return parser;
}

function attach(parser: Parser, command: Command, about: { environment: Environment; outcome: { code: number } }): void {
  const sub = parser.command(command.name, { hidden: command.hidden === true });
  sub.summary(command.summary).description(`${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`);
  sub.copyInheritedSettings(parser).exitOverride();
  for (const argument of command.arguments ?? []) {
    const name = `${argument.name}${argument.many === true ? '...' : ''}`;
    sub.argument(argument.required === true ? `<${name}>` : `[${name}]`, argument.summary);
  }
  for (const option of command.options ?? []) {
    const flags = option.flags.replace(/ ([A-Z|a-z]+)$/, ' <$1>');
    const summary = option.defaultsTo === undefined ? option.summary : `${option.summary} (default: ${option.defaultsTo})`;
    if (option.many === true) sub.option(flags, summary, (value: string, before: string[] = []) => [...before, value]);
    else sub.option(flags, summary);
  }
  sub.addHelpText('after', examplesText(command.examples));
  sub.action(async (...given: unknown[]) => {
    const values = given.slice(0, (command.arguments ?? []).length) as (string | string[] | undefined)[];
    const code = await command.run({
      environment: about.environment,
      arguments: values.flat(),
      options: sub.opts(),
      commands,
    });
    about.outcome.code = code ?? 0;
  });
}

function examplesText(examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, comment]) => `  ${line.padEnd(width)}  # ${comment}`).join('\n')}\n`;
}
