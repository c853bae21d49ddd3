import { Application, ApplicationRevision } from '../../api/kinds.generated.ts';
import type { ObjectKey } from '../../api/object.ts';
import { errorText } from '../../base/log.ts';
import { canonicalJson } from '../../base/json.ts';
import { ReconcileError, type Reconcile, type Result } from '../../reconcile/controller.ts';
import { isOpen } from '../history.ts';
import { annotationOf, annotations } from '../tracking.ts';
import { answer, refuse, rollbackTarget, rollBackTo } from './answer.ts';
import { settle } from './heal.ts';
import { continueOperation, runningOf, startOperation, supersede, type Running, type Start } from './operation.ts';
import { publish } from './publish.ts';
import { ensureFinalizer, remove } from './removal.ts';
import { requestOf } from './requests.ts';
import { settingsOf } from './settings.ts';
import { survey, type Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { newestApplication, newestRevisions } from './tracked.ts';
import { unsupportedFields } from './unsupported.ts';
import { waitsBecause } from './holds.ts';
import { sourceSpecOf, wantedNow, wantedOf, type Wanted } from './wanted.ts';

/** One pass over one Application: from what it says and what is there to the next writes. Level-driven; a crash between any two writes is no harm. */
export function applicationReconcile(around: Surroundings): Reconcile {
  return async (key) => {
    const subject = await subjectOf(around, key);
    if (subject === undefined) return undefined;
    if (subject.application.metadata.deletionTimestamp !== undefined) return remove(around, subject);
    const unsupported = unsupportedOf(around, subject);
    if (unsupported.length > 0) return refuseSpec(around, subject, unsupported.join('; '));
    return pass(around, await ensureFinalizer(around, subject));
  };
}

async function subjectOf(around: Surroundings, key: ObjectKey): Promise<Subject | undefined> {
  const cached = around.context.informer(Application).get(key);
  if (cached === undefined) {
    around.registry.close(key);
    return undefined;
  }
  const tracked = around.registry.open(key);
  const application = newestApplication(tracked, cached);
  const history = around.context.informer(ApplicationRevision);
  await history.synced;
  const revisions = newestRevisions(tracked, history.ownedBy(application.metadata.uid ?? ''));
  const settings = settingsOf(application);
  const fingerprint = canonicalJson(application.spec);
  if (tracked.settings !== fingerprint) {
    // whom to respect and where to look may be another matter now
    tracked.memo.clear();
    tracked.settings = fingerprint;
  }
  const subject = { application, settings, tracked, revisions };
  await followSource(around, subject);
  return subject;
}

async function followSource(around: Surroundings, { application, settings, tracked }: Subject): Promise<void> {
  try {
    around.registry.watchSource(tracked, await sourceSpecOf(around.store, application, settings));
  } catch (error) {
    // without its credentials: the pass that follows meets the same and says so in the status
    if (!(error instanceof ReconcileError)) throw error;
  }
}

function unsupportedOf({ reading }: Surroundings, { application }: Subject): string[] {
  return unsupportedFields(
    application.spec,
    reading.renderers.map(({ name }) => name),
  );
}

/** Asks for what cannot be done: its objects stay as they are until the spec changes. */
async function refuseSpec(around: Surroundings, subject: Subject, message: string): Promise<Result> {
  const { application, tracked } = subject;
  if (tracked.lastSentence !== message) around.context.event(application, 'Warning', 'InvalidSpec', message);
  tracked.lastSentence = message;
  const request = requestOf(application);
  if (request !== undefined) await refuse(around, subject, request, message);
  await publish(around, subject, { sync: 'Unknown', held: null, message, reason: 'InvalidSpec', stalled: true });
  return undefined;
}

async function pass(around: Surroundings, subject: Subject): Promise<Result> {
  const running = runningOf(subject);
  const request = requestOf(subject.application);
  if (request !== undefined) return answer(around, subject, { request, running });
  const pause = afterRequest(around, subject);
  if (pause > 0 && running === undefined) return { requeueAfterMs: pause };
  if (running !== undefined && running.operation.type !== 'sync' && running.operation.type !== 'resume') {
    const wanted = await storedWanted(around, subject, running.revision);
    return continueOperation(around, subject, await survey(around, subject, wanted), running);
  }
  const { pinned } = subject.application.status ?? {};
  const source = await fromSource(around, subject);
  if (source.wanted === undefined) return withoutSource(around, subject, { running, problem: source.problem });
  if (pinned !== undefined && isBad(source.wanted, pinned)) return holdPinned(around, subject, pinned.revision);
  if (running !== undefined) return goOn(around, subject, { running, wanted: source.wanted });
  return rest(around, subject, source.wanted);
}

/** A moment in which the answer to a request stays readable before the next sync takes its place. */
function afterRequest(around: Surroundings, { tracked }: Subject): number {
  if (tracked.requestDoneAt === undefined) return 0;
  return Math.max(0, tracked.requestDoneAt + 1000 - around.context.clock.now());
}

/** The marked commit, or another one that asks for the same. */
function isBad(wanted: Wanted, pinned: { badCommit?: string; digest?: string }): boolean {
  return wanted.commit === pinned.badCommit || wanted.set.digest === pinned.digest;
}

async function fromSource(
  around: Surroundings,
  subject: Subject,
): Promise<{ wanted: Wanted; problem?: undefined } | { wanted?: undefined; problem: ReconcileError }> {
  const { settings, tracked, application } = subject;
  try {
    const spec = await sourceSpecOf(around.store, application, settings);
    const wanted = await wantedNow(around.reading, tracked, settings, spec);
    tracked.failures = { count: 0, dueAt: 0 };
    if (wanted.set.items.length > 0) return { wanted };
    const where = settings.source.path === '' ? 'the repository' : settings.source.path;
    const count = application.status?.inventory?.count ?? 0;
    const kept = count === 0 ? '' : `; the ${count} objects of the application stay as they are`;
    return { problem: new ReconcileError('NoManifests', `there are no manifests in ${where} at ${wanted.revision}${kept}`) };
  } catch (error) {
    if (around.context.signal.aborted) throw error;
    return { problem: error instanceof ReconcileError ? error : new ReconcileError('SourceFailed', errorText(error), { cause: error }) };
  }
}

async function storedWanted(around: Surroundings, subject: Subject, revision: Readonly<ApplicationRevision>): Promise<Wanted> {
  const { tracked, settings } = subject;
  return wantedOf(around.target.cluster, around.store, revision, { tracked, namespace: settings.namespace });
}

/** The source cannot be read: what was applied last is kept true, nothing is deleted, and the status says why. */
async function withoutSource(
  around: Surroundings,
  subject: Subject,
  { running, problem }: { running: Running | undefined; problem: ReconcileError },
): Promise<Result> {
  const { application, revisions } = subject;
  const { target, current, health = 'Unknown' } = application.status ?? {};
  const message = problemText(around, subject, problem);
  const state = { sync: 'Unknown' as const, message, reason: problem.reason, stalled: !problem.retry };
  const retry = problem.retry ? { requeueAfterMs: retryMs(around, subject, problem), upkeep: true as const } : undefined;
  // A sync that failed or was superseded has left its objects in the cluster: healing towards the one before would be a rollback.
  const untouched = revisions.at(-1)?.spec.number === current?.number;
  const revision = running?.revision ?? (untouched ? revisions.at(-1) : undefined);
  if (revision === undefined) {
    await publish(around, subject, { health, ...state });
    return retry;
  }
  const found = await survey(around, subject, await storedWanted(around, subject, revision));
  if (running !== undefined) return continueOperation(around, subject, found, running);
  return (await settle(around, subject, found, { ...state, ...(target === undefined ? {} : { target }) })) ?? retry;
}

/** What passes by itself, often soon: all else is a matter of the next commit. */
const passing: ReadonlySet<string> = new Set(['FetchFailed', 'AuthenticationFailed', 'SourceFailed']);
/** From 1 s, doubling to the interval; a pass for another reason meanwhile does not count. */
function retryMs(around: Surroundings, { tracked, settings }: Subject, problem: ReconcileError): number {
  const { intervalMs } = settings.source;
  if (!passing.has(problem.reason)) return intervalMs;
  const now = around.context.clock.now();
  const { count, dueAt } = tracked.failures;
  if (now < dueAt) return dueAt - now;
  const delayMs = Math.min(intervalMs, 1000 * 2 ** Math.min(count, 30));
  tracked.failures = { count: count + 1, dueAt: now + delayMs };
  return delayMs;
}

function problemText(around: Surroundings, { tracked, application }: Subject, problem: ReconcileError): string {
  const next = problem.retry
    ? 'it is tried again by itself, at the latest at the next poll of the source'
    : 'it waits for a change of the source or of the Application';
  const owned = application.status?.inventory?.count ?? 0;
  const kept = owned > 0 && problem.reason !== 'NoManifests' ? '; nothing is deleted' : '';
  const message = `${problem.message}${kept}; ${next}`;
  if (tracked.lastSentence !== message) around.context.event(application, 'Warning', problem.reason, problem.message);
  tracked.lastSentence = message;
  return message;
}

/** The source still asks for what a rollback marked as bad: the pinned revision is kept true. */
async function holdPinned(around: Surroundings, subject: Subject, number: number): Promise<Result> {
  const revision = subject.revisions.find((each) => each.spec.number === number);
  if (revision === undefined) {
    await publish(around, subject, { pinned: null });
    return { requeueAfterMs: 0 };
  }
  const found = await survey(around, subject, await storedWanted(around, subject, revision));
  return settle(around, subject, found);
}

/** A sync runs: it goes on, or makes room for a newer commit that asks for something else. */
async function goOn(around: Surroundings, subject: Subject, { running, wanted }: { running: Running; wanted: Wanted }): Promise<Result> {
  if (running.revision.spec.digest === wanted.set.digest) {
    return continueOperation(around, subject, await survey(around, subject, wanted), running);
  }
  await supersede(around, subject, running, wanted.commit);
  return rest(
    around,
    { ...subject, revisions: subject.revisions.map((each) => subject.tracked.revisions.get(each.spec.number) ?? each) },
    wanted,
  );
}

/** Nothing runs: what the source asks for is true already, or is kept true, or begins, or waits for a reason. */
async function rest(around: Surroundings, subject: Subject, wanted: Wanted): Promise<Result> {
  const found = await survey(around, subject, wanted);
  const approved = isApproved(subject, found);
  const last = subject.revisions.findLast((revision) => revision.status?.outcome !== 'Superseded');
  const same = last !== undefined && last.spec.digest === wanted.set.digest && !isOpen(last);
  if (same && last.status?.outcome === 'Failed' && !approved) return failedBefore(around, subject, { found, last });
  if (same && !approved && found.holds.length === 0) return settle(around, subject, found);
  if (!needsSync(subject, found)) return settle(around, subject, found);
  const waits = await waitsBecause(around, subject, { found, approved });
  if (waits !== undefined) return waits;
  const start: Start = {
    type: 'sync',
    cause: approved ? { type: 'approve', message: `plan ${found.planId} was approved` } : { type: 'commit' },
    reviewed: approved,
    ...(subject.application.status?.pinned === undefined ? {} : { pinned: null }),
  };
  return startOperation(around, subject, found, start);
}

function isApproved({ application }: Subject, { planId }: Survey): boolean {
  return annotationOf(application, annotations.approve) === planId && application.status?.held?.planId === planId;
}

/** Something is to be written, or the list of what is ours is not what is wanted. */
export function needsSync({ application }: Subject, found: Survey): boolean {
  if (application.status?.current === undefined) return true;
  if (found.steps.some((step) => step.send !== 'nothing' && step.send !== 'own')) return true;
  if (found.steps.some((step) => step.action === 'blocked')) return true;
  const { byName } = found.wanted.set;
  return [...found.inventory.keys()].some((name) => !byName.has(name)) || [...byName.keys()].some((name) => !found.inventory.has(name));
}

/** The same manifests have failed before: they are not tried again by themselves. What they set is kept, or, where that is wished, rolled back once. */
async function failedBefore(
  around: Surroundings,
  subject: Subject,
  { found, last }: { found: Survey; last: Readonly<ApplicationRevision> },
): Promise<Result> {
  const target = rollbackTarget(subject, undefined);
  if (subject.settings.rollback === 'auto' && !subject.settings.suspend && last.spec.cause?.type !== 'rollback' && target !== undefined) {
    const cause = { type: 'rollback' as const, message: `automatic: ${last.status?.message ?? `revision ${last.spec.number} failed`}` };
    return rollBackTo(around, subject, {
      target,
      running: undefined,
      bad: { commit: found.wanted.commit, digest: found.wanted.set.digest },
      cause,
    });
  }
  const steps = found.steps.map((step) => {
    // what the failed sync never came to is no drift: a hook that failed has stopped it
    const wasApplied = subject.tracked.applied.has(step.name);
    const keeps = step.send === 'own' || (wasApplied && step.findings?.some((finding) => finding.kind === 'drift') === true);
    return keeps ? step : { ...step, send: 'nothing' as const };
  });
  const { message, sync } = subject.application.status ?? {};
  const keep = { ...(message === undefined ? {} : { message }), ...(sync === undefined ? {} : { sync }) };
  return settle(around, subject, { ...found, steps }, { ...keep, reason: 'SyncFailed', stalled: true });
}
