import { dataDirOption, namespaceOption, outputOption, type Command } from '../command.ts';

export const diffCommand: Command = {
  name: 'diff',
  summary: 'shows what one revision changed against another, from the history',
  arguments: [
    { name: 'APP', summary: 'the application; may be left out where there is one', completes: 'applications' },
    { name: 'N', summary: 'number of the older revision' },
    { name: 'M', summary: 'number of the newer one' },
  ],
  options: [dataDirOption, namespaceOption, outputOption],
  examples: [
    ['steer diff 3 5', 'of the only application'],
    ['steer diff shop 3 5 -o json', 'with patches'],
  ],
  run: async (call) => (await import('../work/diff.ts')).runDiff(call),
};
