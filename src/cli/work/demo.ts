import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Call } from '../command.ts';
import { ensureDemoRepository } from '../demo-repository.ts';
import { print } from '../output.ts';
import { runUp } from '../up.ts';

/** `steer demo`: makes a repository from the sample in ./steer-demo and runs it. Answers the exit code. */
export async function runDemo(call: Call): Promise<number | undefined> {
  const { environment } = call;
  const folder = join(environment.directory, 'steer-demo');
  const fresh = await ensureDemoRepository(environment, sampleFolder(), folder);
  print(environment, `${fresh ? 'made' : 'using'} the repository ${folder}`);
  return runUp(
    { ...call, arguments: [folder], options: { ...call.options, path: 'dev', name: 'steer-demo', deadline: '20s' } },
    { healthy: () => print(environment, nextSteps(call, folder)) },
  );
}

/** sample-repo lies beside src/ and beside dist/. */
function sampleFolder(): string {
  const found = ['..', '../..', '../../..'].map((up) => join(import.meta.dirname, up, 'sample-repo')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('the sample repository is not in this package');
  return found;
}

function nextSteps(call: Call, folder: string): string {
  const { environment } = call;
  const repository = relative(environment.directory, folder);
  const steer = environment.variables['npm_lifecycle_event'] === undefined ? 'steer' : 'npx steer';
  const commit = (change: string, message: string) =>
    `git -C ${repository} apply changes/${change}.patch && git -C ${repository} commit -qam '${message}'`;
  return [
    '',
    'Next, in another terminal:',
    `  ${commit('better', 'a better greeting')}    # rolls out`,
    `  ${commit('broken', 'a broken web')}         # fails at its deadline; the old pods stay`,
    `  ${steer} rollback                           # back to the revision before, and hold there`,
    '',
  ].join('\n');
}
