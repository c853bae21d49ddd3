import { applicationArgument, dataDirOption, namespaceOption, outputOption, type Command } from '../command.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'says in one sentence each what is not green, who wrote it, and what happens next',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption, outputOption],
  examples: [['steer explain shop', 'object, field, writer, time, and what comes next']],
  run: async (call) => (await import('../work/explain.ts')).runExplain(call),
};
