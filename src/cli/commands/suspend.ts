import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import { pickApplication } from '../application.ts';
import { applicationArgument, dataDirOption, namespaceOption, type Command } from '../command.ts';
import { print } from '../output.ts';
import { withSession } from '../session.ts';

export const suspendCommand: Command = {
  name: 'suspend',
  summary: 'stops syncing and healing an application until `steer resume`',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption],
  examples: [['steer suspend shop', 'nothing is applied, deleted or healed; `steer plan` still shows what waits']],
  run: (call) =>
    withSession(call, async (session) => {
      const application = await pickApplication(session, call.arguments[0], call);
      await session.cluster.patch(Application, keyOf(application), { spec: { suspend: true } });
      print(session.environment, `application ${keyText(keyOf(application))} is suspended; \`steer resume\` ends it`);
      return 0;
    }),
};
