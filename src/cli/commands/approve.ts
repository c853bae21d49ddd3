import { applicationArgument, dataDirOption, namespaceOption, type Command } from '../command.ts';

export const approveCommand: Command = {
  name: 'approve',
  summary: 'approves the plan that is held, after showing it',
  arguments: [applicationArgument],
  options: [{ flags: '--plan ID', summary: 'approve this plan without asking' }, dataDirOption, namespaceOption],
  examples: [
    ['steer approve shop', 'shows the held plan and asks'],
    ['steer approve shop --plan p-0f3a5c77e2b1d904', 'in a script: exactly this plan'],
  ],
  run: async (call) => (await import('../work/approve.ts')).runApprove(call),
};
