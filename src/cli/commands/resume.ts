import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import { ask, pickApplication } from '../application.ts';
import { applicationArgument, dataDirOption, namespaceOption, type Command } from '../command.ts';
import { print } from '../output.ts';
import { withSession } from '../session.ts';

export const resumeCommand: Command = {
  name: 'resume',
  summary: 'lets an application follow its source again, after a suspend or a rollback',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption],
  examples: [['steer resume shop', 'sync shop to the newest commit, also one that a rollback marked as bad']],
  run: (call) =>
    withSession(call, async (session) => {
      const application = await pickApplication(session, call.arguments[0], call);
      if (application.spec.suspend === true) await session.cluster.patch(Application, keyOf(application), { spec: { suspend: false } });
      await ask(session, application, { action: 'resume' });
      print(session.environment, `application ${keyText(keyOf(application))} follows its source again`);
      return 0;
    }),
};
