import type { ApplicationRevision } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import type { PlanStep } from '../../api/plan.ts';
import { diffManifests, manifestsOf } from '../../gitops/history.ts';
import type { StoredManifest } from '../../gitops/chunks.ts';
import { Shapes } from '../../gitops/live.ts';
import type { Shape } from '../../gitops/shape.ts';
import { stepsText } from '../../report/text.ts';
import { pickApplication, revisionsOf } from '../application.ts';
import { print, printJson, UsageError } from '../output.ts';
import { withSession, type Session } from '../session.ts';
import type { Call } from '../command.ts';

/** `steer diff`: shows what one revision changed against another, from the history. Answers the exit code. */
export function runDiff(call: Call): Promise<number | undefined> {
  return withSession(call, async (session) => {
    const words = call.arguments.filter((word) => word !== undefined);
    const [n, m] = words.slice(-2).map((word) => revisionNumber(word));
    if (n === undefined || m === undefined || words.length > 3) throw new UsageError('diff takes two revisions: `steer diff [APP] N M`');
    const application = await pickApplication(session, words.length === 3 ? words[0] : undefined, call);
    const revisions = await revisionsOf(session.cluster, application);
    const [from, to] = [revisionOf(revisions, n), revisionOf(revisions, m)];
    const steps = await difference(session, from, to);
    if (session.json) printJson(session.environment, { from: n, to: m, steps });
    else if (steps.length === 0) print(session.environment, `revisions ${n} and ${m} have the same manifests`);
    else print(session.environment, stepsText(steps, session.paint));
    return 0;
  });
}

function revisionNumber(word: string): number {
  if (!/^[1-9]\d*$/.test(word)) throw new UsageError(`${word}: must be the number of a revision, as \`steer history\` lists them`);
  return Number(word);
}

function revisionOf(revisions: readonly Readonly<ApplicationRevision>[], number: number): Readonly<ApplicationRevision> {
  const found = revisions.find((one) => one.spec.number === number);
  if (found !== undefined) return found;
  throw new Error(
    `there is no revision ${number}; there are: ${revisions
      .map((one) => one.spec.number)
      .reverse()
      .join(', ')}`,
  );
}

async function difference(session: Session, from: Readonly<ApplicationRevision>, to: Readonly<ApplicationRevision>): Promise<PlanStep[]> {
  const [before, after] = await Promise.all([manifestsOf(session.cluster, from), manifestsOf(session.cluster, to)]);
  const shapes = await shapesOf(session, [...before, ...after]);
  return diffManifests(before, after, (object) => shapes.get(`${object.apiVersion} ${object.kind}`));
}

/** How lists of each kind are keyed, as the cluster publishes it. */
async function shapesOf(session: Session, manifests: readonly StoredManifest[]): Promise<Map<string, Shape | undefined>> {
  const shapes = new Shapes(session.cluster);
  const found = new Map<string, Shape | undefined>();
  const kinds = new Map<string, KubeObject>(manifests.map(({ object }) => [`${object.apiVersion} ${object.kind}`, object]));
  for (const [id, object] of kinds) {
    const kind = await session.cluster.kindOf(object);
    found.set(id, kind === undefined ? undefined : await shapes.of(kind));
  }
  return found;
}
