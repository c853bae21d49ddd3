import type { Command } from '../command.ts';
import { runtimeOptions } from '../source-options.ts';

export const demoCommand: Command = {
  name: 'demo',
  summary: 'makes a repository from the sample in ./steer-demo and runs it',
  options: [...runtimeOptions, { flags: '--once', summary: 'end when it is healthy' }],
  examples: [['steer demo', 'then try the three commands that it prints']],
  run: async (call) => (await import('../work/demo.ts')).runDemo(call),
};
