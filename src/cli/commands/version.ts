import { findRunning } from '../running.ts';
import { dataDirOption, outputOption, text, type Command } from '../command.ts';
import { outputFormat, print, printJson } from '../output.ts';
import { version } from '../version.ts';

export const versionCommand: Command = {
  name: 'version',
  summary: 'prints the version of steer, of Node and of the cluster that runs',
  options: [dataDirOption, outputOption],
  examples: [['steer version', 'of this program and of the running cluster']],
  run: async (call) => {
    const format = outputFormat(text(call, 'output'), ['text', 'json']);
    const server = await serverVersion(call).catch(() => undefined);
    const found = { steer: version, node: process.versions.node, ...(server === undefined ? {} : { cluster: server }) };
    if (format === 'json') printJson(call.environment, found);
    else
      print(
        call.environment,
        Object.entries(found)
          .map(([name, value]) => `${name} ${value}`)
          .join('\n'),
      );
    return 0;
  },
};

/** @throws Error where nothing runs: then there is no such line */
async function serverVersion(call: Parameters<Command['run']>[0]): Promise<string> {
  const running = findRunning(call);
  const { openTarget } = await import('../target.ts');
  const target = await openTarget(running, call.environment);
  try {
    return (await target.cluster.version()).gitVersion;
  } finally {
    await target.close();
  }
}
