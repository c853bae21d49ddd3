import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import { explain } from '../../gitops/explain.ts';
import { printable } from '../../report/wording.ts';
import { pickApplication } from '../application.ts';
import { applicationArgument, dataDirOption, namespaceOption, outputOption, type Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'says in one sentence each what is not green, who wrote it, and what happens next',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption, outputOption],
  examples: [['steer explain shop', 'object, field, writer, time, and what comes next']],
  run: (call) =>
    withSession(call, async (session) => {
      const { cluster, environment } = session;
      const given = call.arguments[0];
      const all = given === undefined ? (await cluster.list(Application)).items : [];
      const chosen = all.length > 1 ? all : [await pickApplication(session, given, call)];
      const found = (await Promise.all(chosen.map((one) => explain(keyOf(one), { store: cluster, clock: environment.clock })))).flat();
      if (session.json) printJson(environment, found);
      else if (found.length > 0) print(environment, found.map((one) => printable(one.sentence)).join('\n'));
      else print(environment, `all is well with ${chosen.map((one) => keyText(keyOf(one))).join(', ')}`);
      return 0;
    }),
};
