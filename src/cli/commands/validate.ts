import { outputOption, type Command } from '../command.ts';

export const validateCommand: Command = {
  name: 'validate',
  summary: 'checks manifests by their schemas and by the rules of the server, without a cluster',
  arguments: [{ name: 'PATH', summary: 'repository or folder (default: the present folder)', completes: 'files' }],
  options: [
    { flags: '--path P', summary: 'folder inside the repository', defaultsTo: 'its root' },
    {
      flags: '--unserved WHAT',
      summary: 'kinds that the embedded cluster does not serve: error or skip',
      defaultsTo: 'error',
      values: ['error', 'skip'],
    },
    outputOption,
  ],
  examples: [['steer validate clusters/dev', 'every error at once, each with file, line and column; exit code 1 if there is one']],
  run: async (call) => (await import('../work/validate.ts')).runValidate(call),
};
