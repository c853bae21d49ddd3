import type { ApplicationRevision, Secret } from '../../api/kinds.generated.ts';
import { keyOf } from '../../api/object.ts';
import { timestamp } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import type { Result } from '../../reconcile/controller.ts';
import { lastWriteText, planDifference } from '../difference.ts';
import { markBad } from '../history.ts';
import { isSecret } from '../mask.ts';
import { rollbackText } from '../rollback-notes.ts';
import { startOperation, short, supersede, type Running, type Start } from './operation.ts';
import { publish } from './publish.ts';
import type { OperationRequest } from './requests.ts';
import { survey, type Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { sourceSpecOf, wantedAt, wantedNow, wantedOf, type Wanted } from './wanted.ts';

interface Asked {
  readonly request: OperationRequest;
  readonly running: Running | undefined;
}

/** Handles a request, once: it starts what is asked for, or refuses and changes nothing. */
export async function answer(around: Surroundings, subject: Subject, asked: Asked): Promise<Result> {
  const { request } = asked;
  try {
    switch (request.action) {
      case 'rollback':
        return await rollback(around, subject, asked);
      case 'apply':
        return await applyPlan(around, subject, asked);
      case 'resume':
      case 'sync':
        return await followAgain(around, subject, asked);
    }
  } catch (error) {
    if (error instanceof Refusal) return refuse(around, subject, request, error.message);
    throw error;
  }
}

/** Why a request is not fulfilled. */
class Refusal extends Error {}

/** Answers a request with no, and why. */
export async function refuse(around: Surroundings, subject: Subject, request: OperationRequest, message: string): Promise<Result> {
  const time = timestamp(around.context.clock);
  const type = request.action;
  await publish(around, subject, {
    answered: request.id,
    operation: { id: request.id, type, phase: 'Refused', message, startedAt: time, finishedAt: time },
  });
  subject.tracked.requestDoneAt = around.context.clock.now();
  around.context.event(subject.application, 'Warning', 'Refused', `${request.action}: ${message}`);
  return { requeueAfterMs: 1100 };
}

/** The pin goes and what failed is tried again. Ends when the sync does, or at once when all is true already. */
async function followAgain(around: Surroundings, subject: Subject, { request, running }: Asked): Promise<Result> {
  const wanted = await orRefuse(async () => {
    const spec = await sourceSpecOf(around.store, subject.application, subject.settings);
    subject.tracked.sourceChanged = true;
    return wantedNow(around.reading, subject.tracked, subject.settings, spec);
  });
  if (wanted.set.items.length === 0) throw new Refusal(`there are no manifests at ${wanted.revision}`);
  const found = await survey(around, subject, wanted);
  const { by } = request;
  const cause = { type: 'commit' as const, message: `${request.action} was asked for`, ...(by === undefined ? {} : { by }) };
  const type = request.action === 'resume' ? 'resume' : 'sync';
  return begin(around, subject, { found, running, start: { type, id: request.id, cause, reviewed: false, pinned: null } });
}

async function rollback(around: Surroundings, subject: Subject, { request, running }: Asked): Promise<Result> {
  const target = rollbackTarget(subject, request.to);
  if (target === undefined) {
    throw new Refusal(
      request.to === undefined ? 'there is no earlier healthy revision' : `there is no revision ${request.to}; see \`steer history\``,
    );
  }
  const bad = await badNow(around, subject);
  return rollBackTo(around, subject, {
    target,
    running,
    bad,
    id: request.id,
    cause: { type: 'rollback', ...(request.by === undefined ? {} : { by: request.by }) },
  });
}

/** The last revision that was healthy and asked for something else than what runs now. */
export function rollbackTarget({ application, revisions }: Subject, to: number | undefined): Readonly<ApplicationRevision> | undefined {
  if (to !== undefined) return revisions.find((revision) => revision.spec.number === to);
  const now = revisions.findLast((revision) => revision.status?.outcome !== 'Superseded') ?? revisions.at(-1);
  const pinned = application.status?.pinned?.revision;
  return revisions.findLast(
    (revision) =>
      revision.status?.outcome === 'Succeeded' &&
      revision.spec.digest !== now?.spec.digest &&
      (pinned === undefined || revision.spec.number < pinned),
  );
}

/** What is marked as bad: what the source asks for now, or what was tried last where the source cannot say. */
async function badNow(around: Surroundings, subject: Subject): Promise<{ commit: string; digest: string } | undefined> {
  const last = subject.revisions.at(-1);
  try {
    const spec = await sourceSpecOf(around.store, subject.application, subject.settings);
    const wanted = await wantedNow(around.reading, subject.tracked, subject.settings, spec);
    return { commit: wanted.commit, digest: wanted.set.digest };
  } catch (error) {
    // a rollback works without the source
    around.context.log.info('the source could not be read for a rollback', { error: errorText(error) });
    return last === undefined ? undefined : { commit: last.spec.commit, digest: last.spec.digest ?? '' };
  }
}

export interface RollBack {
  readonly target: Readonly<ApplicationRevision>;
  readonly running: Running | undefined;
  readonly bad: { readonly commit: string; readonly digest: string } | undefined;
  readonly id?: string;
  readonly cause: Start['cause'];
}
/** Plans from the stored manifests and executes that plan; the application is pinned to them. */
export async function rollBackTo(around: Surroundings, subject: Subject, { target, running, bad, id, cause }: RollBack): Promise<Result> {
  const { tracked, settings } = subject;
  const wanted = await orRefuse(() => wantedOf(around.target.cluster, around.store, target, { tracked, namespace: settings.namespace }));
  const found = await survey(around, subject, wanted);
  const failed = bad === undefined ? undefined : subject.revisions.findLast((revision) => revision.spec.digest === bad.digest);
  if (failed !== undefined) await markBad(around.store, keyOf(failed));
  const pinned = { revision: target.spec.number, ...(bad === undefined ? {} : { badCommit: bad.commit, digest: bad.digest }) };
  const message = rollbackText(target.spec.number, short(target.spec.commit), found.steps);
  const start: Start = {
    type: 'rollback',
    cause: { message, ...cause },
    reviewed: true,
    pinned,
    message,
    ...(id === undefined ? {} : { id }),
  };
  return begin(around, subject, { found, running, start });
}

/** The plan that was reviewed, or nothing. The commit it was made for may have been merged or squashed: what counts is the plan. */
async function applyPlan(around: Surroundings, subject: Subject, { request, running }: Asked): Promise<Result> {
  const candidates = await candidatesFor(around, subject, request);
  let last: Survey | undefined;
  for (const wanted of candidates) {
    const found = await survey(around, subject, wanted);
    last = found;
    if (request.planId !== undefined && found.planId !== request.planId) continue;
    const blocked = found.steps.find((step) => step.action === 'blocked');
    if (blocked !== undefined) throw new Refusal(`${blocked.name}: ${blocked.why ?? 'it cannot be applied'}`);
    const touched = touchedSecret(found);
    if (touched !== undefined) throw new Refusal(`the cluster is not as it was applied last: ${touched}`);
    const { by } = request;
    const cause = { type: 'apply' as const, message: `plan ${found.planId}`, ...(by === undefined ? {} : { by }) };
    return begin(around, subject, { found, running, start: { type: 'apply', id: request.id, cause, reviewed: true } });
  }
  const now = last as Survey;
  throw new Refusal(`the plan is ${now.planId} now, not ${request.planId ?? ''}: ${changedText(request, now)}`);
}

/** A plan does not show values of a Secret, so its id cannot tell when one that it replaces was changed: that is looked at here. */
function touchedSecret(found: Survey): string | undefined {
  for (const step of found.steps) {
    const live = step.inspection?.live as Secret | undefined;
    if (step.action !== 'configure' || live === undefined || !isSecret(live)) continue;
    const before = found.inventory.get(step.name)?.object as Secret | undefined;
    const keys = Object.keys(before?.data ?? {}).filter((key) => live.data?.[key] !== before?.data?.[key]);
    if (keys.length > 0) return `${step.name}: ${keys.map((key) => `data.${key}`).join(', ')}: ${lastWriteText(live, undefined)}`;
  }
  return undefined;
}

function changedText(request: OperationRequest, found: Survey): string {
  if (request.steps !== undefined) return planDifference(request.steps, found.steps);
  const telling = found.steps.filter(
    (step) => step.findings?.some((finding) => finding.writer !== undefined && finding.kind !== 'respected') === true,
  );
  const steps = telling.length > 0 ? telling : found.steps;
  return planDifference({}, steps) || 'there is nothing to change any more';
}

/** What the source asks for now, then the commit that the plan names. */
async function candidatesFor(around: Surroundings, subject: Subject, request: OperationRequest): Promise<Wanted[]> {
  const { settings, tracked, application } = subject;
  const out: Wanted[] = [];
  const problems: string[] = [];
  const attempt = async (read: () => Promise<Wanted>): Promise<void> => {
    try {
      out.push(await read());
    } catch (error) {
      // the other candidate may still do; said when none does
      if (around.context.signal.aborted) throw error;
      problems.push(errorText(error));
    }
  };
  await attempt(async () => wantedNow(around.reading, tracked, settings, await sourceSpecOf(around.store, application, settings)));
  const { commit } = request;
  if (commit !== undefined && out[0]?.commit !== commit) await attempt(() => wantedAt(around.reading, tracked, settings, commit));
  if (out.length === 0) throw new Refusal(problems.join('; '));
  return out;
}

async function orRefuse<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Refusal(errorText(error));
  }
}

async function begin(
  around: Surroundings,
  subject: Subject,
  { found, running, start }: { found: Survey; running: Running | undefined; start: Start },
): Promise<Result> {
  if (running !== undefined) await supersede(around, subject, running, `${start.type} that was asked for`);
  const revisions = subject.revisions.map((each) => subject.tracked.revisions.get(each.spec.number) ?? each);
  return startOperation(around, { ...subject, revisions }, found, start);
}
