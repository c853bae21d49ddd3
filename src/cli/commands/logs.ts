import { Pod } from '../../api/kinds.generated.ts';
import { keyText, type ObjectKey } from '../../api/object.ts';
import { dataDirOption, flag, text, type Command } from '../command.ts';
import { UsageError } from '../output.ts';
import { withSession } from '../session.ts';

export const logsCommand: Command = {
  name: 'logs',
  summary: 'prints the output of a pod',
  arguments: [{ name: 'POD', required: true, summary: 'name or namespace/name' }],
  options: [
    { flags: '-n, --namespace NS', summary: 'namespace of the pod', defaultsTo: 'the only one that has such a pod' },
    { flags: '-c, --container NAME', summary: 'which container', defaultsTo: 'the only one' },
    { flags: '-f, --follow', summary: 'go on as lines come' },
    { flags: '-p, --previous', summary: 'of the run before the present one' },
    { flags: '--tail N', summary: 'only the last N lines' },
    { flags: '--timestamps', summary: 'the time in front of each line' },
    dataDirOption,
  ],
  examples: [['steer logs shop/web-5c9f8-abcde -f', 'follow a pod']],
  run: (call) =>
    withSession(call, async (session) => {
      const given = call.arguments[0] ?? '';
      const key = await podKey(session.cluster.list(Pod), given, text(call, 'namespace'));
      const tail = text(call, 'tail');
      if (tail !== undefined && !/^\d+$/.test(tail)) throw new UsageError(`--tail ${tail}: must be a whole number, 0 or more`);
      const container = text(call, 'container');
      const lines = session.cluster.logs(key, {
        follow: flag(call, 'follow'),
        previous: flag(call, 'previous'),
        timestamps: flag(call, 'timestamps'),
        signal: session.environment.interrupted,
        ...(container === undefined ? {} : { container }),
        ...(tail === undefined ? {} : { tailLines: Number(tail) }),
      });
      for await (const chunk of lines) session.environment.stdout.write(chunk);
      return 0;
    }),
};

async function podKey(
  list: Promise<{ items: readonly Readonly<Pod>[] }>,
  given: string,
  namespace: string | undefined,
): Promise<ObjectKey> {
  const slash = given.indexOf('/');
  if (slash > 0) return { namespace: given.slice(0, slash), name: given.slice(slash + 1) };
  if (namespace !== undefined) return { namespace, name: given };
  const found = (await list).items
    .filter((pod) => pod.metadata.name === given)
    .map((pod) => ({ namespace: pod.metadata.namespace ?? '', name: given }));
  const [first, second] = found;
  if (first === undefined) throw new Error(`there is no pod ${given}`);
  if (second !== undefined) throw new Error(`several namespaces have a pod ${given}: ${found.map((key) => keyText(key)).join(', ')}`);
  return first;
}
