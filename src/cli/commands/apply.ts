import { dataDirOption, namespaceOption, type Command } from '../command.ts';
import { sourceOptions } from '../source-options.ts';

export const applyCommand: Command = {
  name: 'apply',
  summary: 'applies exactly a plan that was saved, or the newest state of a repository',
  arguments: [{ name: 'PLAN|REPO', required: true, summary: 'file of `steer plan --out`, or a repository', completes: 'files' }],
  options: [
    ...sourceOptions,
    { flags: '--revision REF', summary: 'of a repository: what to apply', defaultsTo: 'the default branch' },
    { flags: '--name APP', summary: 'application', defaultsTo: 'the one of the running `steer up`' },
    dataDirOption,
    namespaceOption,
  ],
  examples: [
    ['steer apply p.json', 'exactly the reviewed plan, or a refusal that names what changed since'],
    ['steer apply . --path clusters/dev', 'plan and apply in one go'],
  ],
  run: async (call) => (await import('../work/apply.ts')).runApply(call),
};
