import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import { explain } from '../../gitops/explain.ts';
import { printable } from '../../report/wording.ts';
import { pickApplication } from '../application.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';
import type { Call } from '../command.ts';

/** `steer explain`: says in one sentence each what is not green, who wrote it, and what happens next. Answers the exit code. */
export function runExplain(call: Call): Promise<number | undefined> {
  return withSession(call, async (session) => {
    const { cluster, environment } = session;
    const given = call.arguments[0];
    const all = given === undefined ? (await cluster.list(Application)).items : [];
    const chosen = all.length > 1 ? all : [await pickApplication(session, given, call)];
    const found = (await Promise.all(chosen.map((one) => explain(keyOf(one), { store: cluster, clock: environment.clock })))).flat();
    if (session.json) printJson(environment, found);
    else if (found.length > 0) print(environment, found.map((one) => printable(one.sentence)).join('\n'));
    else print(environment, `all is well with ${chosen.map((one) => keyText(keyOf(one))).join(', ')}`);
    return 0;
  });
}
