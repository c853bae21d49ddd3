import { UsageError } from '../output.ts';
import { applicationArgument, dataDirOption, namespaceOption, text, type Command } from '../command.ts';
import { ask, pickApplication } from '../application.ts';
import { print } from '../output.ts';
import { withSession } from '../session.ts';

export const rollbackCommand: Command = {
  name: 'rollback',
  summary: 'goes back to an earlier revision and holds there until a newer commit changes the application',
  arguments: [applicationArgument],
  options: [
    { flags: '--to N', summary: 'number of the revision', defaultsTo: 'the last one that was healthy' },
    dataDirOption,
    namespaceOption,
  ],
  examples: [
    ['steer rollback', 'to the last healthy revision'],
    ['steer rollback shop --to 3', 'to revision 3 of `steer history`'],
  ],
  run: (call) =>
    withSession(call, async (session) => {
      const application = await pickApplication(session, call.arguments[0], call);
      const to = numberOf(text(call, 'to'));
      const live = await ask(session, application, { action: 'rollback', ...(to === undefined ? {} : { to }) });
      const { pinned, current } = live.status ?? {};
      const bad = pinned?.badCommit === undefined ? '' : `, commit ${pinned.badCommit.slice(0, 7)} is marked as bad`;
      print(
        session.environment,
        `rolled back: revision ${current?.number ?? '?'} runs with the manifests of revision ${pinned?.revision ?? '?'}${bad}`,
      );
      print(session.environment, 'Sync resumes by itself at the next commit that changes the application, or with `steer resume`.');
      return 0;
    }),
};

function numberOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(given)) throw new UsageError(`--to ${given}: must be the number of a revision, as \`steer history\` lists them`);
  return Number(given);
}
