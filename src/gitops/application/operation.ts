import type { ApplicationOperation, ApplicationRevision } from '../../api/kinds.generated.ts';
import { keyOf } from '../../api/object.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import type { Result } from '../../reconcile/controller.ts';
import { chunksOf, readData, storedManifest, writeChunks, writeData } from '../chunks.ts';
import { holdsOf } from '../budget.ts';
import { differenceText } from '../difference.ts';
import { chunkOwner, createRevision, endRevision, isOpen, ownedChunks, trimHistory, type RevisionDraft } from '../history.ts';
import { changes } from '../plan-id.ts';
import { adopting, summaryOf, type Step } from '../plan.ts';
import { shortHash } from '../tracking.ts';
import { canFlap, healthOfAll, overall, passes, worstText } from './gate.ts';
import { publish, type Report } from './publish.ts';
import type { Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { inspectionsOf, isLatePrune, runSteps, runWaves, type Pause } from './waves.ts';

export type OperationType = ApplicationOperation['type'];
/** Why a sync starts. */
export interface Start {
  readonly type: OperationType;
  /** Of the request that asked for it. */
  readonly id?: string;
  readonly cause: RevisionDraft['cause'];
  /** A person looked at this plan: nothing else may be done. */
  readonly reviewed: boolean;
  readonly pinned?: Report['pinned'];
  readonly message?: string;
}
/** A sync under way: its revision and what the status says of it. */
export interface Running {
  readonly revision: Readonly<ApplicationRevision>;
  readonly operation: ApplicationOperation;
}

/** The sync that runs. The revision is the truth: one that is open runs, also when a crash kept the status from saying so. */
export function runningOf({ application, revisions }: Subject): Running | undefined {
  const revision = revisions.at(-1);
  if (revision === undefined || !isOpen(revision)) return undefined;
  const operation = application.status?.operation;
  if (operation?.phase === 'Running' && operation.number === revision.spec.number) return { revision, operation };
  const { cause, commit, planId, number } = revision.spec;
  const type = cause?.type === 'rollback' ? 'rollback' : cause?.type === 'apply' ? 'apply' : 'sync';
  const startedAt = revision.metadata.creationTimestamp ?? '';
  return { revision, operation: { type, phase: 'Running', commit, number, startedAt, ...(planId === undefined ? {} : { planId }) } };
}

/**
 * Begins a sync: first what must survive a crash (the manifests, the revision, the inventory of what is and what comes), then the steps.
 */
export async function startOperation(around: Surroundings, subject: Subject, found: Survey, start: Start): Promise<Result> {
  const { application, revisions, tracked } = subject;
  const number = (revisions.at(-1)?.spec.number ?? 0) + 1;
  const owner = chunkOwner(application);
  const chunks = chunksOf(application.metadata.name, found.wanted.set.items.map(storedManifest));
  await writeChunks(around.store, owner, chunks);
  for (const chunk of chunks) tracked.chunks.set(chunk.name, chunk.items);
  const approved = start.reviewed ? await writeReview(around, subject, found) : undefined;
  const names = chunks.map((chunk) => chunk.name);
  const revision = await createRevision(around.store, application, {
    number,
    ...sourceOf(found),
    cause: start.cause,
    planId: found.planId,
    summary: summaryOf(found.steps),
    chunks: names,
    digest: found.wanted.set.digest,
    ...(approved === undefined ? {} : { approved }),
  });
  tracked.revisions.set(number, revision);
  tracked.applied.clear();
  tracked.healthySince = undefined;
  const operation: ApplicationOperation = {
    type: start.type,
    phase: 'Running',
    commit: found.wanted.commit,
    planId: found.planId,
    number,
    startedAt: timestamp(around.context.clock),
    total: found.steps.filter(changes).length,
    ...(start.id === undefined ? {} : { id: start.id }),
    ...(start.message === undefined ? {} : { message: start.message }),
  };
  const begun = { ...subject, revisions: [...revisions, revision] };
  // who asked is answered at once; otherwise the open revision says enough until there is something to wait for
  if (start.id !== undefined || start.pinned !== undefined) {
    const message = start.message ?? `${start.type} of ${short(found.wanted.commit)}`;
    const asked = {
      ...(start.pinned === undefined ? {} : { pinned: start.pinned }),
      ...(start.id === undefined ? {} : { answered: start.id }),
    };
    await publish(around, begun, {
      sync: 'OutOfSync',
      held: null,
      operation,
      inventory: inventoryWhile(begun, found),
      target: targetOf(found),
      message,
      ...asked,
    });
  }
  return continueOperation(around, begun, found, { revision, operation });
}

/** Of a sync that runs: what was and what comes. */
function inventoryWhile(subject: Subject, found: Survey): Report['inventory'] {
  const owned = new Set([...found.inventory.keys(), ...found.wanted.set.byName.keys()]);
  return { count: owned.size, digest: namesDigest(owned), chunks: [...ownedChunks(subject)] };
}

function sourceOf({ wanted }: Survey): Pick<RevisionDraft, 'commit' | 'revision' | 'author' | 'subject' | 'committedAt'> {
  const { commit, revision, author, subject, committedAt } = wanted;
  return { commit, revision, author, subject, committedAt };
}
export function targetOf({ wanted }: Pick<Survey, 'wanted'>): Report['target'] {
  return { commit: wanted.commit, revision: wanted.revision, author: wanted.author, subject: wanted.subject };
}
function namesDigest(names: ReadonlySet<string>): string {
  return shortHash([...names].sort().join('\n'), 16);
}
export function short(commit: string): string {
  return commit.replace(/^sha256:/, '').slice(0, 7);
}

/** Stores what was reviewed, so that a crash does not turn an approval of one plan into one of another. */
async function writeReview(around: Surroundings, { application }: Subject, found: Survey): Promise<string> {
  const digests = Object.fromEntries(found.steps.filter((step) => step.send !== 'nothing').map((step) => [step.name, step.digest]));
  const name = `${application.metadata.name.slice(0, 200)}-plan-${shortHash(JSON.stringify(digests), 16)}`;
  await writeData(around.store, chunkOwner(application), { name, key: 'review', value: digests });
  return name;
}

/** Goes on with a sync: waves, health for a while, pruning, the end. */
export async function continueOperation(around: Surroundings, subject: Subject, found: Survey, running: Running): Promise<Result> {
  const strayed = await strayedFrom(around, subject, { found, running });
  if (strayed !== undefined) return fail(around, subject, { found, running }, strayed);
  const progress = await runWaves(around, subject, found);
  if (progress.kind !== 'reached') {
    subject.tracked.healthySince = undefined;
    return wait(around, subject, { found, running }, progress);
  }
  const unstable = await unstableFor(around, subject, found);
  if (unstable > 0) return wait(around, subject, { found, running }, { kind: 'waiting', wave: 0, message: '', forMs: unstable });
  const pruning = await prune(around, subject, found);
  if (pruning !== undefined) return wait(around, subject, { found, running }, pruning);
  return succeed(around, subject, { found, running });
}

/** Of a reviewed plan: what is to be done and was not in it. */
async function strayedFrom(
  around: Surroundings,
  { application, settings }: Subject,
  { found, running }: { found: Survey; running: Running },
): Promise<string | undefined> {
  const name = running.revision.spec.approved;
  if (name === undefined) return undefined;
  const reviewed = (await readData(around.store, application.metadata.namespace ?? '', name, 'review')) as
    Record<string, string> | undefined;
  const other = found.steps.filter((step) => step.send !== 'nothing' && step.send !== 'own' && reviewed?.[step.name] !== step.digest);
  const [first] = other;
  if (first === undefined) return undefined;
  const harmless = running.operation.type !== 'apply' && running.operation.type !== 'rollback';
  if (harmless && holdsOf(other, { owned: found.inventory.size, budget: settings.budget, adopt: adopting(settings.adopt) }).length === 0)
    return undefined;
  return `the cluster changed since the plan was reviewed: ${differenceText(first.name, first)}`;
}

interface Work {
  readonly found: Survey;
  readonly running: Running;
}

/** How long all must still stay healthy, in ms; 0 when it was long enough or nothing here can fall ill. */
async function unstableFor(around: Surroundings, { settings, tracked }: Subject, found: Survey): Promise<number> {
  if (!found.wanted.set.items.some(canFlap)) return 0;
  const now = around.context.clock.now();
  tracked.healthySince ??= now;
  return Promise.resolve(Math.max(0, tracked.healthySince + settings.healthyForMs - now));
}

/** Deletes what left, group by group; undefined when all of it is gone. */
async function prune(around: Surroundings, subject: Subject, found: Survey): Promise<Pause | undefined> {
  const late = found.steps.filter((step) => isLatePrune(step) && step.send === 'delete');
  for (const group of [...new Set(late.map((step) => step.group))]) {
    const trouble = await runSteps(
      subject,
      found,
      late.filter((step) => step.group === group),
    );
    if (trouble !== undefined) return trouble;
  }
  for (const step of found.steps) {
    if (step.send !== 'delete' || step.prune?.kind === undefined) continue;
    const left = await around.target.live.get(step.prune.kind, step.ref);
    if (left?.metadata.uid === step.uid) return { kind: 'waiting', wave: step.wave, message: `${step.name} is being deleted` };
  }
  return undefined;
}

/** Says what is waited for and until when; the end when the deadline has passed. */
async function wait(around: Surroundings, subject: Subject, work: Work, progress: Waiting): Promise<Result> {
  const { clock } = around.context;
  const { operation, revision } = work.running;
  const deadline = (parseTime(operation.startedAt) ?? clock.now()) + subject.settings.deadlineMs;
  if (progress.kind === 'failed') return fail(around, subject, work, progress.message);
  if (progress.kind === 'changed' && revision.spec.approved !== undefined && operation.type === 'apply') {
    return fail(around, subject, work, `the cluster changed since the plan was reviewed: ${progress.message}`);
  }
  const late = `the deadline of ${subject.settings.deadlineMs / 1000} s passed: ${progress.message}`;
  if (clock.now() >= deadline) return fail(around, subject, work, late);
  await publishProgress(around, subject, work, progress);
  if (progress.kind === 'changed') return { requeueAfterMs: 50 };
  if (progress.kind === 'retry') return { requeueAfterMs: 2000 };
  return { requeueAfterMs: Math.min(progress.forMs ?? Infinity, deadline - clock.now()) };
}
type Waiting = Pause & { readonly forMs?: number };

async function publishProgress(around: Surroundings, subject: Subject, work: Work, progress: Waiting): Promise<void> {
  const { operation } = work.running;
  const { health, summary } = overall(await healthOfAll(around, inspectionsOf(work.found.steps)));
  const left = work.found.steps.filter((step) => changes(step) && !subject.tracked.applied.has(step.name)).length;
  const wave = progress.kind === 'waiting' ? progress.wave : (operation.wave ?? 0);
  const next: ApplicationOperation = { ...operation, wave, done: Math.max(0, (operation.total ?? 0) - left) };
  const message = progress.message === '' ? 'all is healthy; waiting whether it stays so' : `waiting for ${progress.message}`;
  const sync = left === 0 ? 'Synced' : 'OutOfSync';
  const inventory = inventoryWhile(subject, work.found);
  await publish(around, subject, { sync, held: null, inventory, health, summary, operation: next, message, target: targetOf(work.found) });
}

async function succeed(around: Surroundings, subject: Subject, { found, running }: Work): Promise<Result> {
  const { application, tracked, settings } = subject;
  const { revision, operation } = running;
  const finishedAt = timestamp(around.context.clock);
  const { health, summary } = overall(await healthOfAll(around, inspectionsOf(found.steps)));
  const message = `${short(found.wanted.commit)} is applied and healthy`;
  const inventory = await inventoryAfter(around, subject, { found, running });
  const done: ApplicationOperation = { ...operation, phase: 'Succeeded', finishedAt, message, done: operation.total ?? 0 };
  const current = { number: revision.spec.number, commit: found.wanted.commit, planId: revision.spec.planId ?? found.planId };
  await publish(around, subject, {
    sync: 'Synced',
    health,
    summary,
    current,
    operation: done,
    inventory,
    held: null,
    message,
    target: targetOf(found),
  });
  // last, so that a crash leaves the revision open: then all of this is done again
  const ended = await endRevision(around.store, keyOf(revision), {
    outcome: 'Succeeded',
    health,
    message,
    startedAt: operation.startedAt ?? finishedAt,
    finishedAt,
  });
  tracked.revisions.set(revision.spec.number, ended);
  if (operation.id !== undefined) tracked.requestDoneAt = around.context.clock.now();
  around.context.event(application, 'Normal', operation.type === 'rollback' ? 'RolledBack' : 'Synced', message);
  const revisions = subject.revisions.map((each) => (each.spec.number === ended.spec.number ? ended : each));
  await trimHistory(around.store, revisions, { limit: settings.historyLimit, keep: new Set(inventory?.chunks) });
  wakeHeirs(around, subject, found);
  for (const name of tracked.chunks.keys()) if (inventory?.chunks?.includes(name) !== true) tracked.chunks.delete(name);
  return { requeueAfterMs: 1100 };
}

/** What left here may be wanted by another application, which has waited for that. */
function wakeHeirs(around: Surroundings, { tracked }: Subject, { inventory, wanted }: Survey): void {
  const left = [...inventory.keys()].filter((name) => !wanted.set.byName.has(name));
  if (left.length === 0) return;
  for (const other of around.registry.others(tracked.key))
    if (left.some((name) => other.wants.has(name))) around.context.enqueue(other.key);
}

/** What is ours from now on: what is wanted, and what left the source and stays only because pruning is off. */
async function inventoryAfter(
  around: Surroundings,
  { application, tracked }: Subject,
  { found, running }: Work,
): Promise<Report['inventory']> {
  const kept = found.steps.filter((step) => step.prune !== undefined && step.why === 'left there: pruning is switched off');
  const leftovers = kept.flatMap((step) => found.inventory.get(step.name) ?? []);
  const extra = chunksOf(application.metadata.name, leftovers);
  if (extra.length > 0) await writeChunks(around.store, chunkOwner(application), extra);
  for (const chunk of extra) tracked.chunks.set(chunk.name, chunk.items);
  const names = new Set([...found.wanted.set.byName.keys(), ...leftovers.map((item) => item.name)]);
  const chunks = [...new Set([...(running.revision.spec.chunks ?? []), ...extra.map((chunk) => chunk.name)])];
  return { count: names.size, digest: namesDigest(names), chunks };
}

/** Ends a sync that cannot reach what it wants: says why, runs the hooks for failures. What was applied stays. */
async function fail(around: Surroundings, subject: Subject, { found, running }: Work, message: string): Promise<Result> {
  const { tracked, application } = subject;
  const { revision, operation } = running;
  const finishedAt = timestamp(around.context.clock);
  const all = await healthOfAll(around, inspectionsOf(found.steps));
  const { health, summary } = overall(all);
  await runFailureHooks(subject, found);
  const failed: ApplicationOperation = { ...operation, phase: 'Failed', finishedAt, message };
  const pending = found.steps.some((step) => changes(step) && !tracked.applied.has(step.name));
  const worst = all.every((each) => passes(each.health)) ? '' : worstText(all);
  const sentence = `${short(found.wanted.commit)} failed: ${message}${worst === undefined || worst === '' || message.includes(worst) ? '' : `; ${worst}`}`;
  await publish(around, subject, {
    sync: pending ? 'OutOfSync' : 'Synced',
    held: null,
    inventory: inventoryWhile(subject, found),
    health,
    summary,
    operation: failed,
    message: `${sentence}; next: a newer commit, or \`steer rollback\``,
    reason: 'SyncFailed',
    stalled: true,
  });
  const end = { outcome: 'Failed' as const, health, message, startedAt: operation.startedAt ?? finishedAt, finishedAt };
  tracked.revisions.set(revision.spec.number, await endRevision(around.store, keyOf(revision), end));
  if (operation.id !== undefined) tracked.requestDoneAt = around.context.clock.now();
  around.context.event(application, 'Warning', 'SyncFailed', sentence);
  return { requeueAfterMs: 1100 };
}

async function runFailureHooks(subject: Subject, found: Survey): Promise<void> {
  const hooks = found.steps.filter((step) => step.phase === 'SyncFail' && step.inspection !== undefined);
  const steps = hooks.map((step): Step => ({ ...step, send: step.inspection?.live === undefined ? 'create' : 'recreate' }));
  await runSteps(subject, found, steps);
}

/** A newer commit, a request or a rollback takes the place of the sync that runs. */
export async function supersede(around: Surroundings, subject: Subject, running: Running, by: string): Promise<void> {
  const finishedAt = timestamp(around.context.clock);
  const end = {
    outcome: 'Superseded' as const,
    message: `superseded by ${by}`,
    startedAt: running.operation.startedAt ?? finishedAt,
    finishedAt,
  };
  subject.tracked.revisions.set(running.revision.spec.number, await endRevision(around.store, keyOf(running.revision), end));
}
