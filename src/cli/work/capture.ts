import { defaultProfile } from '../commands/capture.ts';
import { writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { captureProfile } from '../../review/capture.ts';
import { flag, text, type Call } from '../command.ts';
import { print, say } from '../output.ts';
import { findRunning } from '../running.ts';
import { openKubeconfig, openTarget, type Target } from '../target.ts';

/** `steer capture`: reads once what a cluster judges by, into a file for `steer plan --profile`. Answers the exit code. */
export async function runCapture(call: Call): Promise<number | undefined> {
  const { environment } = call;
  const { target, words } = await openChosen(call);
  const progress = (said: string): void => {
    if (environment.stderr.isTTY) say(environment, said);
  };
  try {
    print(environment, `target: ${words}`);
    const options = { clock: environment.clock, target: words, workloads: flag(call, 'workloads'), progress };
    const profile = await captureProfile(target.cluster, options);
    const out = text(call, 'out') ?? defaultProfile;
    writeFileSync(resolve(environment.directory, out), `${JSON.stringify(profile, undefined, 1)}\n`);
    for (const note of profile.notes) say(environment, `note: ${note}`);
    const { serves, objects, nodes, workloads } = profile;
    const counted = [
      `${serves.length} kinds`,
      `${objects.length} objects`,
      `${nodes.length} nodes`,
      ...(workloads.length > 0 ? [`${workloads.length} workloads`] : []),
    ];
    print(environment, `${out}: ${profile.version}, ${counted.join(', ')}`);
    return 0;
  } finally {
    await target.close();
  }
}

async function openChosen(call: Call): Promise<{ target: Target; words: string }> {
  const { environment } = call;
  const [kubeconfig, context] = [text(call, 'kubeconfig'), text(call, 'context')];
  if (kubeconfig === undefined && context === undefined) {
    const running = findRunning(call);
    return { target: await openTarget(running, environment), words: `embedded cluster at ${running.url}` };
  }
  const usual = environment.variables['KUBECONFIG']?.split(delimiter).find((part) => part !== '') ?? join(environment.home, '.kube/config');
  const file = kubeconfig === undefined ? usual : resolve(environment.directory, kubeconfig);
  const target = await openKubeconfig(context === undefined ? { file } : { file, context }, environment);
  return { target, words: `cluster of ${file}${context === undefined ? '' : `, context ${context}`}` };
}
