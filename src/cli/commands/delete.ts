import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { pickApplication } from '../application.ts';
import { dataDirOption, flag, namespaceOption, type Command } from '../command.ts';
import { print, say } from '../output.ts';
import { withSession } from '../session.ts';

/** While it is there, deleting the Application deletes its objects first. */
const pruneFinalizer = 'steersman.dev/prune';

export const deleteCommand: Command = {
  name: 'delete',
  summary: 'deletes an application and, unless they are to be kept, its objects',
  arguments: [{ name: 'APP', required: true, summary: 'the application', completes: 'applications' }],
  options: [{ flags: '--keep-objects', summary: 'leave its objects in the cluster, owned by nobody' }, dataDirOption, namespaceOption],
  examples: [
    ['steer delete shop', 'objects go in the reverse of the order in which they came'],
    ['steer delete shop --keep-objects', 'forget the application, touch nothing else'],
  ],
  run: (call) =>
    withSession(call, async (session) => {
      const application = await pickApplication(session, call.arguments[0], call);
      const key = keyOf(application);
      if (flag(call, 'keepObjects')) {
        const finalizers = (application.metadata.finalizers ?? []).filter((one) => one !== pruneFinalizer);
        const { resourceVersion } = application.metadata;
        await session.cluster.patch(Application, key, { metadata: { resourceVersion, finalizers } });
      }
      await session.cluster.delete(Application, key);
      say(session.environment, `deleting ${keyText(key)} …`);
      for (;;) {
        try {
          await session.cluster.get(Application, key);
        } catch (error) {
          if (!isNotFound(error)) throw error;
          break;
        }
        await session.environment.clock.sleep(200, { signal: session.environment.interrupted });
      }
      print(session.environment, `application ${keyText(key)} deleted`);
      return 0;
    }),
};
