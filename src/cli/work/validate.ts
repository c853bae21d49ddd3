import { judgeOf } from '../../gitops/judge.ts';
import { problemText, RenderError } from '../../gitops/renderer.ts';
import { readManifests, type Validate } from '../../gitops/reading.ts';
import { loadKinds } from '../../kinds/load.ts';
import { printable } from '../../report/wording.ts';
import { startOffline } from '../../review/offline.ts';
import { text, type Call } from '../command.ts';
import { openEngine } from '../engine.ts';
import { outputFormat, print, printJson, say } from '../output.ts';
import { stderrLog } from '../stderr-log.ts';
import { repository, unservedOption } from '../source-options.ts';
import { version } from '../version.ts';

/** `steer validate`: checks manifests by their schemas and by the rules of the server, without a cluster. Answers the exit code. */
export async function runValidate(call: Call): Promise<number | undefined> {
  const { environment } = call;
  const json = outputFormat(text(call, 'output'), ['text', 'json']) === 'json';
  const log = stderrLog(environment);
  const kinds = loadKinds();
  const engine = openEngine(environment, log, { kinds });
  const offline = await startOffline({ ...environment, log, version, kinds });
  try {
    const source = {
      repo: repository(call.arguments[0] ?? '.', environment),
      path: text(call, 'path') ?? '',
      revision: '',
      intervalMs: 30_000,
    };
    const { cluster, wait } = offline;
    const judge = judgeOf(cluster, { namespace: 'default', wait });
    const validate: Validate = (manifests, options) => engine.validate(manifests, { ...options, judge });
    const reading = { ...engine, validate, cluster, signal: environment.interrupted };
    const read = await readManifests(reading, { source, namespace: 'default', unserved: unservedOption(call) });
    if (json) printJson(environment, { objects: read.manifests.length, notes: read.notes, problems: [] });
    for (const note of json ? [] : read.notes) say(environment, `note: ${printable(note)}`);
    if (!json) print(environment, `${read.manifests.length} objects are valid`);
    return 0;
  } catch (error) {
    const problems = problemsIn(error);
    if (problems === undefined) throw error;
    if (json) printJson(environment, { problems });
    else for (const problem of problems) say(environment, printable(problemText(problem)));
    say(environment, `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
    return 1;
  } finally {
    await offline.stop();
    await engine.sources.close();
  }
}

/** The problems behind an error of rendering, wherever it was wrapped. */
function problemsIn(error: unknown): RenderError['problems'] | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof RenderError) return at.problems;
  return undefined;
}
