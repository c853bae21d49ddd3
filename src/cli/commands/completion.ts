import { Application } from '../../api/kinds.generated.ts';
import type { Call, Command, Option } from '../command.ts';
import { print, UsageError } from '../output.ts';
import { findRunning } from '../running.ts';

const scripts: Readonly<Record<string, string>> = {
  bash: `_steer() { local IFS=$'\\n'; COMPREPLY=($(steer __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)); [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default; }
complete -F _steer steer`,
  zsh: `#compdef steer
_steer() { local -a found; found=(\${(f)"$(steer __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"}); (( \${#found} )) && compadd -a found || _files; }
compdef _steer steer`,
  fish: `complete -c steer -a '(steer __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

export const completionCommand: Command = {
  name: 'completion',
  summary: 'prints the completion script of a shell',
  arguments: [{ name: 'SHELL', required: true, summary: Object.keys(scripts).join(', ') }],
  examples: [
    ['source <(steer completion bash)', 'in ~/.bashrc'],
    ['steer completion fish > ~/.config/fish/completions/steer.fish', 'once'],
  ],
  run: (call) => {
    const script = scripts[call.arguments[0] ?? ''];
    if (script === undefined)
      throw new UsageError(`completion ${call.arguments[0] ?? ''}: must be one of ${Object.keys(scripts).join(', ')}`);
    print(call.environment, script);
    return Promise.resolve(0);
  },
};

/** What the scripts call: the words so far, the last one unfinished; prints one candidate a line. */
export const completeCommand: Command = {
  name: '__complete',
  summary: 'prints candidates for a completion script',
  hidden: true,
  arguments: [{ name: 'WORDS', many: true, summary: 'the command line so far' }],
  examples: [['steer __complete sta', 'what begins with "sta"']],
  run: async (call) => {
    const words = call.arguments.filter((word) => word !== undefined);
    const last = words.at(-1) ?? '';
    const found = (await candidates(words.slice(0, -1), last, call)).filter((one) => one.startsWith(last));
    if (found.length > 0) print(call.environment, found.join('\n'));
    return 0;
  },
};

async function candidates(before: readonly string[], last: string, call: Call): Promise<readonly string[]> {
  const [name] = before;
  if (name === undefined) return call.commands.filter((one) => one.hidden !== true).map((one) => one.name);
  const command = call.commands.find((one) => one.name === name);
  if (command === undefined) return [];
  const previous = command.options?.find((option) => namesOf(option).includes(before.at(-1) ?? ''));
  if (previous?.values !== undefined) return previous.values;
  if (last.startsWith('-')) return (command.options ?? []).flatMap((option) => namesOf(option));
  return command.arguments?.[0]?.completes === 'applications' ? applications(call) : [];
}

function namesOf(option: Option): readonly string[] {
  return option.flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));
}

async function applications(call: Call): Promise<readonly string[]> {
  const running = findRunning(call);
  const { openTarget } = await import('../target.ts');
  const target = await openTarget(running, call.environment);
  try {
    return (await target.cluster.list(Application)).items.map((one) => one.metadata.name);
  } finally {
    await target.close();
  }
}
